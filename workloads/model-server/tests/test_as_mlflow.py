"""
What MLflow's own server app says to awkward requests, this one says: the same status, and the same JSON where it is 200. Where it takes
more (docs/model-server.md says what), MLflow refuses and the value is written down here.
"""

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature
from mlflow.pyfunc import scoring_server
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from doors import of_mlflow, of_the_shortcut, of_this_server
from model_server.loading import LoadedModel, load
from python_models import Echo, saved

JSON, CSV = "application/json", "text/csv"
ROW: dict[str, Any] = {"d": 1.5, "f": 0.1, "l": 3, "i": 4, "b": True, "s": "x", "t": "2025-06-01T10:00:00"}
NESTED: dict[str, Any] = {"emb": [1.0, 2.5], "o": {"a": 1}, "m": {"k": "v"}, "any": 1}
KINDS = dict(zip(ROW, (DataType.double, DataType.float, DataType.long, DataType.integer, DataType.boolean, DataType.string, DataType.datetime)))  # fmt: skip
Case = tuple[str, Any, str]


def _columns(required: bool) -> Schema:
    return Schema([ColSpec("double", "x"), *(ColSpec(kind, name, required=required) for name, kind in KINDS.items())])


def _sklearn(path: Path, estimator: Any, rows: pd.DataFrame, kinds: dict[str, str]) -> LoadedModel:
    signature = ModelSignature(inputs=Schema([ColSpec(kind, name) for name, kind in kinds.items()]))
    mlflow.sklearn.save_model(estimator.fit(rows, rows["a"]), str(path), signature=signature,
                              serialization_format="cloudpickle", pip_requirements=["mlflow-skinny"])  # fmt: skip
    return load(str(path))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedModel]:
    folder = tmp_path_factory.mktemp("awkward")
    rows = pd.DataFrame({"a": np.arange(20.0), "n": np.arange(20), "b": np.arange(20) % 2 == 0, "s": ["x", "y"] * 10})
    mixed = ColumnTransformer(
        [("p", "passthrough", ["a", "n", "b"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["s"])]
    )
    nested = Schema([
        ColSpec(Array(DataType.double), "emb"), ColSpec(Object([Property("a", DataType.long), Property("z", DataType.string, required=False)]), "o"),
        ColSpec(Map(DataType.string), "m"), ColSpec(AnyType(), "any", required=False),
    ])  # fmt: skip
    params = ParamSchema(
        [
            ParamSpec("price", "double", 99.0),
            ParamSpec("plan", "string", "basic"),
            ParamSpec("ids", "long", [1, 2], (-1,)),
        ]
    )
    signatures = {
        "required": ModelSignature(inputs=_columns(True)), "optional": ModelSignature(inputs=_columns(False)), "none": None,
        "params": ModelSignature(inputs=Schema([ColSpec("double", "x")]), params=params), "nested": ModelSignature(inputs=nested),
        "unnamed": ModelSignature(inputs=Schema([ColSpec("string"), ColSpec("double")])),
        "tensor": ModelSignature(inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 2))])),
    }  # fmt: skip
    return {name: saved(folder / name, Echo(), signature) for name, signature in signatures.items()} | {
        "linear": _sklearn(folder / "linear", LinearRegression(), rows[["a", "n"]], {"a": "double", "n": "long"}),
        "trees": _sklearn(folder / "trees", make_pipeline(mixed, GradientBoostingRegressor(n_estimators=5)), rows,
                          {"a": "double", "n": "long", "b": "boolean", "s": "string"}),
    }  # fmt: skip


def _records(*rows: Any) -> dict[str, Any]:
    return {"dataframe_records": list(rows)}


def _split(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"dataframe_split": {"columns": list(row), "data": [list(row.values())], **more}}


