"""Models of every signature type and of the flavours that are installed, for random requests."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Optional

import cloudpickle
import mlflow
import numpy as np
import pandas as pd
import pydantic
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property
from sklearn import discriminant_analysis, ensemble, linear_model, naive_bayes, neighbors, neural_network, svm, tree
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from model_server.loading import LoadedModel, load

_PINNED = {"pip_requirements": ["mlflow-skinny"]}


def told(value: Any) -> Any:
    """All that a model could see of a value: types, names, order, and each number with all its digits."""
    if isinstance(value, pd.DataFrame):
        cells = [[told(each) for each in value.iloc[:, place]] for place in range(value.shape[1])]
        return ["frame", [[type(name).__name__, str(name)] for name in value.columns], [str(each) for each in value.dtypes],
                [f"{type(each).__name__} {each!r}" for each in value.index], cells]  # fmt: skip
    if isinstance(value, np.ndarray):
        return ["array", str(value.dtype), list(value.shape), [told(each) for each in value.ravel().tolist()]]
    if isinstance(value, dict):
        return ["dict", [[str(key), told(each)] for key, each in value.items()]]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [told(each) for each in value]]
    return f"{type(value).__name__} {value!r}"


class Tells(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        return [told(model_input), told(params)]


class Message(pydantic.BaseModel):
    role: str
    tokens: int = 0
    score: Optional[float] = None  # noqa: UP045


class HintText(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[str], params=None) -> list[str]:  # type: ignore[no-untyped-def]
        return [repr(each) for each in model_input]


class HintFloat(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[float], params=None) -> list[str]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintInt(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[int], params=None) -> list[str]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintBool(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[bool], params=None) -> list[str]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintBytes(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[bytes], params=None) -> list[str]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintMoment(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[datetime], params=None) -> list[str]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintLists(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[list[int]], params=None) -> list[Any]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintMap(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[dict[str, int]], params=None) -> list[Any]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintAny(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[Any], params=None) -> list[Any]:  # type: ignore[no-untyped-def]
        return [told(each) for each in model_input]


class HintMessage(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, model_input: list[Message], params=None) -> list[Any]:  # type: ignore[no-untyped-def]
        return [told(each.model_dump()) for each in model_input]


HINTED: dict[str, tuple[Any, Any]] = {
    "list[str]": (HintText, DataType.string), "list[float]": (HintFloat, DataType.double), "list[int]": (HintInt, DataType.long),
    "list[bool]": (HintBool, DataType.boolean), "list[bytes]": (HintBytes, DataType.binary), "list[datetime]": (HintMoment, DataType.datetime),
    "list[list[int]]": (HintLists, Array(DataType.long)), "list[dict]": (HintMap, Map(DataType.long)), "list[Any]": (HintAny, AnyType()),
    "list[Message]": (HintMessage, Object([Property("role", DataType.string), Property("tokens", DataType.long, required=False), Property("score", DataType.double, required=False)])),
}  # fmt: skip


def saved(path: Path, model: Any, signature: ModelSignature | None) -> LoadedModel:
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    mlflow.pyfunc.save_model(str(path), python_model=model, signature=signature, **_PINNED)
    return load(str(path))


_KINDS = [kind for kind in DataType]
_NESTED = [Array(DataType.double), Array(DataType.string), Array(Array(DataType.long)), Array(DataType.binary), Array(DataType.datetime), Map(DataType.string), Map(DataType.long), Map(Array(DataType.double)),
           Object([Property("a", DataType.long), Property("z", DataType.string, required=False), Property("t", DataType.datetime, required=False)]),
           Array(Object([Property("a", DataType.double), Property("l", Array(DataType.boolean), required=False)])), AnyType()]  # fmt: skip


def _of(*columns: tuple[Any, str, bool]) -> ModelSignature:
    return ModelSignature(inputs=Schema([ColSpec(kind, name, required=required) for kind, name, required in columns]))


def signatures() -> dict[str, ModelSignature | None]:
    found: dict[str, ModelSignature | None] = {"none": None}
    for required in (True, False):
        word = "" if required else "?"
        for kind in _KINDS:
            found[f"{kind.name}{word}"] = _of((DataType.double, "x", True), (kind, "c", required))
        found[f"all{word}"] = _of((DataType.double, "x", True), *((kind, kind.name, required) for kind in _KINDS))
        for place, kind in enumerate(_NESTED):
            found[f"nested {place}{word}"] = _of((DataType.double, "x", True), (kind, "c", required))
    found["one text"] = _of((DataType.string, "s", True))
    found["only optional"] = _of((DataType.long, "n", False), (DataType.double, "d", False))
    found["unnamed"] = ModelSignature(inputs=Schema([ColSpec("double"), ColSpec("long")]))
    for dtype in ("float64", "float32", "float16", "int64", "int32", "uint8", "bool", "str"):
        found[f"tensor {dtype}"] = ModelSignature(inputs=Schema([TensorSpec(np.dtype(dtype), (-1, 2))]))
    for shape in ((-1,), (-1, -1), (-1, 2, 2), (2, 2), (-1, 0)):
        found[f"tensor {shape}"] = ModelSignature(inputs=Schema([TensorSpec(np.dtype("float64"), shape)]))
    found["tensors"] = ModelSignature(
        inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 2), "p"), TensorSpec(np.dtype("int64"), (-1,), "q")])
    )
    params = ParamSchema([ParamSpec("price", "double", 99.0), ParamSpec("plan", "string", "basic"), ParamSpec("ids", "long", [1, 2], (-1,)),
                          ParamSpec("on", "boolean", True), ParamSpec("at", "datetime", np.datetime64("2025-01-01T00:00:00"))])  # fmt: skip
    found["params"] = ModelSignature(inputs=Schema([ColSpec("double", "x")]), params=params)
    found["params alone"] = ModelSignature(params=params)
    return found


NUMBERS = {"d": DataType.double, "e": DataType.double}
_MIXED = {"d": DataType.double, "f": DataType.float, "l": DataType.long, "i": DataType.integer, "b": DataType.boolean}
_WITH_TEXT = _MIXED | {"s": DataType.string}


def _table(kinds: dict[str, DataType]) -> pd.DataFrame:
    random = np.random.default_rng(7)
    size = 200
    made = {"d": random.normal(size=size), "e": random.normal(size=size) * 100, "f": random.normal(size=size).astype(np.float32), "l": random.integers(-9, 9, size),
            "i": random.integers(-9, 9, size).astype(np.int32), "b": random.integers(0, 2, size).astype(bool), "s": random.choice(["a", "b", "c"], size)}  # fmt: skip
    return pd.DataFrame({name: made[name] for name in kinds})


def _mixed(*numbers: Any) -> Any:
    return ColumnTransformer([("n", make_pipeline(*numbers) if numbers else "passthrough", ["d", "f", "l", "i", "b"]),
                              ("s", OneHotEncoder(handle_unknown="ignore"), ["s"])])  # fmt: skip


ESTIMATORS: dict[str, tuple[dict[str, DataType], Callable[[], Any], str]] = {
    "linear": (NUMBERS, linear_model.LinearRegression, "predict"),
    "logistic": (_MIXED, linear_model.LogisticRegression, "predict_proba"),
    "ridge on floats": ({"f": DataType.float}, linear_model.Ridge, "predict"),
    "text labels": (NUMBERS, linear_model.RidgeClassifier, "predict"),
    "tree": (_MIXED, tree.DecisionTreeClassifier, "predict"),
    "forest": (NUMBERS, lambda: ensemble.RandomForestRegressor(5), "predict"),
    "boosting": (_MIXED, lambda: ensemble.HistGradientBoostingClassifier(max_iter=5), "predict_proba"),
    "old boosting": (NUMBERS, lambda: ensemble.GradientBoostingRegressor(n_estimators=5), "predict"),
    "on longs": ({"l": DataType.long}, tree.DecisionTreeRegressor, "predict"),
    "on truth": ({"b": DataType.boolean, "d": DataType.double}, linear_model.LogisticRegression, "predict_log_proba"),
    "pipeline": (_WITH_TEXT, lambda: make_pipeline(_mixed(SimpleImputer(), StandardScaler()), linear_model.LogisticRegression()), "predict_proba"),
    "pipeline of trees": (_WITH_TEXT, lambda: make_pipeline(_mixed(), ensemble.GradientBoostingClassifier(n_estimators=5)), "predict"),
    "ordinal": ({"s": DataType.string}, lambda: make_pipeline(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), tree.DecisionTreeRegressor()), "predict"),
    "products": (NUMBERS, lambda: make_pipeline(PCA(2), linear_model.Lasso()), "predict"),
    "imputed": (NUMBERS, lambda: make_pipeline(SimpleImputer(), StandardScaler(), linear_model.SGDClassifier()), "predict"),
    "kernel": (_MIXED, svm.SVC, "predict"),
    "network": (NUMBERS, lambda: neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=20), "predict"),
    "neighbours": (NUMBERS, neighbors.KNeighborsClassifier, "predict_proba"),
    "bayes": (NUMBERS, naive_bayes.GaussianNB, "predict"),
    "discriminant": (NUMBERS, discriminant_analysis.LinearDiscriminantAnalysis, "predict"),
}  # fmt: skip


def estimator(name: str, path: Path) -> LoadedModel:
    kinds, make, function = ESTIMATORS[name]
    rows = _table(kinds)
    model = make()
    target = (
        rows.iloc[:, 0].map(lambda each: len(str(each)))
        if "s" in kinds and len(kinds) == 1
        else rows.iloc[:, 0].astype(float)
    )
    labels = (
        np.where(target > target.median(), "yes", "no")
        if name == "text labels"
        else (target > target.median()).astype(int)
    )
    model.fit(rows, labels if is_classifier(model) else target)
    return _with(
        lambda **more: mlflow.sklearn.save_model(
            model, str(path), serialization_format="cloudpickle", pyfunc_predict_fn=function, **more
        ),
        kinds,
        path,
    )


def _with(save: Any, kinds: dict[str, DataType], path: Path) -> LoadedModel:
    save(signature=ModelSignature(inputs=Schema([ColSpec(kind, name) for name, kind in kinds.items()])), **_PINNED)
    return load(str(path))


def xgboost(path: Path, kinds: dict[str, DataType] = _MIXED, bare: bool = False) -> LoadedModel:
    import xgboost as library

    rows = _table(kinds)
    model: Any = library.XGBRegressor(n_estimators=5).fit(rows, rows["d"])
    return _with(
        lambda **more: mlflow.xgboost.save_model(model.get_booster() if bare else model, str(path), **more), kinds, path
    )


def lightgbm(path: Path) -> LoadedModel:
    import lightgbm as library

    rows = _table(_MIXED)
    model = library.LGBMClassifier(n_estimators=5, verbose=-1).fit(rows, rows["d"] > 0)
    return _with(lambda **more: mlflow.lightgbm.save_model(model, str(path), **more), _MIXED, path)


class Chats(mlflow.pyfunc.ChatModel):  # type: ignore[misc]
    def predict(self, context, messages, params):  # type: ignore[no-untyped-def]
        from mlflow.types.llm import ChatChoice, ChatCompletionResponse, ChatMessage

        said = f"{[each.to_dict() for each in messages]} {params.to_dict()}"
        return ChatCompletionResponse(
            created=1, choices=[ChatChoice(message=ChatMessage(role="assistant", content=said))]
        )


class Agent(mlflow.pyfunc.ChatAgent):  # type: ignore[misc]
    def predict(self, messages, context=None, custom_inputs=None):  # type: ignore[no-untyped-def]
        from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse

        said = f"{[each.model_dump() for each in messages]} {context} {custom_inputs}"
        return ChatAgentResponse(messages=[ChatAgentMessage(id="1", role="assistant", content=said)])


class Responds(mlflow.pyfunc.ResponsesAgent):  # type: ignore[misc]
    def predict(self, request):  # type: ignore[no-untyped-def]
        from mlflow.types.responses import ResponsesAgentResponse

        return ResponsesAgentResponse(output=[self.create_text_output_item(text=str(request.model_dump()), id="1")])


IN_CODE = """
import mlflow
import pandas as pd

