"""Columns as the kind that they are asked for. Values are judged one by one, see `values`; here is what makes that fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mlplatform.tables.values import (
    MARKS,
    NoSuchValue,
    integer_of,
    is_marked,
    is_missing,
    is_nested,
    number_of,
    text_of,
    truth_of,
)

#: What times of MLflow hold, which count nanoseconds in 64 bits.
TIMES = pd.Timestamp.min.ceil("s"), pd.Timestamp.max.floor("s")
_plain_numbers = {int, float, type(None)}
#: Of which looking for what is written alike takes longer than reading all.
FEW_ROWS = 1000


@dataclass(frozen=True)
class Column:
    """A column of a kind: its values, which are missing, and which were none of the kind. Those that were none are missing too."""

    values: pd.Series
    missing: np.ndarray
    bad: np.ndarray


def numbers(given: pd.Series) -> Column:
    """As float64."""
    found = _quick(given, pa.float64())
    if found is not None:
        return Column(_series(found, given), np.isnan(found), _none(given))
    return _one_by_one(given, number_of, np.float64, np.nan)


def integers(given: pd.Series, bits: int = 64) -> Column:
    """As int64 or int32, to the last digit; where one is missing as objects, with NaN."""
    kind = np.dtype(f"int{bits}")
    limits = np.iinfo(kind)
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "iu" and given.dtype.itemsize * 8 < bits:
        return Column(given.astype(kind), _none(given), _none(given))
    found = _quick(given, pa.from_numpy_dtype(kind))
    if found is not None and found.dtype == kind:
        return Column(_series(found, given), _none(given), _none(given))

    def within(value: Any) -> int | None:
        whole = integer_of(value)
        if whole is not None and not limits.min <= whole <= limits.max:
            raise NoSuchValue
        return whole

    return _whole(_one_by_one(given, within, object, np.nan), kind)


def truths(given: pd.Series) -> Column:
    """As bool; where one is missing as objects, with None."""
    if given.dtype == bool:
        return Column(given, _none(given), _none(given))
    return _whole(_one_by_one(given, truth_of, object, None), np.dtype(bool))


def times(given: pd.Series) -> Column:
    """As datetime64[ns], naive: a time with an offset in UTC, one without as it is said."""
    missing = np.fromiter(map(is_marked, given), bool, len(given))
    moments = pd.Series(pd.NaT, given.index, dtype="datetime64[us, UTC]", name=given.name)
    if isinstance(given.dtype, pd.DatetimeTZDtype) or given.dtype.kind == "M":
        moments = pd.to_datetime(given, utc=True)
    else:
        said = np.fromiter((isinstance(value, (str, date)) for value in given), bool, len(given)) & ~missing
        if said.any():
            text = given[said].map(lambda value: value.strip() if isinstance(value, str) else value.isoformat())
            moments[said] = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce").astype(moments.dtype)
            for place in text.index[moments[said].isna()]:
                moments[place] = _other_time(text[place])
    naive = moments.dt.tz_localize(None)
    beyond = ((naive < TIMES[0]) | (naive > TIMES[1])).to_numpy()
    naive = naive.where(~beyond).astype("datetime64[ns]")
    return Column(naive, missing, naive.isna().to_numpy() & ~missing)


def texts(given: pd.Series) -> Column:
    """As text, objects with NaN where one is missing: what a category is. Lists and objects are none, all else has one."""
    bad = _none(given)
    if isinstance(given.dtype, pd.StringDtype) or _is_text(given):
        found = given.astype(object)
        missing = found.isna().to_numpy() | (found == "").to_numpy()
    else:
        missing = np.fromiter(map(is_missing, given), bool, len(given))
        if given.dtype == object:
            bad = np.fromiter(map(is_nested, given), bool, len(given))
        found = pd.Series(
            [np.nan if gap else text_of(value) for value, gap in zip(given, missing)], given.index, dtype=object
        )
    return Column(found.where(~missing, np.nan).rename(given.name), missing, bad)


def replaced(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """The frame with these in place of its own, whatever they are called: pandas' `assign` cannot take one that is named `self`."""
    found = frame.copy(deep=False)
    for name, values in columns.items():
        found[name] = values
    return found


