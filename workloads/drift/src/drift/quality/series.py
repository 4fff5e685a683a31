"""What is known of a model's quality now, and how it is kept between two starts of the monitor."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from drift.configuration import Quality
from drift.quality.decay import Bound, Decay, Judged, judge
from drift.quality.looks import Look
from drift.store import Store


@dataclass(frozen=True)
class Series:
    #: Since when looks are waited for.
    since: datetime
    last: Look | None = None
    decay: Decay = Decay()
    #: Until when the monitor is known to have read it.
    seen: datetime | None = None

    @property
    def heard(self) -> datetime:
        """When the last look ended; before the first one when the waiting began."""
        return self.since if self.last is None else self.last.at

    def after(self, look: Look, quality: Quality) -> Series:
        judged = judge(quality.decay, look.quality)
        beyond = None if judged is None else judged.beyond
        return replace(self, last=look, decay=self.decay.after(look.version, beyond, look.window, quality.patience))

    def outlived(self, quality: Quality, now: datetime) -> bool:
        """Whether it is of an earlier time: no look came in time, and nobody was there to miss one."""
        read = max(self.seen or self.heard, self.heard)
        return now - read > quality.patience

    def judged(self, bound: Bound) -> Judged | None:
        return None if self.last is None else judge(bound, self.last.quality)

    def violations(self, bound: Bound) -> dict[str, int]:
        """How many the last look found, by what tells of them: a bound that is passed, labels that are missing, nothing else."""
        found = 0 if self.last is None else len(self.last.body.get("violations") or [])
        judged = self.judged(bound)
        quality = min(found, int(judged is not None and judged.beyond))
        labels = min(found - quality, int(self.last is not None and self.last.unlabelled))
        return {"quality": quality, "labels": labels, "other": found - quality - labels}

    def stored(self) -> bytes:
        last = None if self.last is None else {"at": self.last.at.isoformat(), "body": self.last.body}
        seen = None if self.seen is None else self.seen.isoformat()
        kept = {"since": self.since.isoformat(), "seen": seen, "last": last, "decay": asdict(self.decay)}
        return json.dumps(kept).encode()


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
    latest = None if last is None else Look.of(datetime.fromisoformat(last["at"]), last["body"])
    seen = given.get("seen")
    read = None if seen is None else datetime.fromisoformat(seen)
    return Series(datetime.fromisoformat(given["since"]), latest, Decay(**given["decay"]), read)
