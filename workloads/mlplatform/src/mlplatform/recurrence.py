"""Columns whose values cannot come again: what names a row, or a moment. Compared with live input they have always moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from mlplatform.moments import is_moment
from mlplatform.tables.values import text_of

#: With fewer values nothing is known of how they recur.
LEAST_ROWS = 100
#: A name that says so counts where there are more values than this: stores, which come again, have numbers too.
MOST_NAMED = 1000
#: Of whole numbers that never repeat: so many times their count they may spread over and still be counted through.
SPREAD = 20
#: Values that are looked at to tell how all are written.
LOOKED_AT = 2000

_identifier = re.compile(r"(?:^|[^a-z])(?:id|ids|uuid|guid|key|hash|number|no|nr|index|idx|row)$|[a-z](?:Id|ID|Key)$")
_moment_name = re.compile(
    r"(?:^|[^a-z])(?:date|time|timestamp|ts|epoch|at|day|month|period|week)(?:[^a-z]|$)|[a-z](?:At|Date|Time)$"
)
_named_date = re.compile(r"(?:^|[^a-z])date$|[a-z]Date$")
#: UUIDs, digests and ids of MongoDB in hexadecimal; ULIDs.
_identifier_text = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{24}|[0-9a-f]{40}|[0-9a-f]{64}|[0-7][0-9A-HJKMNP-TV-Z]{25}",
    re.IGNORECASE,
)
_epoch_text = re.compile(r"\d{10}(?:\d{3}){0,3}")
#: Seconds, milliseconds, microseconds and nanoseconds since 1970, of the years from 2001 to 2100.
_EPOCHS = [(1e9 * unit, 4.1e9 * unit) for unit in (1, 1e3, 1e6, 1e9)]
#: Days of the years from 2000 to 2100, since 1970 or as spreadsheets count them. Only with a name that says so.
_DAYS = (10957, 73416)

MOMENTS = "dates always move on"


def why_not_recurring(name: str, known: Sequence[Any], numeric: bool) -> str | None:
    """A reason to leave the column out, or None.

    @param known values that are not missing, in the order of their rows
    """
    return _of_numbers(name, known) if numeric else _of_texts(name, known)


def _of_texts(name: str, known: Sequence[Any]) -> str | None:
    if all(isinstance(value, (date, np.datetime64)) for value in known):
        return MOMENTS
    # Of UUIDs and pandas' periods, which are no text, too.
    distinct = dict.fromkeys(map(text_of, known))
    looked_at = [value.strip() for value in list(distinct)[:LOOKED_AT]]
    if all(map(is_moment, looked_at)):
        return MOMENTS
    # Every one: they are read as numbers.
    if all(_epoch_text.fullmatch(value.strip()) for value in distinct):
        found = _of_epochs(name, np.fromiter((float(text_of(value)) for value in known), np.float64, len(known)))
        if found is not None:
            return found
    if len(distinct) > 1 and all(map(_identifier_text.fullmatch, looked_at)):
        return f"its {len(distinct)} values are identifiers"
    if len(known) >= LEAST_ROWS and len(distinct) > len(known) / 2:
        return f"its {len(distinct)} values are nearly all different"
    return _by_name(name, len(distinct), len(known))


def _of_numbers(name: str, known: Sequence[Any]) -> str | None:
    values = np.asarray(known, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        if not np.isfinite(values).all() or (values != np.floor(values)).any():
            return _of_epochs(name, values)
    found = _of_epochs(name, values)
    if found is not None or values.size < 3:
        return found
    distinct = np.unique(values)
    if distinct.size >= 3 and _are_calendar(distinct):
        return MOMENTS
    if values.size >= LEAST_ROWS and distinct.size == values.size:
        counted = distinct[-1] - distinct[0] < SPREAD * values.size
        steps = np.diff(values)
        if counted or (steps > 0).all() or (steps < 0).all() or _identifier.search(_plain(name)):
            return f"its {distinct.size} values are whole numbers that never come twice"
    return _by_name(name, distinct.size, values.size)


def _by_name(name: str, distinct: int, rows: int) -> str | None:
    if distinct > max(MOST_NAMED, rows / 10) and _identifier.search(_plain(name)):
        return f"it is named as an identifier, and has {distinct} values"
    return None


def _of_epochs(name: str, values: np.ndarray) -> str | None:
    if values.size < 3 or not np.isfinite(values).all():
        return None
    distinct = np.unique(values)
    low, high = distinct[0], distinct[-1]
    if distinct.size > 1 and _DAYS[0] <= low and high < _DAYS[1] and _named_date.search(_plain(name)):
        return MOMENTS
    within = any(first <= low and high < last for first, last in _EPOCHS)
    if within and distinct.size > 1 and (distinct.size > values.size / 2 or _moment_name.search(_plain(name))):
        return MOMENTS
    return None


def _are_calendar(distinct: np.ndarray) -> bool:
    """Such as 202601 or 20260131."""
    low, high = distinct[0], distinct[-1]
    if low >= 190001 and high <= 210012:
        return bool((distinct % 100 >= 1).all() and (distinct % 100 <= 12).all())
    if low >= 19000101 and high <= 21001231:
        day, month = distinct % 100, distinct // 100 % 100
        return bool(((day >= 1) & (day <= 31) & (month >= 1) & (month <= 12)).all())
    return False


def _plain(name: str) -> str:
    """Small letters, but where the words of a name are told apart by large ones."""
    return name if re.search(r"[a-z][A-Z]", name) else name.lower()