def missing_column(name: str, there: Iterable[Any]) -> str:
    """Says which one may be meant, where another differs from it in spaces or capitals alone."""
    alike = look_alike(name, there)
    return f"column {name} is missing" + (f"; there is {alike!r}" if alike is not None else "")


def look_alike(name: str, there: Iterable[Any]) -> str | None:
    plain = name.strip().casefold()
    return next((str(each) for each in there if each != name and str(each).strip().casefold() == plain), None)


def _is_text(given: pd.Series) -> bool:
    """Whether all that is not missing is text."""
    return given.dtype == object and set(map(type, given[given.notna()])) <= {str}


def _quick(given: pd.Series, kind: pa.DataType) -> np.ndarray | None:
    """All values at once, where nothing about them is in doubt; gaps of numbers are NaN."""
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "iuf":
        if pa.types.is_floating(kind) or given.dtype.kind == "i" and given.dtype.itemsize <= kind.bit_width // 8:
            return given.to_numpy().astype(kind.to_pandas_dtype())
        return None
    if isinstance(given.dtype, pd.StringDtype):
        text: Any = pa.array(given)
    elif given.dtype == object:
        types = set(map(type, given))
        if types <= _plain_numbers and (pa.types.is_floating(kind) or types == {int}):
            try:
                return np.array(given.tolist(), dtype=kind.to_pandas_dtype())
            except OverflowError:
                return None
        if types != {str}:
            return None
        text = pa.array(given.tolist(), pa.string())
    elif pa.types.is_floating(kind) and given.dtype.kind in "iuf":
        return given.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        return None
    try:
        return _parsed(text, kind).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None


def _parsed(text: Any, kind: pa.DataType) -> Any:
    try:
        return pc.cast(text, kind)
    except pa.ArrowInvalid:
        if pa.types.is_integer(kind):
            raise
        plain = pc.utf8_trim_whitespace(text)
        gap = pc.is_in(pc.utf8_lower(plain), pa.array(sorted(MARKS), text.type))
        return pc.cast(pc.if_else(gap, pa.scalar(None, text.type), plain), kind)


def _one_by_one(given: pd.Series, parse: Callable[[Any], Any], kind: Any, gap: Any) -> Column:
    if len(given) > FEW_ROWS and (isinstance(given.dtype, pd.StringDtype) or _is_text(given)):
        # Each text once: a file has few of them, many times.
        codes, known = pd.factorize(given.astype(object), use_na_sentinel=False)
        if len(known) < len(given) / 2:
            each = _one_by_one(pd.Series(known, dtype=object), parse, kind, gap)
            return Column(_series(each.values.to_numpy()[codes], given), each.missing[codes], each.bad[codes])
    found = np.full(len(given), gap, dtype=kind)
    missing, bad = _none(given), _none(given)
    for place, value in enumerate(given):
        try:
            parsed = parse(value)
        except NoSuchValue:
            bad[place] = True
            continue
        if parsed is None:
            missing[place] = True
        else:
            found[place] = parsed
    return Column(_series(found, given), missing, bad)


def _whole(column: Column, kind: np.dtype) -> Column:
    """Of its own type where nothing is missing."""
    if (column.missing | column.bad).any():
        return column
    return Column(column.values.astype(kind), column.missing, column.bad)


def _other_time(text: str) -> Any:
    """Of a time that is not written as ISO 8601 has it. Alone, so that no other row decides what comes first in it."""
    if len(text) < len("1/1/70") or not any(letter.isdigit() for letter in text):
        return pd.NaT
    try:
        return pd.to_datetime(text, utc=True, errors="coerce")
    except (ValueError, TypeError, OverflowError):
        return pd.NaT


def _series(values: np.ndarray, like: pd.Series) -> pd.Series:
    return pd.Series(values, like.index, name=like.name)


def _none(given: pd.Series) -> np.ndarray:
    return np.zeros(len(given), dtype=bool)
