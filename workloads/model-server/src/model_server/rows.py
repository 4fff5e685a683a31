"""
The common forms of MLflow's scoring protocol, read without pandas.

A reader takes only what it is sure of and returns None for all else, which MLflow's own functions then read or refuse. What it makes of
the rows is equal to the table that MLflow hands to the model; tests/test_rows.py compares them over the edges of each type.
"""

from collections.abc import Callable
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models.signature import ModelSignature
from mlflow.types import DataType, Schema

Rows = list[list[Any]]

_DTYPES = {
    DataType.double: np.dtype(np.float64),
    DataType.float: np.dtype(np.float32),
    DataType.long: np.dtype(np.int64),
    DataType.integer: np.dtype(np.int32),
    DataType.boolean: np.dtype(np.bool_),
    DataType.string: np.dtype(object),
}
# JSON types of one column's values that become the column's type without a judgement of pandas.
_ACCEPTED: dict[DataType, frozenset[type]] = {
    DataType.double: frozenset((float, int, type(None))),
    DataType.float: frozenset((float, type(None))),
    DataType.long: frozenset((int,)),
    DataType.integer: frozenset((int,)),
    DataType.boolean: frozenset((bool,)),
    DataType.string: frozenset((str,)),
}
_ORDERS_KEPT = 64


class ColumnReader:
    """
    Reads `dataframe_split`, `dataframe_records` and `instances` of a signature whose columns are all plain, where each is given. An index
    is read and left out: only for models that do not look at it.
    """

    def __init__(self, schema: Schema) -> None:
        self.names: list[str] = schema.input_names()
        self.types: list[DataType] = schema.input_types()
        self.dtypes = [_DTYPES[each] for each in self.types]
        self.dtype = self.dtypes[0] if len(set(self.dtypes)) == 1 and self.dtypes[0] != np.object_ else None
        self._accepted = [_ACCEPTED[each] for each in self.types]
        self._uniform = self._accepted[0] if len(set(self._accepted)) == 1 else None
        self._width = len(self.names)
        self._pick: Callable[[Any], Any] = itemgetter(*self.names)
        self._orders: dict[tuple[str, ...], Callable[[Any], Any]] = {}
        self._index = pd.Index(self.names)

    def array(self, rows: Rows) -> np.ndarray:
        """Column by column in memory, as in a frame: the order of a sum can depend on it."""
        return np.array(rows, self.dtype, order="F")

    def frame(self, rows: Rows) -> pd.DataFrame:
        if self.dtype is not None:
            return pd.DataFrame(self.array(rows), columns=self._index, copy=False)
        columns = zip(self.names, self.dtypes, zip(*rows))
        return pd.DataFrame({name: _series(values, dtype) for name, dtype, values in columns}, columns=self._index)

    def read(self, payload: dict[str, Any]) -> Rows | None:
        if len(payload) != 1:
            return None
        if (split := payload.get("dataframe_split")) is not None:
            return self._read_split(split)
        if (records := payload.get("dataframe_records")) is not None:
            return self._read_records(records)
        if (instances := payload.get("instances")) is not None:
            # Here MLflow goes by the type that numpy finds for a column, so only floats are beyond doubt.
            rows = self._read_records(instances)
            sure = rows is not None and self.dtype == np.float64 and set(map(type, chain(*rows))) == {float}
            return rows if sure else None
        return None

    def _read_split(self, split: Any) -> Rows | None:
        if type(split) is not dict:
            return None
        columns, data = split.get("columns"), split.get("data")
        if type(data) is not list or not data or type(columns) is not list:
            return None
        if len(split) != 2:
            index = split.get("index")
            if len(split) != 3 or type(index) is not list or len(index) != len(data) or set(map(type, index)) != {int}:
                return None
        width = len(columns)
        for row in data:
            if type(row) is not list or len(row) != width:
                return None
        if columns != self.names:
            order = self._order(columns)
            if order is None:
                return None
            data = [order(row) for row in data]
        return data if self._fits(data) else None

    def _read_records(self, records: Any) -> Rows | None:
        if type(records) is not list or not records:
            return None
        width, pick, single = self._width, self._pick, self._width == 1
        rows = []
        for record in records:
            if type(record) is not dict or len(record) != width:
                return None
            try:
                rows.append([pick(record)] if single else list(pick(record)))
            except KeyError:
                return None
        return rows if self._fits(rows) else None

    def _order(self, columns: list[Any]) -> Callable[[Any], Any] | None:
        try:
            key = tuple(columns)
            known = self._orders.get(key)
        except TypeError:
            return None
        if known is not None:
            return known
        if len(set(key)) != len(key) or set(key) != set(self.names):
            return None
        places = [key.index(name) for name in self.names]
        order = lambda row: [row[place] for place in places]  # noqa: E731
        if len(self._orders) < _ORDERS_KEPT:
            self._orders[key] = order
        return order

    def _fits(self, rows: Rows) -> bool:
        if self._uniform is not None:
            uniform = self._uniform
            return all(uniform.issuperset(map(type, row)) for row in rows)
        return all(accepted.issuperset(map(type, column)) for accepted, column in zip(self._accepted, zip(*rows)))


def _series(values: tuple[Any, ...], dtype: np.dtype) -> Any:
    # As pandas itself finds text's type.
    return pd.Series(list(values)) if dtype == np.object_ else np.array(values, dtype)


class TensorReader:
    """Reads `inputs` and `instances` of a signature of one unnamed tensor `(-1, n, …)`."""

    def __init__(self, schema: Schema) -> None:
        tensor = schema.inputs[0]
        self.names: list[str] = []
        self.dtype = tensor.type
        self.shape = tuple(tensor.shape[1:])
        self._accepted = frozenset((float,)) if self.dtype.kind == "f" else frozenset((int,))

    def read(self, payload: dict[str, Any]) -> Rows | None:
        if len(payload) != 1:
            return None
        data = payload.get("inputs", payload.get("instances"))
        return data if type(data) is list and data and all(self._fits(row, self.shape) for row in data) else None

    def _fits(self, value: Any, shape: tuple[int, ...]) -> bool:
        if type(value) is not list or len(value) != shape[0]:
            return False
        if len(shape) == 1:
            return self._accepted.issuperset(map(type, value))
        return all(self._fits(each, shape[1:]) for each in value)


Reader = ColumnReader | TensorReader


def reader_for(signature: ModelSignature | None) -> Reader | None:
    """A reader for the signature, or None where only MLflow's own functions know what fits."""
    schema = signature.inputs if signature is not None else None
    if schema is None or len(schema) == 0 or getattr(signature, "_is_signature_from_type_hint", False):
        return None
    if schema.is_tensor_spec():
        tensor = schema.inputs[0]
        plain = len(schema) == 1 and not schema.has_input_names() and tensor.type.kind in "fi"
        sized = len(tensor.shape) > 1 and tensor.shape[0] == -1 and all(size > 0 for size in tensor.shape[1:])
        return TensorReader(schema) if plain and sized else None
    columns = schema.inputs
    plain = schema.has_input_names() and all(
        isinstance(column.type, DataType) and column.type in _DTYPES for column in columns
    )
    return ColumnReader(schema) if plain and len(set(schema.input_names())) == len(columns) else None
