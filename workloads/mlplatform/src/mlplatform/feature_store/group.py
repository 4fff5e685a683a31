"""What a group of features is, and which records it takes: the same whatever keeps them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from numbers import Integral
from typing import Any

from mlplatform.tables.values import category_of, integer_of, is_missing, is_nested, number_of

#: Types of a stack's `training.features`, which are those of SageMaker.
TYPES = ("Integral", "Fractional", "String")
LEAST, MOST = -(2**63), 2**63 - 1
#: Columns that one store or the other has already, or an answer: `takenColumns` of a stack's settings, and those of PostgreSQL.
TAKEN = frozenset(
    {"api_invocation_time", "is_deleted", "write_time", "year", "month", "day", "hour", "record_number", "feature_time"}
)
MOST_LETTERS = 64
#: Column that says since when, where nothing is said.
EVENT_TIME = "event_time"
_unkept = re.compile("[\x00\ud800-\udfff]")
_name = re.compile(r"[a-z](_*[a-z0-9])*")


@dataclass(frozen=True)
class Record:
    entity: str
    at: datetime
    features: dict[str, int | float | str | None]


@dataclass(frozen=True)
class FeatureGroup:
    #: Of the group in SageMaker, such as `mlplatform-dev-churn`.
    name: str
    #: Of its history, such as `features_churn`.
    table: str
    entity: str
    #: From feature to type.
    columns: Mapping[str, str]
    event_time: str = field(default=EVENT_TIME)

    def __post_init__(self) -> None:
        columns = [self.entity, self.event_time, *self.columns]
        for name in (self.table, *columns):
            if _name.fullmatch(name) is None or (name != self.table and len(name) > MOST_LETTERS):
                raise ValueError(
                    f"{name!r} is no name of a column or table: small letters, digits and _, at most {MOST_LETTERS} of a column"
                )
        taken = sorted(TAKEN.intersection(columns) | {name for name in columns if columns.count(name) > 1})
        if taken:
            raise ValueError(
                f"{', '.join(taken)}: a column of this name is there already; rename it, such as {taken[0]}_of_event"
            )
        wrong = {name: kind for name, kind in self.columns.items() if kind not in TYPES}
        if wrong or not self.columns:
            raise ValueError(f"a group needs features of the types {', '.join(TYPES)}; given: {wrong or 'none'}")

    def record(self, given: Mapping[str, Any]) -> Record:
        """@raises ValueError which names the column, and what it takes"""
        unknown = sorted(given.keys() - {self.entity, self.event_time, *self.columns})
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such feature; there are: {', '.join(self.columns)}")
        return Record(
            self.whom(given),
            self.when(given),
            {name: _value(name, kind, given.get(name)) for name, kind in self.columns.items()},
        )

    def whom(self, given: Mapping[str, Any]) -> str:
        return self.entity_of(given.get(self.entity))

    def entity_of(self, given: Any) -> str:
        """@raises ValueError for what names nobody: a gap, a number that may have lost digits, and text that no store can hold"""
        if isinstance(given, str) and _unkept.search(given):
            raise ValueError(f"{self.entity}: text without a NUL and without halves of characters says of whom")
        if (isinstance(given, str) and given != "") or (isinstance(given, Integral) and not isinstance(given, bool)):
            return str(given)
        raise ValueError(f"{self.entity}: {given!r} says of whom, so it is text, or a whole number")

    def when(self, given: Mapping[str, Any]) -> datetime:
        return instant(given.get(self.event_time), self.event_time)


def instant(given: Any, name: str) -> datetime:
    """
    To the millisecond, which is what SageMaker keeps: a store that said less than it was told would be told again for ever.

    @raises ValueError for what is no time
    """
    try:
        if is_missing(given):  # pandas' NaT is a datetime to Python.
            raise ValueError
        found = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    except ValueError:
        raise ValueError(f"{name}: {given!r} is no time; write such as 2026-01-31T12:00:00Z") from None
    found = found.replace(microsecond=found.microsecond // 1000 * 1000)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _value(name: str, kind: str, given: Any) -> int | float | str | None:
    if not is_nested(given):
        if kind == "String":
            return category_of(given, missing=())
        try:
            number = integer_of(given) if kind == "Integral" else number_of(given)
        except ValueError:
            pass
        else:
            if number is None or (LEAST <= number <= MOST if kind == "Integral" else math.isfinite(number)):
                return number
    raise ValueError(f"{name}: {given!r} is not {kind}")
