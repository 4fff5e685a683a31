"""Made-up bodies: what the quick reader takes it reads as MLflow does, and none of them makes the server fail."""

import json
import struct
from http.client import HTTPConnection
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.models import ModelSignature
from mlflow.models.utils import _enforce_schema
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.types import ColSpec, DataType, Schema

from conftest import COLUMNS
from model_server.rows import ColumnReader, reader_for
from server import Server

# The same bodies in every run, so that a run does not fail by chance; no limit of time, so that none fails for a busy machine.
quiet = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

TYPES = [DataType.double, DataType.long, DataType.string, DataType.boolean, DataType.float, DataType.integer]
WHOLE = Schema([ColSpec(kind, kind.name) for kind in TYPES])
NUMBERS = Schema([ColSpec(DataType.double, name) for name in ("a", "b", "c")])

doubles = st.floats(allow_nan=False, allow_infinity=False)
longs = st.integers(-(2**63), 2**63 - 1)
anything = st.one_of(
    doubles, st.integers(), longs, st.booleans(), st.none(), st.text(max_size=5), st.just([]), st.just({})
)
FITTING: dict[DataType, st.SearchStrategy[Any]] = {
    DataType.double: doubles,
    DataType.long: longs,
    DataType.string: st.text(max_size=5),
    DataType.boolean: st.booleans(),
    DataType.float: st.floats(width=32, allow_nan=False, allow_infinity=False),
    DataType.integer: st.integers(-(2**31), 2**31 - 1),
}


@st.composite
def payloads(draw: st.DrawFn, schema: Schema) -> dict[str, Any]:
    """Of rows that fit, or nearly: a value of any type here and there, columns in any order, one too many or too few."""
    kinds = dict(zip(schema.input_names(), schema.input_types()))
    names = draw(st.permutations(list(kinds)))
    change = draw(st.sampled_from(["", "", "", "more", "fewer", "values"]))
    if change == "more":
        names = [*names, draw(st.sampled_from(["extra", names[0]]))]
    elif change == "fewer":
        names = names[:-1]
    value = {name: FITTING[kinds[name]] if name in kinds and change != "values" else anything for name in names}
    if change == "" and draw(st.booleans()):  # One column of values that fit it almost, or now and then.
        name = draw(st.sampled_from(names))
        value[name] = draw(
            st.sampled_from(
                [longs, doubles, st.booleans(), st.none(), longs | doubles, value[name] | st.none(), anything]
            )
        )
    rows = draw(st.lists(st.tuples(*(value[name] for name in names)).map(list), max_size=4 if change else 2))
    records = [dict(zip(names, row)) for row in rows]
    split: dict[str, Any] = {"columns": names, "data": rows}
    if draw(st.integers(0, 3)) == 0:
        split["index"] = draw(st.lists(st.integers() | st.text(max_size=2), min_size=len(rows), max_size=len(rows)))
    payload = draw(
        st.sampled_from([{"dataframe_split": split}, {"dataframe_records": records}, {"instances": records}])
    )
    return {**payload, "params": {}} if draw(st.integers(0, 9)) == 0 else payload


def _bits(values: Any, dtype: np.dtype) -> list[Any]:
    if dtype == np.object_:
        return list(values)
    return [
        struct.pack("d", value) if isinstance(value, float) else value for value in np.array(values, dtype).tolist()
    ]


def _read_as_mlflow(schema: Schema, payload: dict[str, Any]) -> bool:
    """Whether the quick reader took the payload; if it did, it must have read what MLflow reads."""
    text = json.dumps(payload)
    reader = reader_for(ModelSignature(inputs=schema))
    assert isinstance(reader, ColumnReader)
    rows = reader.read(orjson.loads(text))
    if rows is None:
        return False
    try:
        columns = [np.array(column, dtype) for column, dtype in zip(zip(*rows), reader.dtypes)]
    except (OverflowError, ValueError, TypeError):
        return False  # The way through arrays raises, and the request goes to MLflow's functions.
    frame = _enforce_schema(infer_and_parse_data(json.loads(text), schema), schema)
    assert list(frame.columns) == reader.names and len(frame) == len(rows)
    for name, column, dtype in zip(reader.names, columns, reader.dtypes):
        assert dtype == np.object_ or frame[name].dtype == dtype
        assert _bits(column, dtype) == _bits(frame[name].tolist(), dtype), name
    return True


@settings(quiet, max_examples=200)
@given(payloads(WHOLE))
def test_columns_of_every_type_are_read_as_mlflow_reads_them(payload: dict[str, Any]) -> None:
    _read_as_mlflow(WHOLE, payload)


@settings(quiet, max_examples=200)
@given(payloads(NUMBERS))
def test_numbers_are_read_as_mlflow_reads_them(payload: dict[str, Any]) -> None:
    _read_as_mlflow(NUMBERS, payload)


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_of_column_is_read_as_mlflow_reads_it(kind: DataType) -> None:
    schema = Schema([ColSpec(kind, "x")])

    @settings(quiet, max_examples=80)
    @given(payloads(schema))
    def read(payload: dict[str, Any]) -> None:
        _read_as_mlflow(schema, payload)

    read()


def test_rows_that_fit_are_read_the_quick_way() -> None:
    taken: list[bool] = []

    @settings(quiet, max_examples=100)
    @given(payloads(NUMBERS))
    def read(payload: dict[str, Any]) -> None:
        taken.append(_read_as_mlflow(NUMBERS, payload))

    read()
    assert sum(taken) > len(taken) / 10, "the comparison above compares something"


json_values = st.recursive(
    st.none() | st.booleans() | doubles | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(["dataframe_split", "dataframe_records", "instances", "inputs", "params", "columns", "data"])
MODEL = Schema([ColSpec(DataType.double, name) for name in COLUMNS])
bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(keys, json_values, min_size=1, max_size=2).map(lambda value: json.dumps(value).encode()),
    payloads(MODEL).map(lambda value: json.dumps(value).encode()),
    st.text(alphabet='{}[]",:0123456789.eE-+ \nf', max_size=120).map(str.encode),
)
kinds = st.sampled_from(
    ["application/json"] * 4 + ["text/csv", "application/jsonlines", "application/vnd.apache.parquet", "text/x"]
)


def test_no_body_makes_the_server_fail(shared: Server) -> None:
    seen: set[int] = set()
    connection = HTTPConnection("127.0.0.1", shared.port, timeout=180)

    @settings(quiet, max_examples=400)
    @given(bodies, kinds, st.sampled_from(["/invocations"] * 3 + ["/v2/models/churn/infer"]))
    def ask(body: bytes, kind: str, path: str) -> None:
        connection.request("POST", path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        text = answer.read()
        seen.add(answer.status)
        assert answer.status in (200, 400, 413, 415), (answer.status, text)
        assert answer.status == 200 or json.loads(text)["message"]

    ask()
    assert {200, 400, 415} <= seen
    assert shared.metric("model_server_requests_total", status="500") == 0
