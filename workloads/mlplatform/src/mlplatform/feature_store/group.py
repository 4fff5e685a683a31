"""What a group of features is, and which records it takes: the same whatever keeps them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

#: Types of a stack's `training.features`, which are those of SageMaker.
TYPES = ("Integral", "Fractional", "String")
LEAST, MOST = -(2**63), 2**63 - 1
_name = re.compile(r"[a-z](_*[a-z0-9]){0,63}")


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
    event_time: str = field(default="event_time")

    def __post_init__(self) -> None:
        for name in (self.table, self.entity, self.event_time, *self.columns):
            if _name.fullmatch(name) is None:
                raise ValueError(f"{name!r} is no name of a column or table: small letters, digits and _, at most 64")
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
        entity = given.get(self.entity)
        if entity is None or isinstance(entity, float) or str(entity) == "":
            raise ValueError(f"{self.entity}: {entity!r} says of whom, so it is text, or a whole number")
        return str(entity)

    def when(self, given: Mapping[str, Any]) -> datetime:
        return instant(given.get(self.event_time), self.event_time)


def instant(given: Any, name: str) -> datetime:
    """@raises ValueError for what is no time"""
    try:
        found = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    except ValueError:
        raise ValueError(f"{name}: {given!r} is no time; write such as 2026-01-31T12:00:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _value(name: str, kind: str, given: Any) -> int | float | str | None:
    if given is None or (isinstance(given, float) and math.isnan(given)):
        return None
    if kind == "String":
        return str(given)
    try:
        number = float(given)
        if kind == "Integral":
            whole = int(given)
            if whole == number and LEAST <= whole <= MOST:
                return whole
        elif math.isfinite(number):
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{name}: {given!r} is not {kind}")