class Sums(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input.sum(axis=1, numeric_only=True)

mlflow.models.set_model(Sums())
"""


def in_code(path: Path) -> LoadedModel:
    path.mkdir()
    (path / "model.py").write_text(IN_CODE)
    return saved(path / "m", str(path / "model.py"), _of((DataType.double, "d", True), (DataType.long, "l", True)))


def onnx(path: Path) -> LoadedModel:
    import onnx as library
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(9).normal(size=(2, 1)).astype(np.float32)
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["s"]), helper.make_node("Sigmoid", ["s"], ["score"])], "net",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
                              [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])], [numpy_helper.from_array(weights, "w")])  # fmt: skip
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    library.checker.check_model(network)
    return _with(lambda **more: mlflow.onnx.save_model(network, str(path), **more), NUMBERS, path)


def function(path: Path) -> LoadedModel:
    def predict(model_input: list[str]) -> list[str]:
        return [each.upper() for each in model_input]

    return saved(path, predict, None)


def column(kind: DataType, count: int, random: Any) -> Any:
    """Values as a column of a table that fits the signature."""
    from random_values import value_of

    values = [value_of(kind, random, 0.0) for _ in range(count)]
    if kind == DataType.string:
        return pd.Series([each.replace("\ud800", "") for each in values])
    with np.errstate(over="ignore"):
        return (
            np.array(values, np.float64).astype(np.float32)
            if kind == DataType.float
            else np.array(values, kind.to_numpy())
        )
