"""Reports that looks at live answers have left: <model>/answers/<run>/monitor.json, each of one window of time."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift.quality.decay import Window, number
from drift.store import Entry, Store

logger = logging.getLogger(__name__)

NAME = "monitor.json"
#: Labelled rows that a look needs to judge by.
LEAST_LABELLED = 100


@dataclass(frozen=True)
class Look:
    #: When the report was written.
    at: datetime
    body: dict[str, Any]
    window: Window

    @classmethod
    def of(cls, at: datetime, body: Any) -> Look:
        """@raises ValueError, KeyError or TypeError for what is no report of a look"""
        window = Window(datetime.fromisoformat(body["begin"]), datetime.fromisoformat(body["end"]))
        if None in (window.begin.tzinfo, window.end.tzinfo):
            raise ValueError("its window has no time zone")
        return cls(at, body, window)

    @property
    def version(self) -> str | None:
        """None where too little was asked to say anything."""
        version = self.body.get("version")
        return None if version is None else str(version)

    @property
    def quality(self) -> dict[str, Any]:
        return self.body.get("modelQuality") or {}

    @property
    def labelled(self) -> float | None:
        """Labelled rows; None where it did not come to count them."""
        return number(self.quality, "rows")

    @property
    def unlabelled(self) -> bool:
        """Whether it had answers enough, and too few labels to judge by."""
        return self.labelled is not None and self.labelled < LEAST_LABELLED


def after(store: Store, model: str, moment: datetime | None, most: int | None = None) -> Iterator[Look]:
    """Those that were written later, the oldest first.

    @param most of them, the newest
    """
    found: list[Entry] = sorted(
        (
            entry
            for entry in store.list(f"{model}/answers/")
            if entry.key.endswith(f"/{NAME}") and (moment is None or entry.changed > moment)
        ),
        key=lambda entry: entry.changed,
    )
    for entry in found if most is None else found[-most:]:
        with store.open(entry.key) as body:
            text = body.read()
        try:
            yield Look.of(entry.changed, json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            logger.warning("report of a look cannot be read", extra={"key": entry.key, "reason": repr(error)})
