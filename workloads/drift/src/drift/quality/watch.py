"""Reads what looks have found since, keeps it as a series, and asks once for the training of a model that has decayed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from drift.configuration import Configuration, Quality, Watched
from drift.quality import looks, series
from drift.quality.cloud_watch import KeepsSeries
from drift.quality.metrics import LatestQuality
from drift.quality.series import Series
from drift.store import Store

logger = logging.getLogger(__name__)

#: Between two looks into the bucket.
PAUSE = timedelta(minutes=5)
#: Between two values of a series in CloudWatch, which takes those that are missing for a monitor that does not run; and between
#: two notes in the store that it does.
KEPT_EVERY = timedelta(hours=1)


class QualityWatch:
    def __init__(
        self,
        latest: LatestQuality,
        store: Callable[[str], Store],
        tell: Callable[[Configuration, Watched, Series], None],
        keeper: Callable[[Configuration], KeepsSeries | None],
    ) -> None:
        self._latest = latest
        self._store = store
        self._tell = tell
        self._keeper = keeper
        self._series: dict[str, Series] = {}
        self._next: dict[str, datetime] = {}
        self._kept: dict[str, datetime] = {}

    def keep_only(self, models: set[str]) -> None:
        self._latest.keep_only(models)
        self._series = {name: known for name, known in self._series.items() if name in models}

    def turn(self, given: Configuration, model: Watched, now: datetime) -> None:
        """@raises whatever keeps the store, EventBridge or CloudWatch from answering: the next turn goes on from here"""
        quality = model.quality
        if quality is None or now < self._next.get(model.name, now):
            return
        reports = self._store(given.reports)
        before = self._series.get(model.name)
        known = before or self._known(reports, model.name)
        found = known or Series(now)
        since, most = (None, quality.windows) if known is None else (known.heard, None)
        for look in looks.after(self._store(given.looks), model.name, since, most):
            found = found.after(look, quality)
        if before is None and found.outlived(quality, now):
            found = Series(now)
        if found is not before or found.seen is None or now >= found.seen + KEPT_EVERY:
            found = replace(found, seen=now)
            reports.write(series.key(model.name), found.stored())
        self._series[model.name] = found
        self._latest.found(model.name, found, quality)
        if quality.starts and found.decay.due(quality.windows):
            self._tell(given, model, found)
            found = self._series[model.name] = replace(found, decay=replace(found.decay, asked=now.isoformat()))
            reports.write(series.key(model.name), found.stored())
        self._keep(given, model.name, quality, now, anew=before is None or found.heard != before.heard)
        self._next[model.name] = now + PAUSE

    def _keep(self, given: Configuration, model: str, quality: Quality, now: datetime, anew: bool) -> None:
        keeper = self._keeper(given)
        due = anew or now >= self._kept.get(model, now - KEPT_EVERY) + KEPT_EVERY
        if keeper is not None and due:
            keeper.keep(model, self._series[model], quality, now)
            self._kept[model] = now

    @staticmethod
    def _known(reports: Store, model: str) -> Series | None:
        try:
            return series.stored(reports, model)
        except (ValueError, KeyError, TypeError) as error:
            logger.warning("series cannot be read; it begins anew", extra={"model": model, "reason": str(error)})
            return None
