"""Makes rows fit a model's signature; rows that do not are set aside with the reason."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from model_server.batch.reading import Rejected

_INTEGERS = {"integer": np.int32, "long": np.int64}
_TRUE = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


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


def fit(rows: pd.DataFrame, columns: list[Column] | None) -> tuple[pd.DataFrame, list[Rejected]]:
    """The rows that the model can be asked about, and the others."""
    if columns is None:
        return _guessed(rows), []
    faults = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    fitted: dict[str, pd.Series] = {}
    for column in columns:
        if column.name not in rows.columns:
            if column.required:
                faults[faults.isna()] = f"column {column.name} is missing"
            continue
        given = rows[column.name]
        values, bad, wanted = _converted(given, column.type)
        missing = given.isna() | ((given == "") & (column.type != "string"))
        if column.required and column.type not in ("double", "float"):
            faults[missing & faults.isna()] = f"column {column.name} is empty"
        for place in given.index[bad & ~missing & faults.isna()]:
            faults[place] = f"column {column.name} is {str(given[place])[:100]!r}, not {wanted}"
        fitted[column.name] = values
    good = faults.isna()
    frame = pd.DataFrame({name: values[good] for name, values in fitted.items()}, index=rows.index[good])
    for column in columns:
        if column.name in frame.columns and column.type in _INTEGERS and not frame[column.name].isna().any():
            frame[column.name] = frame[column.name].astype(_INTEGERS[column.type])
        elif column.name in frame.columns and column.type == "boolean" and not frame[column.name].isna().any():
            frame[column.name] = frame[column.name].astype(bool)
    return frame, [Rejected(int(place), reason) for place, reason in faults[~good].items()]


def _converted(given: pd.Series, kind: str) -> tuple[pd.Series, pd.Series, str]:
    """Values of a type, which of them were none, and what the type is called."""
    if kind in ("double", "float"):
        values = pd.to_numeric(given, errors="coerce").astype(np.float64)
        # To 32 bits at once, as the server does, so that both predict the same.
        return (values.astype(np.float32) if kind == "float" else values), values.isna() & ~_is_nan(given), "a number"
    if kind in _INTEGERS:
        values = pd.to_numeric(given, errors="coerce")
        limits = np.iinfo(_INTEGERS[kind])
        whole = (values % 1 == 0) & (values >= limits.min) & (values <= limits.max)
        return values, ~whole.fillna(False).astype(bool), "a whole number"
    if kind == "boolean":
        values = given.map(lambda value: _TRUE.get(str(value).strip().lower()))
        return values, values.isna(), "true or false"
    if kind == "string":
        return given.where(given.isna(), given.astype(str)), pd.Series(False, index=given.index), "text"
    if kind == "datetime":
        values = pd.to_datetime(given, errors="coerce")
        return values, values.isna(), "a time"
    return given, pd.Series(False, index=given.index), kind


def _is_nan(given: pd.Series) -> pd.Series:
    return given.map(lambda value: str(value).strip().lower() in ("nan", "+nan", "-nan"))


def _guessed(rows: pd.DataFrame) -> pd.DataFrame:
    """Without a signature nothing says what text in CSV means: columns that hold numbers throughout are numbers."""
    guessed = rows.copy()
    for name in guessed.columns:
        if guessed[name].dtype == object:
            try:
                guessed[name] = pd.to_numeric(guessed[name])
            except (ValueError, TypeError):
                continue
    return guessed
