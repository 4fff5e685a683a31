"""
Dates and times with an offset. A signature's `datetime` is a moment without one, which MLflow takes to be UTC; its own reader refuses
`2025-06-01T00:00:00Z`, which can mean nothing else.
"""

import re
from typing import Any

import numpy as np
import pandas as pd
from mlflow.types import DataType, Schema

from model_server.errors import Refused
from model_server.json_columns import Payload, put_values, values_of

# RFC 3339 and what MLflow takes of ISO 8601: a date, or a date and a time with up to nine digits of a second.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?P<offset>Z|[+-]\d\d:?\d\d)?)?", re.I)


def dates_of(schema: Schema | None) -> list[str]:
    """Names of the columns that hold moments."""
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return []
    return [each.name for each in schema.inputs if each.type == DataType.datetime]


def in_utc(payload: Payload, schema: Schema | None) -> None:
    """Writes the payload's moments without offset, in UTC. A column of which some value is of another form stays as it is."""
    for name in dates_of(schema):
        values = values_of(payload, name)
        if values and (moments := _moments(values)) is not None:
            put_values(payload, name, moments)


def frame_in_utc(table: pd.DataFrame, schema: Schema | None) -> pd.DataFrame:
    """The same for a table: text becomes moments, and moments with a zone lose it."""
    for name in dates_of(schema):
        if name in table:
            table[name] = _column_in_utc(table[name])
    return table


def _moments(values: list[Any]) -> list[Any] | None:
    found = [_MOMENT.fullmatch(each) if isinstance(each, str) else None for each in values]
    if any(match is None and value is not None for match, value in zip(found, values)):
        return None
    # Those without offset among the others are written as the others are: pandas wants one form in a column.
    return [None if match is None else _utc_text(match[0]) for match in found] if any(found) else None


def _utc_text(text: str) -> str:
    try:
        moment = pd.Timestamp(text.upper())
    except ValueError:  # There is no such day or hour: MLflow's words for it are as good.
        return text
    naive = moment if moment.tz is None else moment.tz_convert("UTC").tz_localize(None)
    if not pd.Timestamp.min <= naive <= pd.Timestamp.max:
        bounds = f"from {pd.Timestamp.min:%Y-%m-%d} to {pd.Timestamp.max:%Y-%m-%d}"
        raise Refused(400, "schema", f"{text} is not within what a datetime column can hold, {bounds}")
    return str(np.datetime_as_string(naive.to_datetime64().astype("datetime64[ns]")))


def _column_in_utc(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[ns]")
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        values = [None if pd.isna(each) else each for each in column]
        moments = _moments(values)
        return pd.to_datetime(pd.Series(moments or values, column.index)).astype("datetime64[ns]")
    return column
