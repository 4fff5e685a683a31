"""A model has a shortcut by what it is, and requests share a call of it only where no row's answer can depend on the others."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import xgboost
from mlflow.models import infer_signature
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, StandardScaler

from conftest import COLUMNS, Made, numbers, save_sklearn
from model_server.independence import LIBRARIES, is_known, is_linear, takes_array
from model_server.loading import load
from model_server.paths import NotByRow, Shortcut, find_shortcut, part_of

REQUIREMENTS = Path(__file__).parents[2] / "requirements/model-server.txt"

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


def test_a_class_of_ones_own_has_no_shortcut_however_it_looks(tmp_path: Path, models: dict[str, Made]) -> None:
    shadowed = LogisticRegression()
    shadowed.decision_function = lambda X: np.zeros(len(X))
    renamed = type("LogisticRegression", (LogisticRegression,), {"__module__": "sklearn.linear_model._logistic"})()
    into_frames = make_pipeline(StandardScaler().set_output(transform="pandas"), LogisticRegression())
    for estimator in (shadowed, renamed, Scaled(), make_pipeline(StandardScaler(), Scaled()), into_frames):
        assert not is_known(estimator.fit(numbers(50, 0), numbers(50, 0).sum(axis=1) > 0)), estimator
    assert find_shortcut(load(models["slow"].path), 128) is None, "a Python function"


def test_params_of_a_signature_leave_everything_to_mlflow(tmp_path: Path) -> None:
    data = numbers(50, 0)
    estimator = LinearRegression().fit(data, data.sum(axis=1))
    signature = infer_signature(data, estimator.predict(data), params={"unit": "eur"})
    mlflow.sklearn.save_model(estimator, str(tmp_path / "m"), signature=signature, serialization_format="cloudpickle",
                              pip_requirements=["mlflow-skinny"])  # fmt: skip
    assert find_shortcut(load(str(tmp_path / "m")), 128) is None


def test_xgboost_has_a_shortcut_only_where_trees_answer_rows_of_numbers(tmp_path: Path) -> None:
    data = numbers(80, 0)
    for kind, known in (("gbtree", True), ("gblinear", False), ("dart", False)):
        model = xgboost.XGBRegressor(n_estimators=3, booster=kind).fit(data, data.sum(axis=1))
        assert is_known(model) == is_known(model.get_booster()) == known
        assert takes_array(model, list(data.columns)) == known
        assert not takes_array(model, list(reversed(data.columns))), "MLflow's frame would be refused for its names"
        assert not takes_array(model.get_booster(), list(data.columns)), (
            "a frame with infinity is refused, an array not"
        )


def test_the_answer_of_several_outputs_is_no_answer_of_several_rows(tmp_path: Path) -> None:
    """`predict_proba` of two outputs is a list of two tables, which looks like the answer to two rows."""
    data = numbers(60, 0)
    two = np.stack([_over(data, 0), _over(data, 1)], axis=1)
    estimator = RandomForestClassifier(n_estimators=3).fit(data, two)
    mlflow.sklearn.save_model(estimator, str(tmp_path / "m"), signature=infer_signature(data), pyfunc_predict_fn="predict_proba",
                              serialization_format="cloudpickle", pip_requirements=["mlflow-skinny"])  # fmt: skip
    shortcut = shortcut_of(tmp_path / "m")
    with pytest.raises(NotByRow):
        shortcut.predict(data.head(2).values.tolist())


def _over(data: Any, place: int) -> Any:
    return (data.iloc[:, place] > 0).astype(int)


def test_what_was_read_of_the_libraries_is_what_the_image_has(monkeypatch: pytest.MonkeyPatch) -> None:
    named = dict(line.removesuffix(" \\").split("==") for line in REQUIREMENTS.read_text().splitlines() if "==" in line)
    packages = {"sklearn": "scikit-learn", "xgboost": "xgboost-cpu"}
    for package, version in LIBRARIES.items():
        assert named[packages.get(package, package)].startswith(version), (
            f"read the new {package} and say so in independence.py"
        )
    estimator = LinearRegression().fit(numbers(50, 0), numbers(50, 0).sum(axis=1))
    assert is_linear(estimator)
    monkeypatch.setitem(LIBRARIES, "sklearn", "1.5.")
    assert is_known(estimator) and not is_linear(estimator) and not takes_array(estimator, COLUMNS)
