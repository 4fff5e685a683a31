"""
Which models have a shortcut, by what they are: exact classes of libraries whose code is known, and pipelines of them.

None of them reads a table's index, keeps anything from one call to the next, or takes params. A class of one's own, also one that
inherits from a class named here, may do anything: MLflow's own functions ask it.

Whether requests may share a call is asked separately. A matrix product takes another kernel of the linear-algebra library for
another number of rows, and rounds otherwise for a few rows in a thousand; onnxruntime shares the trees of an ensemble out among
threads by the number of rows. So the class must work row by row, or do nothing across rows but a linear model's product, which
linear.py takes row by row.
"""

import json
import sys
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
# Functions of the whole table: one request at a time.
_ALONE = frozenset((
    "MLPClassifier", "MLPRegressor", "SVC", "SVR", "NuSVC", "NuSVR", "KNeighborsClassifier", "KNeighborsRegressor", "GaussianNB",
    "BernoulliNB", "MultinomialNB", "ComplementNB", "LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis", "KMeans",
    "IsolationForest", "PoissonRegressor", "GammaRegressor", "TweedieRegressor", "BayesianRidge", "ARDRegression", "LassoLars",
    "KernelRidge", "GaussianProcessClassifier", "GaussianProcessRegressor", "PLSRegression",
))  # fmt: skip
# One value in, one value (or one row of zeros and a one) out.
_BY_VALUE = frozenset((
    "StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "Binarizer", "SimpleImputer", "OneHotEncoder", "OrdinalEncoder",
))  # fmt: skip
_BY_TABLE = frozenset((
    "PCA", "TruncatedSVD", "PolynomialFeatures", "SplineTransformer", "Normalizer", "PowerTransformer", "QuantileTransformer",
    "KBinsDiscretizer", "VarianceThreshold", "SelectKBest", "SelectPercentile", "MissingIndicator", "KNNImputer", "TargetEncoder",
    "CountVectorizer", "TfidfVectorizer", "TfidfTransformer",
))  # fmt: skip
# What takes an array of numbers as it takes a frame of them, and looks at no name but to compare it.
_TAKE_ARRAYS = _TREES | _LINEAR | frozenset(
    ("StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "SimpleImputer", "MLPClassifier", "MLPRegressor", "PCA")
)  # fmt: skip
_XGBOOST = frozenset(("XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor"))
_LIGHTGBM = frozenset(("Booster", "LGBMClassifier", "LGBMRegressor", "LGBMRanker"))

# Whose code was read for the lists above; tests/test_independence.py holds them to requirements/model-server.txt. Of another version
# only what cannot depend on it is used: the same table to the same function, one request at a time.
LIBRARIES = {"sklearn": "1.9.", "xgboost": "3.2.", "lightgbm": "4.7.", "onnxruntime": "1.31."}


def is_known(estimator: Any) -> bool:
    """Whether its answer follows from the table alone."""
    package, name = exact_class(estimator)
    if package == "sklearn":
        if name == "Pipeline":
            return all(_transforms(step) for _, step in estimator.steps[:-1]) and is_known(estimator.steps[-1][1])
        return name in _LINEAR or name in _ALONE or name in _TREES and _starts_from_known(estimator)
    if package == "xgboost":
        booster = estimator if name == "Booster" else estimator.get_booster() if name in _XGBOOST else None
        # A categorical column is not one of a plain signature; a linear booster adds up in another order for other rows.
        return booster is not None and _is_gradient_boosted(booster) and "c" not in (booster.feature_types or ())
    if package == "lightgbm":
        return name in _LIGHTGBM
    return package == "onnxruntime" and name == "InferenceSession"


def answers_by_row(estimator: Any) -> bool:
    """Whether a row's answer cannot depend on the other rows of the call."""
    if not is_known(estimator) or not is_known_version(estimator):
        return False
    package, name = exact_class(estimator)
    if package == "sklearn":
        if name == "Pipeline":
            return _prepares_by_row(estimator) and answers_by_row(estimator.steps[-1][1])
        return name in _TREES and getattr(estimator, "init", None) in (None, "zero")
    return package in ("xgboost", "lightgbm")


def is_linear(estimator: Any) -> bool:
    """Whether one product with its coefficients is all that this model, or a pipeline that ends in it, does across rows."""
    if not is_known(estimator) or not is_known_version(estimator):
        return False
    package, name = exact_class(estimator)
    if package == "sklearn" and name == "Pipeline":
        return _prepares_by_row(estimator) and is_linear(estimator.steps[-1][1])
    return package == "sklearn" and name in _LINEAR


def takes_array(estimator: Any, names: list[str]) -> bool:
    """Whether it makes of an array of float64 what it makes of a frame with the columns `names`."""
    if not is_known(estimator) or not is_known_version(estimator):
        return False
    package, name = exact_class(estimator)
    if package == "xgboost":
        # A bare Booster refuses infinity in a frame, and not in an array.
        return name in _XGBOOST and estimator.get_booster().feature_names in (None, names)
    if package == "onnxruntime":
        return True
    steps = [step for _, step in estimator.steps] if name == "Pipeline" else [estimator]
    return package == "sklearn" and all(_takes_array(step) for step in steps) and _was_fitted_to(steps[0], names)


def is_known_version(estimator: Any) -> bool:
    package = type(estimator).__module__.partition(".")[0]
    return str(getattr(sys.modules.get(package), "__version__", "")).startswith(LIBRARIES.get(package, "none"))


def exact_class(value: Any) -> tuple[str, str]:
    """Package and name of a library's own class, if nothing of it was put in the way; else two empty texts."""
    kind = type(value)
    library = sys.modules.get(kind.__module__)
    own = getattr(library, kind.__name__, None) is kind
    # A method can be hidden by an attribute of the same name, and how a frame comes out of a step can be configured.
    hidden = any(callable(getattr(kind, name, None)) for name in getattr(value, "__dict__", ()))
    configured = getattr(value, "_sklearn_output_config", {}).get("transform", "default") != "default"
    if not own or hidden or configured:
        return "", ""
    return kind.__module__.partition(".")[0], kind.__name__


def _starts_from_known(estimator: Any) -> bool:
    init = getattr(estimator, "init", None)  # Gradient boosting can start from any other model's answer.
    return init is None or isinstance(init, str) or is_known(init)


def _is_gradient_boosted(booster: Any) -> bool:
    return json.loads(booster.save_config())["learner"]["gradient_booster"]["name"] == "gbtree"


def _takes_array(step: Any) -> bool:
    package, name = exact_class(step)
    return package == "sklearn" and name in _TAKE_ARRAYS


def _was_fitted_to(step: Any, names: list[str]) -> bool:
    fitted = getattr(step, "feature_names_in_", None)
    return getattr(step, "n_features_in_", None) == len(names) and (fitted is None or list(fitted) == names)


def _prepares_by_row(pipeline: Any) -> bool:
    return all(_transforms(step, _BY_VALUE) for _, step in pipeline.steps[:-1])


def _transforms(transformer: Any, known: frozenset[str] = _BY_VALUE | _BY_TABLE) -> bool:
    if transformer is None or isinstance(transformer, str):  # "passthrough" and "drop".
        return True
    package, name = exact_class(transformer)
    if package != "sklearn":
        return False
    if name == "Pipeline":
        return all(_transforms(step, known) for _, step in transformer.steps)
    if name == "ColumnTransformer":  # Whether its result is sparse was decided when it was fitted.
        return all(_transforms(each, known) for _, each, _ in transformer.transformers_)
    if name == "FeatureUnion":
        return all(_transforms(each, known) for _, each in transformer.transformer_list)
    if name == "FunctionTransformer":  # What "passthrough" becomes in a fitted ColumnTransformer.
        return transformer.func is None and transformer.inverse_func is None
    return name in known
