"""What the quick reader takes it reads as MLflow does: the same table to the last bit, over the edges of each type."""

import json
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.models import ModelSignature
from mlflow.models.utils import _enforce_schema
from mlflow.pyfunc.scoring_server import infer_and_parse_data
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property

from model_server.rows import ColumnReader, TensorReader, reader_for

# The same bodies in every run, so that a run does not fail by chance; no limit of time, so that none fails for a busy machine.
quiet = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

TYPES = [DataType.double, DataType.long, DataType.string, DataType.boolean, DataType.float, DataType.integer]
WHOLE = Schema([ColSpec(kind, kind.name) for kind in TYPES])
OPTIONAL = Schema([ColSpec(kind, kind.name, required=False) for kind in TYPES])
NUMBERS = Schema([ColSpec(DataType.double, name) for name in ("a", "b", "c")])

doubles = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [-0.0, 0.1, 1e-310, 5e-324, 1.7976931348623157e308, 2.0**53, 2.0**63, 16777217.0, 3.4028235677973366e38, 1e39]
)  # fmt: skip
near = [sign * (2**bits + by) for bits in (24, 31, 32, 53, 62, 63, 64) for by in (-1, 0, 1) for sign in (1, -1)]
longs = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([each for each in near if -(2**63) <= each < 2**63])
texts = st.text(max_size=5) | st.sampled_from(
    ["", "nan", "None", "1", "2025-06-01", "\U0001f600", "\x00", "\ud800", "a\udfff"]
)
anything = st.one_of(
    doubles, st.integers(), longs, st.sampled_from(near), st.booleans(), st.none(), texts, st.just([]), st.just({}),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), 2**70, -(2**1100)]),
)  # fmt: skip
FITTING: dict[DataType, st.SearchStrategy[Any]] = {
    DataType.double: doubles,
    DataType.long: longs,
    DataType.string: texts,
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
                [
                    longs,
                    doubles,
                    st.booleans(),
                    st.none(),
                    longs | doubles,
                    value[name] | st.none(),
                    anything,
                    st.sampled_from(near),
                    st.just("2025-06-01T00:00:00Z"),
                ]
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


def _read_as_mlflow(schema: Schema, payload: dict[str, Any]) -> bool:
    """Whether the quick reader took the payload; if it did, its table must be the one that MLflow hands to the model."""
    text = json.dumps(payload)
    reader = reader_for(ModelSignature(inputs=schema))
    assert isinstance(reader, ColumnReader)
    try:
        rows = reader.read(orjson.loads(text))
        table = None if rows is None else reader.frame(rows)
    except (OverflowError, ValueError, TypeError):
        return False  # The way through arrays raises, and the request goes to MLflow's functions.
    if rows is None or table is None:
        return False
    wanted = _enforce_schema(infer_and_parse_data(json.loads(text), schema), schema).reset_index(drop=True)
    pd.testing.assert_frame_equal(table, wanted, check_exact=True, check_column_type=False)
    for name in wanted:
        assert _bits(table[name]) == _bits(wanted[name]), name
    if reader.dtype is not None:
        assert _bits(reader.array(rows)) == _bits(wanted.to_numpy())
        assert reader.array(rows).flags.f_contiguous == wanted.to_numpy().flags.f_contiguous
    return True


def _bits(values: Any) -> Any:
    array = np.asarray(values)
    return array.tolist() if array.dtype == object else (array.dtype.str, array.tobytes("A"))


@settings(quiet, max_examples=200)
@given(payloads(WHOLE))
def test_columns_of_every_type_are_read_as_mlflow_reads_them(payload: dict[str, Any]) -> None:
    _read_as_mlflow(WHOLE, payload)


@settings(quiet, max_examples=200)
@given(payloads(NUMBERS))
def test_numbers_are_read_as_mlflow_reads_them(payload: dict[str, Any]) -> None:
    _read_as_mlflow(NUMBERS, payload)


@settings(quiet, max_examples=150)
@given(payloads(OPTIONAL))
def test_optional_columns_are_read_as_mlflow_reads_them(payload: dict[str, Any]) -> None:
    _read_as_mlflow(OPTIONAL, payload)


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


def test_an_index_changes_no_value() -> None:
    for index in ([5, 5], [-1, 2**63], list(range(2))):
        assert _read_as_mlflow(
            NUMBERS,
            {"dataframe_split": {"columns": ["c", "a", "b"], "index": index, "data": [[1, 2, 3], [4, None, 6]]}},
        )
    reader = reader_for(ModelSignature(inputs=NUMBERS))
    for bad in (["x", "y"], [1], [1.0, 2.0], [True, False]):
        split = {"columns": ["a", "b", "c"], "index": bad, "data": [[1, 2, 3], [4, 5, 6]]}
        assert reader is not None and reader.read({"dataframe_split": split}) is None, (
            "MLflow's functions say what is wrong"
        )


@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "int32", "int8"])
def test_tensors_are_read_as_mlflow_reads_them(kind: str) -> None:
    schema = Schema([TensorSpec(np.dtype(kind), (-1, 2))])
    reader = reader_for(ModelSignature(inputs=schema))
    assert isinstance(reader, TensorReader)

    @settings(quiet, max_examples=80)
    @given(st.lists(st.lists(doubles | longs | st.sampled_from(near) | anything, min_size=1, max_size=3), max_size=3))
    def read(data: list[Any]) -> None:
        for key in ("inputs", "instances"):
            text = json.dumps({key: data})
            try:
                rows = reader.read(orjson.loads(text))
                found = None if rows is None else np.array(rows, reader.dtype)
            except (ValueError, OverflowError, TypeError):
                continue
            if found is not None:
                assert _bits(found) == _bits(_enforce_schema(infer_and_parse_data(json.loads(text), schema), schema))

    read()


UNREAD: dict[str, Any] = {
    "array": Schema([ColSpec(Array(DataType.double), "x")]),
    "optional array": Schema([ColSpec(Array(DataType.string), "x", required=False)]),
    "object": Schema([ColSpec(Object([Property("a", DataType.long)]), "x")]),
    "map": Schema([ColSpec(Map(DataType.long), "x")]),
    "anything": Schema([ColSpec(AnyType(), "x", required=False)]),
    "datetime": Schema([ColSpec(DataType.datetime, "x")]),
    "binary": Schema([ColSpec(DataType.binary, "x")]),
    "unnamed": Schema([ColSpec(DataType.double)]),
    "two tensors": Schema([TensorSpec(np.dtype("float32"), (-1, 2), "a"), TensorSpec(np.dtype("float32"), (-1, 2), "b")]),
    "a tensor of fixed length": Schema([TensorSpec(np.dtype("float32"), (3, 2))]),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_plain_is_left_to_mlflow(name: str) -> None:
    assert reader_for(ModelSignature(inputs=UNREAD[name])) is None
    assert (
        reader_for(None) is None and reader_for(ModelSignature(params=ParamSchema([ParamSpec("p", "long", 1)]))) is None
    )
