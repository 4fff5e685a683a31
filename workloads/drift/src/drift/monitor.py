"""Checks every model when its time has come. What it knows is in the store: a restart goes on where it was."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from drift import configuration
from drift.check import FindsBaselines, Report, check
from drift.configuration import CloudWatch, Configuration, ConfigurationError, Events, Watched
from drift.events import EventBus, TellsDrift
from drift.metrics import Latest
from drift.quality.cloud_watch import CloudWatchSeries, KeepsSeries
from drift.quality.metrics import LatestQuality
from drift.quality.series import Series
from drift.quality.watch import QualityWatch
from drift.store import Store, open_store

logger = logging.getLogger(__name__)

#: Between two looks at the configuration and the clock.
PAUSE_SECONDS = 15.0
#: After a check that could not be made.
RETRY = timedelta(minutes=5)
#: Where few requests come, rows are gathered over several periods, but not for longer.
LONGEST_WINDOW = timedelta(days=7)
#: Rows of the last minute may still be in a server's memory.
SETTLED = timedelta(minutes=2)
#: What metrics are made of.
report_keys = {"verdict", "version", "rows", "maxPsi", "features", "predictions"}


Turn = Callable[[Configuration, Watched, datetime], None]


class Monitor:
    def __init__(
        self,
        path: Path,
        latest: Latest,
        baselines: FindsBaselines,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        open_store: Callable[[str], Store] = open_store,
        settled: timedelta = SETTLED,
        open_bus: Callable[[str, str], TellsDrift] = EventBus,
        quality: LatestQuality | None = None,
        open_keeper: Callable[[str, str], KeepsSeries] = CloudWatchSeries,
    ) -> None:
        self._path = path
        self._latest = latest
        self._baselines = baselines
        self._now = now
        self._open = open_store
        self._settled = settled
        self._open_bus = open_bus
        self._stores: dict[str, Store] = {}
        self._buses: dict[Events, TellsDrift] = {}
        self._configuration: Configuration | None = None
        self._last: dict[str, Report | None] = {}
        self._retry_at: dict[tuple[str, str], datetime] = {}
        self._open_keeper = open_keeper
        self._keepers: dict[CloudWatch, KeepsSeries] = {}
        self._quality = QualityWatch(quality or LatestQuality(), self._store, self._tell_decay, self._keeper)

    def run(self, stop: Event) -> None:
        while not stop.is_set():
            self.step(stop)
            stop.wait(PAUSE_SECONDS)

    def step(self, stop: Event | None = None) -> None:
        """Everything that is due now; ends early, between two models, when it is told to stop."""
        try:
            self._configuration = configuration.load(self._path)
        except ConfigurationError as error:
            logger.error("configuration cannot be used; the one before stays", extra={"reason": str(error)})
        if self._configuration is None:
            return
        models = self._configuration.models
        self._latest.keep_only({model.name for model in models})
        self._quality.keep_only({model.name for model in models if model.quality is not None})
        for model in models:
            if stop is not None and stop.is_set():
                return
            self._try("check", self._turn, self._configuration, model)
            self._try("quality", self._quality.turn, self._configuration, model)

    def _try(self, what: str, turn: Turn, given: Configuration, model: Watched) -> None:
        """One model's trouble is not the others', and that of one question not another's."""
        now, key = self._now(), (what, model.name)
        if now < self._retry_at.get(key, now):
            return
        try:
            turn(given, model, now)
            self._retry_at.pop(key, None)
        except Exception as error:
            self._latest.failed(model.name)
            self._retry_at[key] = now + RETRY
            logger.exception("check failed", extra={"model": model.name, "of": what, "reason": str(error)})

    def _turn(self, given: Configuration, model: Watched, now: datetime) -> None:
        reports = self._store(given.reports)
        if model.name not in self._last:
            self._last[model.name] = last = _stored(reports, model.name)
            if last is not None:
                self._latest.found(model.name, last)
        last = self._last[model.name]
        if last is None or now >= last.until + self._settled + model.every:
            self._check(given, model, last, now - self._settled)
        self._tell(given, model)

    def _check(self, given: Configuration, model: Watched, last: Report | None, until: datetime) -> None:
        since = _since(last, model, until)
        report = check(model, self._store(given.samples), self._baselines, since, until).after(last)
        body = json.dumps(report.body).encode()
        reports = self._store(given.reports)
        reports.write(f"{model.name}/{until:date=%Y-%m-%d/time=%H%M%S}/report.json", body)
        reports.write(f"{model.name}/latest.json", body)
        self._last[model.name] = report
        self._latest.found(model.name, report)
        logger.info(
            "checked",
            extra={"model": model.name, "version": report.body["version"], "verdict": report.verdict,
                   "rows": report.body["rows"], "reason": report.body["reason"]},
        )  # fmt: skip

    def _tell(self, given: Configuration, model: Watched) -> None:
        """Once for the drift of a version. What cannot be told is told later: the report is kept whatever becomes of it."""
        report = self._last[model.name]
        if given.events is None or report is None or not report.to_tell:
            return
        self._bus(given.events).tell(report)
        told = Report({**report.body, "told": report.body["version"]})
        self._last[model.name] = told
        self._store(given.reports).write(f"{model.name}/latest.json", json.dumps(told.body).encode())
        logger.info("drift was told", extra={"model": model.name, "version": told.told})

    def _tell_decay(self, given: Configuration, model: Watched, series: Series) -> None:
        """Where no event starts a training, whoever does reads the series."""
        if given.events is None or model.quality is None:
            return
        self._bus(given.events).tell_decay(model.name, series, model.quality.decay)
        logger.info("decay was told", extra={"model": model.name, "version": series.decay.version})

    def _bus(self, events: Events) -> TellsDrift:
        if events not in self._buses:
            self._buses[events] = self._open_bus(events.bus, events.stack)
        return self._buses[events]

    def _keeper(self, given: Configuration) -> KeepsSeries | None:
        cloud = given.cloud_watch
        if cloud is None:
            return None
        if cloud not in self._keepers:
            self._keepers[cloud] = self._open_keeper(cloud.namespace, cloud.stack)
        return self._keepers[cloud]

    def _store(self, uri: str) -> Store:
        if uri not in self._stores:
            self._stores[uri] = self._open(uri)
        return self._stores[uri]


def _since(last: Report | None, model: Watched, until: datetime) -> datetime:
    if last is None:
        return until - model.every
    begin = last.since if last.verdict == "notEnoughData" else last.until
    return max(begin, until - max(LONGEST_WINDOW, model.every))


def _stored(reports: Store, model: str) -> Report | None:
    """What an earlier run found; None where there was none, or nothing that can be read."""
    text = reports.read(f"{model}/latest.json")
    if text is None:
        return None
    try:
        report = Report(json.loads(text))
        if None in (report.since.tzinfo, report.until.tzinfo) or not report_keys <= set(report.body):
            raise ValueError("it is incomplete")
        return report
    except (ValueError, KeyError, TypeError) as error:
        logger.warning(
            "the latest report cannot be read; it is made anew", extra={"model": model, "reason": str(error)}
        )
        return None
