"""Models of each flavour, made once; and one server that the tests of the protocol share."""

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import lightgbm
import mlflow
import numpy as np
import onnx
import pandas as pd
import pytest
import xgboost
from mlflow.models import infer_signature
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from server import Server

warnings.filterwarnings("ignore")
# Threads that wait for each other in turn are slow where cores are shared; the servers' own number of threads stays as it is.
threadpool_limits(1)

COLUMNS = [f"f{place}" for place in range(12)]


@dataclass(frozen=True)
class Made:
    path: str
    rows: pd.DataFrame
    pyfunc: Any

    def payload(self, rows: pd.DataFrame) -> dict[str, Any]:
        return {"dataframe_split": {"columns": list(rows.columns), "data": rows.values.tolist()}}


def numbers(count: int, seed: int) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(count, 12)), columns=COLUMNS)


def _labels(rows: pd.DataFrame) -> pd.Series:
    noise = np.random.default_rng(3).normal(size=len(rows))
    return (rows[COLUMNS].sum(axis=1) + noise > 0).astype(int)


# Named, so that MLflow does not start a process to find out.
_PINNED = {"pip_requirements": ["mlflow-skinny"]}


def _with_plan(rows: pd.DataFrame) -> pd.DataFrame:
    plans = np.random.default_rng(5).choice(["basic", "pro", "team"], len(rows))
    return rows.assign(plan=plans, months=np.arange(len(rows)) % 40)


def save_sklearn(path: str, estimator: Any, data: pd.DataFrame, function: str) -> None:
    estimator.fit(data, _labels(data))
    signature = infer_signature(data, getattr(estimator, function)(data))
    mlflow.sklearn.save_model(estimator, path, signature=signature, serialization_format="cloudpickle",
                              pyfunc_predict_fn=function, **_PINNED)  # fmt: skip


def _save_sklearn(path: str, train: pd.DataFrame) -> None:
    save_sklearn(path, make_pipeline(StandardScaler(), LogisticRegression()), train, "predict_proba")


def _save_sklearn_trees(path: str, train: pd.DataFrame) -> None:
    save_sklearn(path, GradientBoostingClassifier(n_estimators=30), train, "predict")


def _save_mixed(path: str, train: pd.DataFrame) -> None:
    encoder = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("n", StandardScaler(), [*COLUMNS, "months"]), ("c", encoder, ["plan"])])
    save_sklearn(path, make_pipeline(columns, LogisticRegression()), _with_plan(train), "predict_proba")


def _save_xgboost(path: str, train: pd.DataFrame) -> None:
    booster = xgboost.XGBRegressor(n_estimators=50).fit(train, train.sum(axis=1))
    mlflow.xgboost.save_model(booster, path, signature=infer_signature(train, booster.predict(train)), **_PINNED)


def _save_lightgbm(path: str, train: pd.DataFrame) -> None:
    booster = lightgbm.LGBMRegressor(n_estimators=50, verbose=-1, n_jobs=1).fit(train, train.sum(axis=1))
    mlflow.lightgbm.save_model(booster, path, signature=infer_signature(train, booster.predict(train)), **_PINNED)


def _network() -> Any:
    weights = np.random.default_rng(9).normal(size=(12, 1)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["s"]), helper.make_node("Sigmoid", ["s"], ["score"])],
        "churn",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 12])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(weights, "w")],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(network)
    return network


def _save_onnx(path: str, train: pd.DataFrame) -> None:
    answers = pd.DataFrame({"score": np.zeros(3, np.float32)})
    mlflow.onnx.save_model(_network(), path, signature=infer_signature(train.head(3), answers), **_PINNED)


def _save_onnx_tensor(path: str, train: pd.DataFrame) -> None:
    narrow = train.to_numpy(np.float32)
    mlflow.onnx.save_model(_network(), path, signature=infer_signature(narrow, {"score": narrow[:, :1]}), **_PINNED)


class Slow(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        import time

        time.sleep((params or {}).get("seconds", 0.2))
        return [float(len(model_input))] * len(model_input)


def _save_slow(path: str, train: pd.DataFrame) -> None:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    signature = infer_signature(train.head(3), [1.0], params={"seconds": 0.2})
    mlflow.pyfunc.save_model(path, python_model=Slow(), signature=signature, **_PINNED)


_SAVE = {
    "sklearn": _save_sklearn,
    "sklearn_trees": _save_sklearn_trees,
    "mixed": _save_mixed,
    "xgboost": _save_xgboost,
    "lightgbm": _save_lightgbm,
    "onnx": _save_onnx,
    "onnx_tensor": _save_onnx_tensor,
    "slow": _save_slow,
}


class Models(dict[str, Made]):
    """Each model is made when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, name: str) -> Made:
        path = str(self._folder / name)
        _SAVE[name](path, numbers(500, 0))
        rows = numbers(1000, 1)
        self[name] = Made(path, _with_plan(rows) if name == "mixed" else rows, mlflow.pyfunc.load_model(path))
        return self[name]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def shared(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("made-up-token\n")
    settings = {"MAX_BODY_MIB": 1, "READ_TIMEOUT_SECONDS": 4, "TOKEN_FILE": token, "PUBLIC_PREFIX": "/churn"}
    with Server(SOURCE=models["sklearn_trees"].path, **settings) as server:
        yield server.ready()
