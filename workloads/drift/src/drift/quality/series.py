"""What is known of a model's quality now, and how it is kept between two starts of the monitor."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from drift.quality.decay import Bound, Decay, Judged, judge
from drift.quality.looks import Look
from drift.store import Store


@dataclass(frozen=True)
class Series:
    #: Since when looks are waited for.
    since: datetime
    last: Look | None = None
    decay: Decay = Decay()

    @property
    def heard(self) -> datetime:
        """When the last look ended; before the first one when the waiting began."""
        return self.since if self.last is None else self.last.at

    def after(self, look: Look, bound: Bound) -> Series:
        judged = judge(bound, look.quality)
        return replace(self, last=look, decay=self.decay.after(look.version, None if judged is None else judged.beyond))

    def judged(self, bound: Bound) -> Judged | None:
        return None if self.last is None else judge(bound, self.last.quality)

    def stored(self) -> bytes:
        last = None if self.last is None else {"at": self.last.at.isoformat(), "body": self.last.body}
        return json.dumps({"since": self.since.isoformat(), "last": last, "decay": asdict(self.decay)}).encode()


def key(model: str) -> str:
    """Of the model's series among the reports of drift."""
    return f"{model}/quality.json"


def stored(reports: Store, model: str) -> Series | None:
    """@raises ValueError, KeyError or TypeError for what nobody here has written"""
    text = reports.read(key(model))
    if text is None:
        return None
    given: dict[str, Any] = json.loads(text)
    last = given["last"]
    look = None if last is None else Look(datetime.fromisoformat(last["at"]), last["body"])
    return Series(datetime.fromisoformat(given["since"]), look, Decay(**given["decay"]))
