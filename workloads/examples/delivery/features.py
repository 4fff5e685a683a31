"""From the columns that a request has to those that a model computes with. Part of the model: served as trained."""

from __future__ import annotations

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from delivery.data import CATEGORIES, FLAGS, NUMBERS


def delivery_model(max_iter: int, learning_rate: float, seed: int) -> Pipeline:
    """Gradient-boosted trees. A category that training never saw is treated as missing, which trees can branch on."""
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    columns = ColumnTransformer(
        [("categories", encode, CATEGORIES), ("numbers", "passthrough", [*NUMBERS, *FLAGS])],
        verbose_feature_names_out=False,
    )
    trees = HistGradientBoostingRegressor(
        max_iter=max_iter,
        learning_rate=learning_rate,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=1.0,
        categorical_features=list(range(len(CATEGORIES))),
        early_stopping=False,
        random_state=seed,
    )
    return Pipeline([("columns", columns), ("trees", trees)])
