"""The loop between stacks: offers what is approved here, takes what is approved there, one model after the other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge

from mlplatform.integrity import FilesChanged
from model_release.log import fields
from model_release.offering import Offering
from model_release.offers import Refused
from model_release.promoter_config import PromoterConfig, parse
from model_release.taking import RejectedHere, Revoked, Taking

log = logging.getLogger(__name__)

EVERY_SECONDS = 60.0
# A model of many gigabytes is copied in one turn.
LONGEST_TURN_SECONDS = 2 * 3600.0


class PromoterMetrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.refused = Gauge(
            "model_promotion_refused",
            "1 while a model is not taken, since what is offered is not what that stack has signed; or not offered, since its files have changed.",
            ["model"],
            registry=self.registry,
        )
        self.revoked = Gauge(
            "model_promotion_revoked",
            "1 while a version is live that the producing stack approves no more, and no other is here.",
            ["model"],
            registry=self.registry,
        )
        self.rejected = Gauge(
            "model_promotion_rejected",
            "1 while all that the producing stack approves and that is here was rejected or rolled back here.",
            ["model"],
            registry=self.registry,
        )
        self.failures = Counter(
            "model_promotion_failures",
            "Looks at a model that something did not answer.",
            ["model", "direction"],
            registry=self.registry,
        )
        self.last_look = Gauge(
            "model_promotion_last_look_timestamp_seconds",
            "When a look at a model came to its end last, whatever it found.",
            ["model", "direction"],
            registry=self.registry,
        )


class Promoter:
    def __init__(
        self,
        file: Path,
        offering: Callable[[PromoterConfig], Offering],
        taking: Callable[[PromoterConfig], Taking],
        metrics: PromoterMetrics,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file, self._offering, self._taking, self._metrics = file, offering, taking, metrics
        self._clock, self._steady = clock, steady
        self._turned = steady()
        self._told: dict[tuple[str, str], str] = {}

    @property
    def alive(self) -> bool:
        return self._steady() - self._turned < LONGEST_TURN_SECONDS

    def run(self, stop: threading.Event, every_seconds: float = EVERY_SECONDS) -> None:
        while not stop.is_set():
            self.turn(stop)
            stop.wait(every_seconds)

    def turn(self, stop: threading.Event) -> None:
        self._turned = self._steady()
        try:
            config = parse(self._file.read_text())
        except (OSError, ValueError) as error:
            log.error("the configuration cannot be read", extra=fields(file=str(self._file), reason=str(error)))
            return
        offering, taking = self._offering(config), self._taking(config)
        for offered in config.offered:
            if not stop.is_set():
                self._look(offered.name, "offered", lambda model=offered: offering.offer(model))  # type: ignore[misc]
        for taken in config.taken:
            if not stop.is_set():
                self._look(taken.name, "taken", lambda model=taken: taking.take(model))  # type: ignore[misc]

    def _look(self, model: str, direction: str, look: Callable[[], object]) -> None:
        found = ""
        try:
            look()
            self._told.pop((model, direction), None)
        except (Refused, FilesChanged, Revoked, RejectedHere) as error:
            found = {Revoked: "revoked", RejectedHere: "rejected"}.get(type(error), "refused")
            self._tell(model, direction, found, str(error))
        except Exception as error:
            self._metrics.failures.labels(model, direction).inc()
            log.warning("a look failed", extra=fields(model=model, direction=direction, reason=str(error)))
            return
        self._metrics.last_look.labels(model, direction).set(self._clock())
        gauges = {
            "refused": self._metrics.refused,
            "revoked": self._metrics.revoked,
            "rejected": self._metrics.rejected,
        }
        for name, gauge in gauges.items():
            gauge.labels(model).set(int(name == found))

    def _tell(self, model: str, direction: str, what: str, reason: str) -> None:
        """Once, not in every turn."""
        if self._told.get((model, direction)) != reason:
            log.error(what, extra=fields(model=model, direction=direction, reason=reason))
        self._told[(model, direction)] = reason
