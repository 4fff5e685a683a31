"""
Optional columns that a request leaves out or gives as null.

MLflow has no way to hand a missing integer to a model, and leaves out a whole column that a request does not name. Here a null in an
optional integer column is pandas' missing value in a column of integers, which is what a signature with such a column is inferred from.
A column that is left out is left out, as by MLflow, and given as nulls to a model of a known library that cannot do without it.
"""

import copy
import functools
from typing import Any

import numpy as np
import pandas as pd
from mlflow.pyfunc import PyFuncModel
from mlflow.types import DataType, Schema

from model_server.json_columns import Payload, drop_column, values_of

#: Columns that go past MLflow's enforcement of the signature.
Held = dict[str, Any]

_INTEGERS = {DataType.long: (pd.Int64Dtype(), 2**63), DataType.integer: (pd.Int32Dtype(), 2**31)}
_NULLS: dict[DataType, Any] = {
    DataType.double: np.dtype("float64"), DataType.float: np.dtype("float32"), DataType.string: object, DataType.boolean: object,
    DataType.binary: object, DataType.datetime: np.dtype("datetime64[ns]"), DataType.long: pd.Int64Dtype(),
    DataType.integer: pd.Int32Dtype(),
}  # fmt: skip
# Their wrappers' modules. A Python function may mean what it does with a table that has no such column.
_LIBRARIES = (
    "mlflow.sklearn",
    "mlflow.xgboost",
    "mlflow.lightgbm",
    "mlflow.onnx",
    "mlflow.catboost",
    "mlflow.statsmodels",
)


def optional_integers(schema: Schema | None) -> dict[str, DataType]:
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return {}
    return {each.name: each.type for each in schema.inputs
            if not each.required and isinstance(each.type, DataType) and each.type in _INTEGERS}  # fmt: skip


def take_nulls(payload: Payload, schema: Schema | None) -> Held:
    """Takes optional columns of integers, some of them null, out of the payload."""
    held: Held = {}
    for name, kind in optional_integers(schema).items():
        values = values_of(payload, name)
        dtype, bound = _INTEGERS[kind]
        if not values or None not in values:
            continue
        if all(each is None or type(each) is int and -bound <= each < bound for each in values):
            held[name] = pd.array(values, dtype=dtype)
            drop_column(payload, name)
    return held


def take_missing(table: pd.DataFrame, schema: Schema | None) -> Held:
    """The same for a table, where integers with a gap have become floats."""
    held: Held = {}
    for name, kind in optional_integers(schema).items():
        if name not in table or not table[name].isna().any():
            continue
        dtype, bound = _INTEGERS[kind]
        whole = pd.to_numeric(table[name], errors="coerce").dropna()
        if len(whole) == table[name].notna().sum() and ((whole % 1 == 0) & (whole >= -bound) & (whole < bound)).all():
            held[name] = table.pop(name).astype(dtype).array
    return held


def alike(records: list[dict[str, Any]], schema: Schema | None) -> dict[Any, list[int]]:
    """
    Places of records that have the same columns and lack the same values. A table of several kinds would have other types than each
    record alone: a truth value beside a gap becomes an object, a missing list becomes NaN.
    """
    optional = () if schema is None or schema.is_tensor_spec() else schema.optional_input_names()
    found: dict[Any, list[int]] = {}
    for place, record in enumerate(records):
        gaps = tuple(name for name in optional if record.get(name, place) is None)
        found.setdefault((frozenset(record), gaps), []).append(place)
    return found


def is_of_library(model: PyFuncModel) -> bool:
    """Whether it gets nulls for what a request leaves out, since it cannot do without."""
    return type(model._model_impl).__module__ in _LIBRARIES


def left_out(model: PyFuncModel, schema: Schema | None, data: Any, error: Exception) -> Held:
    """Nulls for the optional columns that the request does not have, where the model, which failed with the error, wants them."""
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return {}
    given, count = _columns(data)
    missing = {each.name: each.type for each in schema.inputs if not each.required and each.name not in given}
    asked_for = isinstance(error, KeyError) and bool(error.args) and error.args[0] in missing
    if not count or not missing or not (is_of_library(model) or asked_for):
        return {}
    return {
        name: _nulls(count, _NULLS[kind] if isinstance(kind, DataType) else object) for name, kind in missing.items()
    }


def _columns(data: Any) -> tuple[set[Any], int]:
    """Names of a request's columns, and how many rows they have."""
    if isinstance(data, pd.DataFrame):
        return set(data.columns), len(data)
    if isinstance(data, dict) and data:
        first = next(iter(data.values()))
        return set(data), len(first) if isinstance(first, (list, np.ndarray)) and np.ndim(first) else 1
    if isinstance(data, list) and all(isinstance(each, dict) for each in data):
        return {name for each in data for name in each}, len(data)
    return set(), 0


def with_columns(model: PyFuncModel, schema: Schema, held: Held) -> PyFuncModel:
    """The model, which is given the held columns beside those that MLflow has enforced, in the order of the signature."""
    inner = model._predict_fn

    @functools.wraps(inner)
    def complete(data: Any, **options: Any) -> Any:
        return inner(_completed(data, schema, held), **options)

    whole = copy.copy(model)
    whole._predict_fn = complete
    return whole


def _completed(data: Any, schema: Schema, held: Held) -> Any:
    if not isinstance(data, pd.DataFrame):
        raise ValueError(f"{', '.join(held)} cannot be null where the model does not take a table")
    index = data.index if len(data.columns) else pd.RangeIndex(len(next(iter(held.values()))))
    columns = {name: data[name] for name in data} | {name: pd.Series(values, index) for name, values in held.items()}
    return pd.DataFrame({name: columns[name] for name in schema.input_names() if name in columns}, index=index)


def _nulls(count: int, dtype: Any) -> Any:
    return pd.Series([None] * count, dtype=dtype).array
