"""Makes rows fit a model's signature; rows that do not are set aside with the reason."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.tables import columns as tables
from mlplatform.tables.values import is_marked, is_missing
from model_server.batch.reading import Piece, Rejected

_INTEGERS = {"integer": 32, "long": 64}
_WANTED = {
    "double": "a number",
    "float": "a number",
    "integer": "a whole number of 32 bits",
    "long": "a whole number",
    "boolean": "true or false",
    "datetime": "a time",
    "binary": "Base64",
    "string": "text",
}


@dataclass(frozen=True)
class Column:
    """A column that the model asks for, in MLflow's words."""

    name: str
    type: str
    required: bool


def columns_of(signature: Any) -> list[Column] | None:
    """Columns of a signature; nothing where it has none with names, and the model takes rows as they come."""
    schema = getattr(signature, "inputs", None)
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return None
    return [
        Column(spec.name, getattr(spec.type, "name", str(spec.type)), getattr(spec, "required", True))
        for spec in schema.inputs
    ]


def alone(piece: Piece, columns: list[Column] | None, fills: bool = False) -> Iterator[pd.DataFrame]:
    """The rows in groups, each without the columns that its rows leave out: a row is the table that it would be alone in its file.

    :param fills: the model is given nulls for an optional column that is left out, so that it need not be told of it.
    """
    if not piece.left_out:
        yield piece.rows
        return
    names = list(piece.rows.columns)
    matters = set(names) if columns is None else _telling(names, columns, fills)
    kinds: dict[frozenset[str], list[int]] = {}
    for place, row in enumerate(piece.rows.index):
        kinds.setdefault(piece.left_out.get(row, frozenset()) & matters, []).append(place)
    for lacking, places in kinds.items():
        yield piece.rows.iloc[places].drop(columns=list(lacking))


def _telling(names: list[str], columns: list[Column], fills: bool) -> set[str]:
    """Those of which it matters whether a row has them; also a column that looks like one that is asked for."""
    asked = [column.name for column in columns]
    alike = {name for name in names if name not in asked and tables.look_alike(name, asked) is not None}
    return alike | {
        column.name
        for column in columns
        if not fills or column.required or tables.look_alike(column.name, alike) is not None
    }


def fit(rows: pd.DataFrame, columns: list[Column] | None) -> tuple[pd.DataFrame, list[Rejected]]:
    """The rows that the model can be asked about, and the others. What becomes of a row depends on no other row."""
    if columns is None:
        return _guessed(rows), []
    asked = {column.name for column in columns}
    faults = np.full(len(rows), None, dtype=object)
    fitted: dict[str, pd.Series] = {}
    for column in columns:
        if column.name not in rows.columns:
            # An optional column by another name would be missing everywhere, and nobody would know.
            others = [name for name in rows.columns if name not in asked]
            if column.required or tables.look_alike(column.name, others) is not None:
                faults[_free(faults)] = tables.missing_column(column.name, others)
            continue
        given = rows[column.name]
        found = _converted(given, column)
        if column.required and column.type not in ("double", "float"):
            faults[found.missing & _free(faults)] = f"column {column.name} is empty"
        for place in np.flatnonzero(found.bad & _free(faults)):
            wanted = _WANTED.get(column.type, column.type)
            faults[place] = f"column {column.name} is {str(given.iloc[place])[:100]!r}, not {wanted}"
        fitted[column.name] = found.values
    good = _free(faults)
    frame = pd.DataFrame({name: values[good] for name, values in fitted.items()}, index=rows.index[good])
    for column in columns:
        if column.name in frame and column.type in _INTEGERS and not frame[column.name].isna().any():
            frame[column.name] = frame[column.name].astype(f"int{_INTEGERS[column.type]}")
        elif column.name in frame and column.type == "boolean" and not frame[column.name].isna().any():
            frame[column.name] = frame[column.name].astype(bool)
    bad = np.flatnonzero(~good)
    return frame, [Rejected(int(rows.index[place]), str(faults[place])) for place in bad]


def alike(rows: pd.DataFrame, columns: list[Column] | None) -> Iterator[pd.DataFrame]:
    """The rows in groups that lack the same values, so that a gap of one row changes the types of no other.

    A whole number that is missing is pandas' missing value in a column of whole numbers, as where a request says null.
    """
    gaps = {
        column.name: rows[column.name].isna().to_numpy()
        for column in columns or ()
        if column.name in rows and column.type in (*_INTEGERS, "boolean") and rows[column.name].isna().any()
    }
    if not gaps:
        yield rows
        return
    whole = {column.name: _INTEGERS[column.type] for column in columns or () if column.type in _INTEGERS}
    patterns = pd.DataFrame(gaps, index=rows.index)
    for pattern, group in rows.groupby([patterns[name] for name in gaps], sort=False):
        kinds: dict[str, str] = {}
        for name, gap in zip(gaps, pattern, strict=True):
            if name in whole:
                kinds[name] = f"{'Int' if gap else 'int'}{whole[name]}"
            else:
                kinds[name] = "object" if gap else "bool"
        yield group.astype(kinds)


def _free(faults: np.ndarray) -> np.ndarray:
    return np.fromiter((fault is None for fault in faults), bool, len(faults))


def _converted(given: pd.Series, column: Column) -> tables.Column:
    match column.type:
        case "double":
            return tables.numbers(given)
        case "float":
            # To 32 bits at once, as the server does, so that both predict the same.
            found = tables.numbers(given)
            with np.errstate(over="ignore"):
                return tables.Column(found.values.astype(np.float32), found.missing, found.bad)
        case "integer" | "long":
            return tables.integers(given, _INTEGERS[column.type])
        case "boolean":
            return tables.truths(given)
        case "datetime":
            return tables.times(given)
        case "string":
            found = tables.texts(given)
            if not column.required:
                return found
            # A text that has to be there may be empty, but not nothing.
            empty = np.fromiter((isinstance(value, str) and value == "" for value in given), bool, len(given))
            return tables.Column(found.values.mask(empty, ""), found.missing & ~empty, found.bad)
        case kind:
            return _by_value(given, _bytes if kind == "binary" else _nested)


def _by_value(given: pd.Series, parse: Any) -> tables.Column:
    values = np.full(len(given), None, dtype=object)
    missing, bad = np.zeros(len(given), dtype=bool), np.zeros(len(given), dtype=bool)
    for place, value in enumerate(given):
        if is_missing(value):
            missing[place] = True
            continue
        try:
            values[place] = parse(value)
        except ValueError:
            bad[place] = True
    return tables.Column(pd.Series(values, given.index, name=given.name), missing, bad)


def _bytes(value: Any) -> bytes:
    """Text is Base64, as in requests to MLflow."""
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError from error
    return bytes(value)


def _nested(value: Any) -> Any:
    """A list or an object, which CSV can only have as JSON; whether it is the right one MLflow says."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        return json.loads(value)
    return value


def _guessed(rows: pd.DataFrame) -> pd.DataFrame:
    """Without a signature nothing says what text in CSV means: columns that hold numbers throughout are numbers."""
    guessed = rows.copy()
    for name in guessed.columns:
        if isinstance(guessed[name].dtype, pd.StringDtype) or guessed[name].dtype == object:
            if all(map(is_marked, guessed[name])):
                continue
            found = tables.integers(guessed[name])
            if found.bad.any() or found.missing.any():
                found = tables.numbers(guessed[name])
            if not found.bad.any():
                guessed[name] = found.values
    return guessed