def _cases() -> list[Case]:
    whole = {"x": 1.0, **ROW}
    known = {"a": 1.0, "n": 1, "b": True, "s": "x"}
    found: list[Case] = []

    def add(model: str, *bodies: Any, kind: str = JSON) -> None:
        found.extend((model, body, kind) for body in bodies)

    for params in (
        {},
        {"price": 1},
        {"price": "1"},
        {"price": None},
        {"no": 1},
        {"ids": [3]},
        {"ids": 3},
        {"plan": 5},
        [],
        None,
        "x",
    ):
        add("params", {"inputs": [{"x": 1.0}], "params": params})
    add("params", {"inputs": {"x": [1.0]}})
    add("linear", *({"inputs": [{"a": 1.0, "n": 2}], "params": each} for each in ({"q": 1}, {}, None)))
    for index in ([7], ["k"], [], [1, 2], None, [None], [[1, 2]]):
        add("required", _split(whole, index=index))
        add("linear", _split({"a": 1.0, "n": 2}, index=index))
    for value in (2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**30, 1.0, 1.5, "1", True, None, [1], {"a": 1}):
        add("required", *(_records({**whole, name: value}) for name in "dflibs"))
    for name, values in {"n": (1.0, 1.5, "1", None, True, 2**63, 2**64), "b": (0, 1, 0.0, "true", None, 2), "a": (1, None, True, "1"),
                         "s": (1, None, "", "\ud800", True, [], "é")}.items():  # fmt: skip
        for value in values:
            row = {**known, name: value}
            add("trees", _records(row), {"inputs": {key: [each] for key, each in row.items()}}, _split(row))
    for text in ("NaN", "Infinity", "-Infinity", "1e999", "-0.0", "1E5", "00", "1.", "+1", ".5", "0x10"):
        add("linear", f'{{"dataframe_records":[{{"a":{text},"n":2}}]}}', f'{{"inputs":{{"a":[1.0],"n":[{text}]}}}}')
    for moment in (
        "20250601",
        "soon",
        1717200000,
        "",
        "2025-13-01",
        "9999-12-31",
        "1600-01-01",
        "2025-06-01T25:00:00",
        "June 1 2025",
    ):
        add("required", _records({**whole, "t": moment}))
    for name in ("d", "f", "b", "s", "t"):
        rest = {key: value for key, value in whole.items() if key != name}
        gap = {**whole, name: None}
        add("optional", _records(gap), _records(rest), _records(whole, rest), _records(whole, gap), _split(rest), _split(gap),
            {"inputs": [rest]}, {"inputs": rest}, {"instances": [rest]}, {"inputs": {key: [value] for key, value in gap.items()}})  # fmt: skip
    for data in (
        [[1, 2], [3]],
        [1, 2],
        [],
        [[]],
        [[1, None]],
        [["1", "2"]],
        [[True, False]],
        [[1, 2, 3]],
        [[[1, 2]]],
        "x",
        None,
        [[1e39, 2]],
        [[2**64, 1]],
    ):
        add("tensor", {"inputs": data}, {"instances": data})
    for change in ({"emb": []}, {"emb": None}, {"emb": ["a"]}, {"emb": [1, None]}, {"o": {}}, {"o": {"a": 1.5}}, {"o": {"a": 1, "q": 2}}, {"o": {"a": 1, "z": None}},
                   {"o": None}, {"m": {}}, {"m": {"k": 1}}, {"m": {"k": None}}, {"any": None}, {"any": [1, "a"]}, {"any": {"a": [None]}}):  # fmt: skip
        add("nested", _records({**NESTED, **change}))
    for model in ("linear", "none", "optional"):
        add(model, "", "{}", "[]", "null", "1", "{", "{}x", '{"dataframe_split":{}}', '{"dataframe_split":{"columns":["x"]}}', '{"dataframe_records":[]}',
            '{"dataframe_records":[1]}', '{"dataframe_records":[{}]}', '{"inputs":[{}]}', '{"inputs":{}}', '{"inputs":"\\ud800"}',
            '{"dataframe_split":{"columns":[],"data":[[]]}}', '{"dataframe_split":{"columns":["a","n"],"data":[]}}', '{"inputs":[1],"instances":[1]}',
            '{"inputs":{"a":[],"n":[]}}', '{"inputs":{"a":1,"n":2}}', '{"inputs":{"a":[1,2],"n":[1]}}', '{"dataframe_split":{"columns":["a","n"],"data":[[1]]}}',
            '{"dataframe_split":{"columns":["a","a"],"data":[[1,2]]}}', '{"dataframe_split":{"columns":["n","a","c"],"data":[[1,2,3]]}}',
            '{"dataframe_records":[{"a":1,"a":5,"n":2}]}', '{"dataframe_records":[{"a":1,"n":2,"c":3}]}', '{"dataframe_records":[{"n":1,"a":2},{"a":3,"n":4}]}',
            '{"dataframe_records":[{"a":1,"n":2},{"n":3}]}', '{"inputs":[[1,2]]}', '{"instances":{"a":[1],"n":[2]}}', '{"inputs":{"a":[[1]],"n":[[2]]}}',
            '{"dataframe_records":[{"a":1,"n":2}],"signature_name":"q"}', '\ufeff{"inputs":[{"a":1,"n":2}]}', '{"dataframe_split":{"columns":[1,2],"data":[[1,2]]}}')  # fmt: skip
    for text in ("a,n\n1,2\n", "n,a\n1,2\n", "a,n,c\n1,2,3\n", "a\n1\n", "a,n\n", "a,n\n1\n", "a,n\n1,2,3\n", "a,n\n1,x\n", "a,n\n1,2.0\n", "a,n\n1,2.5\n",
                 "a,n\nNaN,1\n", "a,n\ninf,1\n", "a,n\n,1\n", "a,n\n1,\n", "a,a,n\n1,2,3\n", " a,n\n1,2\n", "a,n\r\n1,2\r\n", "a;n\n1;2\n", 'a,n\n"1","2"\n',
                 "a,n\n1e5,0x10\n", "a,n\n\n1,2\n\n", "\ufeffa,n\n1,2\n", "a,n\n1,9223372036854775808\n", "a,n\nTrue,1\n", ",a,n\n0,1,2\n"):  # fmt: skip
        add("linear", text, kind=CSV)
        add("none", text, kind=CSV)
    for text in ("a,b\n1,2\n", "a,b\n007,2\n", "1,2\n", "a,b\nx,\n", "a,b,c\n1,2,3\n", "b\n1\n", "0,1\n1,2\n", "1,0\n2,1\n", "a,b\n1,x\n",
                 "a,a\n1,2\n"):  # fmt: skip
        add("unnamed", text, kind=CSV)
    return found


