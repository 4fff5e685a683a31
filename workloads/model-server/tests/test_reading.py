"""What becomes of a request's values: as MLflow's server where that answers, and where it does not, what the signature plainly means."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature
from mlflow.pyfunc.scoring_server import invocations
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property

from model_server.errors import Refused
from model_server.loading import LoadedModel
from model_server.protocol import predict
from python_models import Echo, Wants, saved

JSON, CSV = "application/json", "text/csv"
SALE = Schema([ColSpec("double", "x"), ColSpec("long", "n", required=False), ColSpec("datetime", "at", required=False)])
PARAMS = ParamSchema([ParamSpec("unknown_price", "double", 99.0), ParamSpec("plan", "string", "basic")])


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return saved(tmp_path_factory.mktemp("sale") / "m", Echo(), ModelSignature(inputs=SALE))


def answered(model: LoadedModel, body: Any, kind: str = JSON) -> Any:
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return json.loads(predict(content, kind, model, 10**6).body())["predictions"]


def of_mlflow(model: LoadedModel, body: Any, kind: str = JSON) -> Any:
    content = body if isinstance(body, str) else json.dumps(body)
    answer = invocations(content, kind, model.pyfunc, model.pyfunc.metadata.get_input_schema())
    assert answer.status == 200, answer.response
    return json.loads(answer.response)["predictions"]


MOMENTS = {
    "2025-06-01T00:00:00Z": "2025-06-01 00:00:00",
    "2025-06-01t02:00:00.5+02:00": "2025-06-01 00:00:00.500000",
    "2025-06-01 00:00:00-0130": "2025-06-01 01:30:00",
    "2025-06-01T00:00:00.123456789Z": "2025-06-01 00:00:00.123456789",
    "2025-06-01T12:30": "2025-06-01 12:30:00",
    "2025-06-01": "2025-06-01 00:00:00",
}
FORMS = {
    "records": lambda at, n: {
        "dataframe_records": [{"x": 1.5, "n": n, "at": at}, {"x": 2.0, "n": 7, "at": "2025-06-01"}]
    },
    "split": lambda at, n: {
        "dataframe_split": {"columns": ["at", "n", "x"], "data": [[at, n, 1.5], ["2025-06-01", 7, 2.0]]}
    },
    "instances": lambda at, n: {"instances": [{"x": 1.5, "n": n, "at": at}, {"x": 2.0, "n": 7, "at": "2025-06-01"}]},
    "inputs": lambda at, n: {"inputs": {"x": [1.5, 2.0], "n": [n, 7], "at": [at, "2025-06-01"]}},
    "csv": lambda at, n: f"x,n,at\n1.5,{'' if n is None else n},{at}\n2.0,7,2025-06-01\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_moment_is_taken_with_an_offset_and_without(sale: LoadedModel, form: str) -> None:
    for text, meant in MOMENTS.items():
        answer = answered(sale, FORMS[form](text, 3), CSV if form == "csv" else JSON)
        assert answer["values"] == [["1.5", "3", meant], ["2.0", "7", "2025-06-01 00:00:00"]], text
        assert answer["types"] == {"x": "float64", "n": "int64", "at": "datetime64[ns]"}


@pytest.mark.parametrize("text", ["2025-13-01T00:00:00Z", "2025-06-01T25:00:00Z", "yesterday", "9999-01-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(sale: LoadedModel, text: str) -> None:
    for form in FORMS:
        with pytest.raises(Refused) as refused:
            answered(sale, FORMS[form](text, 3), CSV if form == "csv" else JSON)
        assert refused.value.status == 400


@pytest.mark.parametrize("form", FORMS)
def test_an_optional_integer_may_be_null_and_loses_no_digit(sale: LoadedModel, form: str) -> None:
    answer = answered(sale, FORMS[form]("2025-06-01", None), CSV if form == "csv" else JSON)
    assert answer["types"]["n"] == "Int64" and [row[1] for row in answer["values"]] == [None, "7"]
    large = 2**53 + 1
    answer = answered(sale, {"dataframe_records": [{"x": 1, "n": large}, {"x": 2}]})
    assert answer["values"] == [["1.0", str(large)], ["2.0", None]] and answer["types"]["n"] == "Int64"


def test_parquet_with_zones_and_gaps_is_taken(sale: LoadedModel, tmp_path: Path) -> None:
    table = pd.DataFrame({"x": [1.5, 2.0], "n": [3.0, None], "at": pd.to_datetime(["2025-06-01T00:00:00+02:00"] * 2)})
    table.to_parquet(tmp_path / "t")
    answer = answered(sale, (tmp_path / "t").read_bytes(), "application/vnd.apache.parquet")
    assert answer["values"] == [["1.5", "3", "2025-05-31 22:00:00"], ["2.0", None, "2025-05-31 22:00:00"]]


def test_a_column_that_is_left_out_is_null_only_to_a_model_that_cannot_do_without_it(
    sale: LoadedModel, tmp_path: Path
) -> None:
    bodies: list[tuple[Any, str]] = [
        ({"dataframe_records": [{"x": 1.5}]}, JSON),
        ({"inputs": {"x": [1.5]}}, JSON),
        ("x\n1.5\n", CSV),
    ]
    wants = saved(tmp_path / "m", Wants(), ModelSignature(inputs=SALE))
    for body, kind in bodies:
        assert answered(sale, body, kind)["types"] == {"x": "float64"} == of_mlflow(sale, body, kind)["types"]
        answer = answered(wants, body, kind)
        assert answer["types"] == {"x": "float64", "n": "Int64", "at": "datetime64[ns]"}
        assert answer["values"] == [["1.5", None, None]]


BEYOND = [2**63, 2**64, -(2**63) - 1, 10**30, 2**53 + 0.5, 1e19]


@pytest.mark.parametrize("number", BEYOND)
def test_a_number_that_is_no_integer_of_64_bits_is_refused_for_one(sale: LoadedModel, number: Any) -> None:
    for body in ({"dataframe_records": [{"x": 1.5, "n": number}]}, {"inputs": {"x": [1.5], "n": [number]}},
                 {"dataframe_split": {"columns": ["x", "n"], "data": [[1.5, number], [1.5, 1]]}}):  # fmt: skip
        try:
            wanted = of_mlflow(sale, body)
        except Exception:
            with pytest.raises(Refused) as refused:
                answered(sale, body)
            assert refused.value.status == 400
        else:
            assert answered(sale, body) == wanted, "where MLflow takes a fraction for an integer"


def test_an_index_is_kept(sale: LoadedModel) -> None:
    body = {"dataframe_split": {"columns": ["x"], "index": ["b", "a"], "data": [[1.0], [2.0]]}}
    assert answered(sale, body)["index"] == ["b", "a"] == of_mlflow(sale, body)["index"]
    body = {"dataframe_split": {"columns": ["x", "n"], "index": [7, 9], "data": [[1.0, None], [2.0, 1]]}}
    assert answered(sale, body)["index"] == [7, 9]


def test_defaults_of_params_are_given(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", Echo(), ModelSignature(inputs=Schema([ColSpec("double", "x")]), params=PARAMS))
    body: dict[str, Any] = {"dataframe_records": [{"x": 1.5}]}
    assert (
        answered(model, body)["params"] == {"unknown_price": 99.0, "plan": "basic"} == of_mlflow(model, body)["params"]
    )
    assert answered(model, {**body, "params": {"plan": "pro", "other": 1}})["params"] == {
        "unknown_price": 99.0,
        "plan": "pro",
    }
    with pytest.raises(Refused):
        answered(model, {**body, "params": {"unknown_price": "much"}})


NAMED = Schema([ColSpec("string", "plan"), ColSpec("double", "x"), ColSpec("long", "n")])
ABSENT: list[tuple[str, Schema | None, str, Any]] = [
    ("columns by the signature's names", NAMED, "pro,1.5,3\nbasic,2,4\n", {"plan": "object", "x": "float64", "n": "int64"}),
    ("the first row is a row of numbers", Schema([ColSpec("double", "a"), ColSpec("double", "b")]), "1,2\n3,4\n", {"a": "float64", "b": "float64"}),
    ("no names in the signature", Schema([ColSpec("double"), ColSpec("long")]), "1,2\n3,4\n", {"0": "float64", "1": "int64"}),
    ("no signature", None, "1,2\n3,4\n", {"0": "int64", "1": "int64"}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "text", "types"), [each[1:] for each in ABSENT], ids=[each[0] for each in ABSENT])
def test_csv_without_a_header_has_the_columns_of_the_signature(
    tmp_path: Path, schema: Any, text: str, types: Any
) -> None:
    model = saved(tmp_path / "m", Echo(), ModelSignature(inputs=schema) if schema else None)
    for kind in ("text/csv; header=absent", "text/csv;header=absent;charset=utf-8", 'text/csv; header="ABSENT"'):
        answer = answered(model, text, kind)
        assert answer["types"] == types and len(answer["values"]) == 2


def test_csv_says_whether_it_has_a_header(sale: LoadedModel, tmp_path: Path) -> None:
    assert answered(sale, "x\n1.5\n", "text/csv; header=present") == answered(sale, "x\n1.5\n", CSV)
    for text in ("1.5,3\n", "1.5,3,2025-06-01,1\n"):
        with pytest.raises(Refused, match="there must be 3 columns"):
            answered(sale, text, "text/csv; header=absent")
    for kind in ("text/csv; header=maybe", "application/json; header=absent"):
        with pytest.raises(Refused) as refused:
            answered(sale, "x\n1.5\n", kind)
        assert refused.value.status == 415
    tensor = saved(tmp_path / "m", Echo(), ModelSignature(inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 2))])))
    assert answered(tensor, "1,2\n3,4\n", "text/csv; header=absent")["value"] == [[1.0, 2.0], [3.0, 4.0]]


NESTED = Schema([
    ColSpec(Array(DataType.double), "emb"), ColSpec(Object([Property("a", DataType.long)]), "o"), ColSpec(Map(DataType.string), "m"),
    ColSpec(AnyType(), "any", required=False), ColSpec(Array(Array(DataType.long)), "nested"),
])  # fmt: skip


def test_columns_of_lists_objects_maps_and_anything_are_read_as_mlflow_reads_them(tmp_path: Path) -> None:
    model = saved(tmp_path / "m", Echo(), ModelSignature(inputs=NESTED))
    row = {"emb": [1.0, 2.5], "o": {"a": 1}, "m": {"k": "v"}, "any": [1, "b", None], "nested": [[1], [2]]}
    bodies = [{"dataframe_records": [row, row]}, {"inputs": [row]}, {"inputs": row},
              {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}]  # fmt: skip
    for body in bodies:
        assert answered(model, body) == of_mlflow(model, body)
    assert answered(model, {"dataframe_records": [{**row, "nested": [[1], [2, 3]]}]})["values"][0][4] == "[[1], [2, 3]]"
    with pytest.raises(Refused):
        answered(model, {"dataframe_records": [{**row, "emb": "text"}]})
