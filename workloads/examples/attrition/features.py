"""A logistic regression, taken apart into one weight for each term, so that predictions can be explained exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from attrition.data import CATEGORIES, FLAGS, NUMBERS


def attrition_model(strength: float) -> Pipeline:
    """@param strength inverse of the regularization: smaller draws the weights more towards zero"""
    # A missing number becomes the mean, and so contributes nothing: standardized it is zero.
    numbers = make_pipeline(SimpleImputer(strategy="mean"), StandardScaler())
    columns = ColumnTransformer(
        [
            ("numbers", numbers, NUMBERS),
            ("flags", "passthrough", FLAGS),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), CATEGORIES),
        ],
        verbose_feature_names_out=False,
    )
    return Pipeline([("columns", columns), ("logistic", LogisticRegression(C=strength, max_iter=500))])


def weights_of(model: Pipeline, inputs: pd.DataFrame) -> dict[str, Any]:
    """The fitted model as a table of numbers, all that `scoring.py` needs.

    A contribution is counted from the mean of `inputs`: what a feature adds for this employee compared with the usual
    one. The score of the usual employee is `base`, and base plus all contributions is the log-odds.
    """
    columns, logistic = model.named_steps["columns"], model.named_steps["logistic"]
    coefficients = iter(float(value) for value in logistic.coef_[0])
    imputed = columns.named_transformers_["numbers"][0].statistics_
    scaler = columns.named_transformers_["numbers"][1]
    numbers = {
        name: {"mean": float(mean), "weight": next(coefficients) / float(scale), "missing": float(missing)}
        for name, mean, scale, missing in zip(NUMBERS, scaler.mean_, scaler.scale_, imputed, strict=True)
    }
    # Where the scaler subtracts a mean, the contribution is zero at it, and nothing moves into the base.
    base = float(logistic.intercept_[0])
    flags = {}
    for name in FLAGS:
        weight, mean = next(coefficients), float(inputs[name].mean())
        flags[name] = {"mean": mean, "weight": weight}
        base += weight * mean
    categories = {}
    encoder = columns.named_transformers_["categories"]
    for name, known in zip(CATEGORIES, encoder.categories_, strict=True):
        weights = {str(category): next(coefficients) for category in known}
        usual = float(np.mean([weights[str(value)] for value in inputs[name]]))
        categories[name] = {"mean": usual, "weights": weights}
        base += usual
    return {"base": base, "numbers": numbers, "flags": flags, "categories": categories}
