"""Reports that looks at live answers have left: <model>/answers/<run>/monitor.json, each of one window of time."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drift.store import Entry, Store

logger = logging.getLogger(__name__)

NAME = "monitor.json"


@dataclass(frozen=True)
class Look:
    #: When the report was written.
    at: datetime
    body: dict[str, Any]

    @property
    def version(self) -> str | None:
        """None where too little was asked to say anything."""
        version = self.body.get("version")
        return None if version is None else str(version)

    @property
    def quality(self) -> dict[str, Any]:
        return self.body.get("modelQuality") or {}


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
            given = json.loads(text)
        except ValueError:
            given = None
        if isinstance(given, dict):
            yield Look(entry.changed, given)
        else:
            logger.warning("report of a look cannot be read", extra={"key": entry.key})
