"""
Which models answer a row by itself, whatever rows stand beside it: only such may answer several requests in one call.

A trial with some rows cannot show it. A matrix product takes another kernel of the linear-algebra library for another number of rows,
and rounds otherwise for a few rows in a thousand; onnxruntime shares the trees of an ensemble out among threads by the number of rows.
So the model must be of a class whose code works row by row, or does nothing across rows but a linear model's product, which linear.py
takes row by row. A class that is not named here is asked request by request, which is always right.
"""

from typing import Any

# Each tree adds its leaf to each row's sum, tree after tree.
_TREES = frozenset((
    "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor",
    "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor",
    "GradientBoostingClassifier", "GradientBoostingRegressor",
    "HistGradientBoostingClassifier", "HistGradientBoostingRegressor",
))  # fmt: skip
# A product with the coefficients, then functions of each row's scores.
_LINEAR = frozenset((
    "LogisticRegression", "LinearRegression", "Ridge", "RidgeClassifier", "Lasso", "ElasticNet", "SGDClassifier", "SGDRegressor",
    "LinearSVC", "LinearSVR", "Perceptron", "HuberRegressor", "LassoCV", "RidgeCV", "ElasticNetCV", "LogisticRegressionCV",
))  # fmt: skip
# One value in, one value (or one row of zeros and a one) out.
_BY_VALUE = frozenset((
    "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Binarizer", "SimpleImputer", "OneHotEncoder", "OrdinalEncoder",
))  # fmt: skip
_BOOSTERS = {
    "xgboost": frozenset(
        ("Booster", "XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor")
    ),
    "lightgbm": frozenset(("Booster", "LGBMClassifier", "LGBMRegressor", "LGBMRanker")),
}


def answers_by_row(estimator: Any) -> bool:
    """Whether a row's answer cannot depend on the other rows of the call."""
    package, name = _class(estimator)
    if package == "sklearn":
        if name == "Pipeline":
            return _prepares_by_row(estimator) and answers_by_row(estimator.steps[-1][1])
        # Gradient boosting can start from any other model's answer.
        return name in _TREES and getattr(estimator, "init", None) in (None, "zero")
    return name in _BOOSTERS.get(package, ())


def is_linear(estimator: Any) -> bool:
    """Whether one product with its coefficients is all that this model, or a pipeline that ends in it, does across rows."""
    package, name = _class(estimator)
    if package != "sklearn":
        return False
    if name == "Pipeline":
        return _prepares_by_row(estimator) and is_linear(estimator.steps[-1][1])
    return name in _LINEAR


def _prepares_by_row(pipeline: Any) -> bool:
    return all(_transforms_by_row(step) for _, step in pipeline.steps[:-1])


def _transforms_by_row(transformer: Any) -> bool:
    if transformer is None or isinstance(transformer, str):  # "passthrough" and "drop".
        return True
    package, name = _class(transformer)
    if package != "sklearn":
        return False
    if name == "Pipeline":
        return all(_transforms_by_row(step) for _, step in transformer.steps)
    if name == "ColumnTransformer":  # Whether its result is sparse was decided when it was fitted.
        return all(_transforms_by_row(each) for _, each, _ in transformer.transformers_)
    if name == "FeatureUnion":
        return all(_transforms_by_row(each) for _, each in transformer.transformer_list)
    if name == "FunctionTransformer":  # What "passthrough" becomes in a fitted ColumnTransformer.
        return transformer.func is None
    return name in _BY_VALUE


def _class(value: Any) -> tuple[str, str]:
    # By its exact class: a subclass may do anything.
    return type(value).__module__.partition(".")[0], type(value).__name__
