"""Whether a model has decayed: a metric was beyond its bound in so many windows in a row. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mlplatform.problems import higher_is_better


@dataclass(frozen=True)
class Bound:
    """What a metric may be at worst."""

    #: None: the one that the look judged by.
    metric: str | None = None
    #: In the metric's own unit. None: so much worse than in the evaluation of the version.
    threshold: float | None = None
    max_drop_percent: float = 10.0


@dataclass(frozen=True)
class Judged:
    metric: str
    value: float
    limit: float

    @property
    def beyond(self) -> bool:
        return self.value < self.limit if higher_is_better(self.metric) else self.value > self.limit


def judge(bound: Bound, quality: Mapping[str, Any]) -> Judged | None:
    """@param quality `modelQuality` of a look's report; None of what too few labels, or no evaluation, let nobody judge"""
    metric = bound.metric or quality.get("metric")
    value = number(quality.get("metrics"), metric)
    limit = bound.threshold
    if limit is None and (before := number(evaluated(quality), metric)) is not None:
        sign = -1 if higher_is_better(str(metric)) else 1
        limit = before + sign * bound.max_drop_percent / 100 * abs(before)
    return None if metric is None or value is None or limit is None else Judged(metric, value, limit)


def evaluated(quality: Mapping[str, Any]) -> dict[str, Any]:
    """What the evaluation of the version reached, by metric; of an older image only what was judged."""
    judged = {quality["metric"]: quality.get("baseline")} if "metric" in quality else {}
    return quality.get("evaluated") or judged


def number(metrics: Any, name: Any) -> float | None:
    value = metrics.get(name) if isinstance(metrics, Mapping) else None
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None


@dataclass(frozen=True)
class Window:
    """Time of the answers that a look judges."""

    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Decay:
    """Windows in a row in which a version was beyond its bound, and whether a training was asked for."""

    version: str | None = None
    bad: int = 0
    #: When a training was asked for, as ISO 8601.
    asked: str | None = None
    #: End of the last window that was counted, as ISO 8601.
    until: str | None = None

    def after(self, version: str | None, beyond: bool | None, window: Window, patience: timedelta) -> Decay:
        """Another version begins anew, and so does a window that comes after a gap; a good one ends it.

        What could not be judged, and a window of which a part was counted, change nothing.

        @param patience longest time between two windows that are in a row
        """
        if version is None:
            return self
        before = self if version == self.version else Decay(version)
        since = None if before.until is None else window.begin - datetime.fromisoformat(before.until)
        if since is not None and since > patience:
            before = Decay(version)
        if beyond is None or (since is not None and since < timedelta(0)):
            return before
        bad = replace(before, bad=before.bad + 1) if beyond else Decay(version)
        return replace(bad, until=window.end.isoformat())

    def due(self, windows: int) -> bool:
        """Whether it is time to ask for a training: once in a row, however long that is."""
        return self.bad >= windows and self.asked is None
