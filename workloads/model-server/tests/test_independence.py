"""Requests share a call of the model only where no row's answer can depend on the others; the rest is asked one by one."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, StandardScaler

from conftest import Made, numbers, save_sklearn
from model_server.loading import load
from model_server.proof import Shortcut, find_shortcut, part_of

SHARING: dict[str, tuple[Any, str, bool]] = {
    "scaled logistic regression": (make_pipeline(StandardScaler(), LogisticRegression()), "predict_proba", True),
    "labels of a logistic regression": (LogisticRegression(), "predict", True),
    "linear regression": (make_pipeline(MinMaxScaler(), LinearRegression()), "predict", True),
    "ridge": (Ridge(), "predict", True),
    "random forest": (RandomForestClassifier(n_estimators=20), "predict_proba", False),
    "histogram boosting": (HistGradientBoostingClassifier(max_iter=20), "predict_proba", False),
}
ALONE: dict[str, tuple[Any, str]] = {
    "a product before the last step": (make_pipeline(PCA(5), LogisticRegression()), "predict_proba"),
    "a network": (MLPRegressor(hidden_layer_sizes=(8,), max_iter=20), "predict"),
    "a transformer that is not known": (make_pipeline(PowerTransformer(), LogisticRegression()), "predict_proba"),
    "boosting that starts from a linear model": (
        GradientBoostingRegressor(n_estimators=5, init=LinearRegression()),
        "predict",
    ),
}


def shortcut_of(path: Path | str) -> Shortcut:
    found = find_shortcut(load(str(path)), 128)
    assert found is not None
    return found


def unequal(shortcut: Shortcut, rows: list[list[Any]]) -> list[int]:
    """Rows whose answer in a batch of random size is not the one that they have alone."""
    assert shortcut.together is not None
    random = np.random.default_rng(11)
    wrong, start = [], 0
    while start < len(rows):
        size = int(random.integers(2, 129))
        together = shortcut.together(rows[start : start + size])
        for place, row in enumerate(rows[start : start + size]):
            if repr(part_of(together, place, place + 1)) != repr(shortcut.predict([row])):
                wrong.append(start + place)
        start += size
    return wrong


@pytest.mark.parametrize("name", SHARING)
def test_rows_that_share_a_call_are_answered_as_alone(tmp_path: Path, name: str) -> None:
    estimator, function, only_single = SHARING[name]
    save_sklearn(str(tmp_path / "model"), estimator, numbers(500, 0), function)
    shortcut = shortcut_of(tmp_path / "model")
    assert shortcut.together_only_single == only_single
    assert unequal(shortcut, numbers(1000, 1).values.tolist()) == []


@pytest.mark.parametrize("flavour", ["mixed", "xgboost", "lightgbm"])
def test_rows_of_each_flavour_that_share_a_call_are_answered_as_alone(models: dict[str, Made], flavour: str) -> None:
    made = models[flavour]
    assert unequal(shortcut_of(made.path), made.rows.values.tolist()) == []


@pytest.mark.parametrize("name", ALONE)
def test_what_is_not_known_to_work_row_by_row_shares_no_call(tmp_path: Path, name: str) -> None:
    estimator, function = ALONE[name]
    save_sklearn(str(tmp_path / "model"), estimator, numbers(500, 0), function)
    assert shortcut_of(tmp_path / "model").together is None


@pytest.mark.parametrize("flavour", ["onnx", "onnx_tensor"])
def test_onnx_shares_no_call(models: dict[str, Made], flavour: str) -> None:
    assert shortcut_of(models[flavour].path).together is None


class Scaled(LogisticRegression):
    def decision_function(self, X: Any) -> Any:
        return super().decision_function(X) / np.abs(np.asarray(X)).max()


def test_a_class_of_ones_own_shares_no_call_whatever_it_inherits(tmp_path: Path) -> None:
    save_sklearn(str(tmp_path / "model"), Scaled(), numbers(500, 0), "predict_proba")
    found = find_shortcut(load(str(tmp_path / "model")), 128)
    assert found is None or found.together is None


def test_lightgbm_is_equal_bit_for_bit(models: dict[str, Made]) -> None:
    made = models["lightgbm"]
    shortcut = shortcut_of(made.path)
    rows = made.rows.head(200)
    alone = [shortcut.predict([row])[0] for row in rows.values.tolist()]
    pyfunc = mlflow.pyfunc.load_model(made.path)
    assert alone == [pyfunc.predict(rows.iloc[place : place + 1])[0] for place in range(len(rows))]
    assert shortcut.predict(rows.values.tolist()) == pyfunc.predict(rows).tolist()
