"""The recipe of docs/data-scientist.md, with models of trees: what it logs is served."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlplatform.trusted import trusted_types
from model_server.loading import load

FRAME = pd.DataFrame(np.random.default_rng(3).normal(size=(200, 3)), columns=["a", "b", "c"])
TRUTH = (FRAME["a"] + FRAME["b"] > 0).astype(int)


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(5), GradientBoostingClassifier(n_estimators=5), HistGradientBoostingClassifier(max_iter=5),
        make_pipeline(StandardScaler(), DecisionTreeClassifier()),
    ],
    ids=["forest", "boosting", "histograms", "pipeline"],
)  # fmt: skip
def test_a_model_of_trees_is_served_as_it_was_logged(estimator, tmp_path):
    model = estimator.fit(FRAME, TRUTH)
    mlflow.sklearn.save_model(
        model,
        tmp_path / "m",
        signature=mlflow.models.infer_signature(FRAME, model.predict(FRAME)),
        skops_trusted_types=trusted_types(model),
        pip_requirements=[],
    )
    assert load(str(tmp_path / "m")).predict(FRAME).tolist() == model.predict(FRAME).tolist()