def _content(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "name", ["params", "linear", "trees", "required", "optional", "tensor", "nested", "none", "unnamed"]
)
def test_awkward_requests_are_answered_as_by_mlflows_server(made: dict[str, LoadedModel], name: str) -> None:
    model = made[name]
    app = scoring_server.init(model.pyfunc)
    cases = [(body, kind) for each, body, kind in _cases() if each == name]
    for body, kind in cases:
        content = _content(body)
        wanted = repr(of_mlflow(app, content, kind))
        assert repr(of_this_server(model, content, kind)) == wanted, content
        quick = of_the_shortcut(model, content, kind)
        assert quick is None or repr(quick) == wanted, content


MORE: list[tuple[str, Any, str, str, Any]] = [
    ("required", _records({"x": 1.0, **ROW, "t": "2025-06-01T00:00:00Z"}), JSON, "t", "2025-06-01 00:00:00"),
    ("required", _records({"x": 1.0, **ROW, "t": "2025-06-01T00:00:00+02:00"}), JSON, "t", "2025-05-31 22:00:00"),
    ("required", _records({"x": 1.0, **ROW, "t": "2025-06-01 10:00"}, {"x": 1.0, **ROW}), JSON, "t", "2025-06-01 10:00:00"),
    ("required", "x,d,f,l,i,b,s,t\n1,1,2,3,4,True,001,2025-06-01\n", CSV, "s", "001"),
    ("required", "x,d,f,l,i,b,s,t\n1,1,2,3,4,True,NA,2025-06-01\n", CSV, "s", "NA"),
    ("required", "x,d,f,l,i,b,s,t\n1,1,2,3,4,True,x,2025-06-01T10:00:00Z\n", CSV, "t", "2025-06-01 10:00:00"),
    ("optional", _records({"x": 1.0, **ROW, "l": None}), JSON, "l", None),
    ("optional", _split({"x": 1.0, **ROW, "i": None}), JSON, "i", None),
    ("optional", {"inputs": {key: [None if key == "l" else value] for key, value in {"x": 1.0, **ROW}.items()}}, JSON, "l", None),
    ("optional", "x,d,f,l,i,b,s,t\n1,1,2,,4,True,x,2025-06-01\n", CSV, "l", None),
    ("optional", "x,d,f,l,i,b,s,t\n1,1,2,3,4,True,x,\n", CSV, "t", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "kind", "column", "value"), MORE)
def test_what_mlflows_server_refuses_and_the_signature_plainly_means_is_answered(
    made: dict[str, LoadedModel], name: str, body: Any, kind: str, column: str, value: Any
) -> None:
    model, content = made[name], _content(body)
    assert of_mlflow(scoring_server.init(model.pyfunc), content, kind) == (400, None)
    status, answer = of_this_server(model, content, kind)
    assert status == 200
    place = list(answer["predictions"]["types"]).index(column)
    assert answer["predictions"]["values"][0][place] == value
