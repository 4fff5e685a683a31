"""Models of each flavour, made once; and one server that the tests of the protocol share."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import onnx
import pandas as pd
import pytest
import xgboost
from mlflow.models import infer_signature
from onnx import TensorProto, helper, numpy_helper
from server import Server
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")

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


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    folder = tmp_path_factory.mktemp("models")
    train, test = numbers(500, 0), numbers(1000, 1)
    labels = _labels(train)
    made: dict[str, Made] = {}

    def keep(name: str, rows: pd.DataFrame = test) -> None:
        made[name] = Made(str(folder / name), rows, mlflow.pyfunc.load_model(str(folder / name)))

    def sklearn(name: str, estimator: Any, data: pd.DataFrame, rows: pd.DataFrame, function: str = "predict") -> None:
        estimator.fit(data, labels)
        signature = infer_signature(data, getattr(estimator, function)(data))
        mlflow.sklearn.save_model(estimator, str(folder / name), signature=signature, input_example=data.head(20),
                                  serialization_format="cloudpickle", pyfunc_predict_fn=function)  # fmt: skip
        keep(name, rows)

    linear = make_pipeline(StandardScaler(), LogisticRegression())
    sklearn("sklearn", linear, train, test, "predict_proba")
    sklearn("sklearn_trees", GradientBoostingClassifier(n_estimators=30), train, test)

    def with_plan(rows: pd.DataFrame) -> pd.DataFrame:
        plans = np.random.default_rng(5).choice(["basic", "pro", "team"], len(rows))
        return rows.assign(plan=plans, months=np.arange(len(rows)) % 40)

    columns = ColumnTransformer([("n", StandardScaler(), [*COLUMNS, "months"]), ("c", OneHotEncoder(), ["plan"])])
    sklearn("mixed", make_pipeline(columns, LogisticRegression()), with_plan(train), with_plan(test), "predict_proba")

    booster = xgboost.XGBRegressor(n_estimators=50).fit(train, train.sum(axis=1))
    mlflow.xgboost.save_model(booster, str(folder / "xgboost"), signature=infer_signature(train, booster.predict(train)))
    keep("xgboost")

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
    answers = pd.DataFrame({"score": np.zeros(3, np.float32)})
    mlflow.onnx.save_model(network, str(folder / "onnx"), signature=infer_signature(train.head(3), answers))
    keep("onnx")
    narrow = train.to_numpy(np.float32)
    mlflow.onnx.save_model(network, str(folder / "onnx_tensor"), signature=infer_signature(narrow, {"score": narrow[:, :1]}))
    keep("onnx_tensor")

    class Slow(mlflow.pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> list[float]:
            import time

            time.sleep((params or {}).get("seconds", 0.2))
            return [float(len(model_input))] * len(model_input)

    signature = infer_signature(train.head(3), [1.0], params={"seconds": 0.2})
    mlflow.pyfunc.save_model(str(folder / "slow"), python_model=Slow(), signature=signature)
    keep("slow")

    class Echo(mlflow.pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
            return model_input

    mlflow.pyfunc.save_model(str(folder / "free"), python_model=Echo())
    keep("free")
    return made


@pytest.fixture(scope="session")
def shared(models: dict[str, Made], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("made-up-token\n")
    settings = {"MAX_BODY_MIB": 1, "READ_TIMEOUT_SECONDS": 2, "TOKEN_FILE": token, "PUBLIC_PREFIX": "/churn"}
    with Server(SOURCE=models["sklearn_trees"].path, **settings) as server:
        yield server.ready()
