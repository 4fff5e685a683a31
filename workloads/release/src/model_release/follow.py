"""The controller's loop: level-triggered, one check at a time of each model on each target."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from model_release.approval import Approvals
from model_release.cluster import Cluster, ClusterAway, Conflict
from model_release.config import Config, Model, parse
from model_release.endpoint_calls import SageMakerAway
from model_release.integrity import Integrity
from model_release.log import fields
from model_release.metrics import Key, Metrics
from model_release.pack import Stopped
from model_release.record import CONTROLLER, LABELS
from model_release.records import RecordsAway
from model_release.registry import Registry, RegistryAway
from model_release.unit import Status, Unit
from model_release.version import Version, alias_of, exact, in_mlflow
from model_release.wanted_files import WantedFiles

log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 120.0
# One model asks for all: a registry that comes back after an upgrade finds everybody waiting for it.
LONGEST_REGISTRY_WAIT_SECONDS = 15.0
# Between looks at a release that waits for nothing but pods and Jobs.
HURRY_SECONDS = 2.0
HURRIED = ("building", "starting", "loading", "promoting")
# A package of many gigabytes takes long; the others' checks go on in the meantime.
CHECKS_AT_ONCE = 8
REASONS: dict[type[Exception], str] = {
    ClusterAway: "cluster",
    Conflict: "conflict",
    RecordsAway: "records",
    RegistryAway: "registry",
    SageMakerAway: "sagemaker",
}


class Backoff:
    """Longer and longer waits while something does not answer, up to a longest one."""

    def __init__(self, interval: float, clock: Callable[[], float], longest: float = LONGEST_WAIT_SECONDS) -> None:
        self._interval, self._clock, self._longest = interval, clock, longest
        self._failures, self._not_before = 0, 0.0

    @property
    def due(self) -> bool:
        return self._clock() >= self._not_before

    def failed(self) -> None:
        self._failures = min(self._failures + 1, 10)
        self._not_before = self._clock() + min(self._longest, self._interval * 2 ** (self._failures - 1))

    def worked(self) -> None:
        self._failures, self._not_before = 0, 0.0


class Follower:
    def __init__(
        self,
        file: Path,
        units: Callable[[Config], list[Unit]],
        registry: Registry,
        cluster: Cluster,
        metrics: Metrics,
        interval_seconds: float,
        integrity: Integrity | None = None,
        approvals: Callable[[Config], Approvals] | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        :param clock: for what is written down.
        :param steady: for waits: the time of day may be set back.
        """
        self._file, self._make, self._registry, self._cluster = file, units, registry, cluster
        self._metrics, self._interval, self._clock, self._steady = metrics, interval_seconds, clock, steady
        self._make_approvals = approvals
        self._approvals: Approvals | None = None
        self._files = WantedFiles(integrity, metrics, steady)
        self._text = ""
        self._units: dict[Key, Unit] = {}
        self._waits: dict[Key, Backoff] = {}
        self._running: dict[Key, Future[None]] = {}
        self._looked: dict[Key, float] = {}
        # While the registry is away, every model would wait for it in each pass.
        self._registry_wait = Backoff(interval_seconds, steady, LONGEST_REGISTRY_WAIT_SECONDS)
        self._namespace = cluster.namespace
        self._turned = steady()
        self._pool = ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="check")

    @property
    def alive(self) -> bool:
        return self._steady() - self._turned < 10 * self._interval + 60

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.begin_pass()
            stop.wait(min(self._interval, HURRY_SECONDS))
        self._pool.shutdown(wait=True, cancel_futures=True)

    def begin_pass(self) -> list[Future[None]]:
        self._turned = self._steady()
        self._reload()
        for key, unit in self._units.items():
            if (key not in self._running or self._running[key].done()) and self._due(key):
                self._looked[key] = self._steady()
                self._running[key] = self._pool.submit(self._check, key, unit)
        return list(self._running.values())

    def _due(self, key: Key) -> bool:
        """Whether it is time for the next look: soon where a release moves, else after the interval."""
        status = self._metrics.statuses.get(key)
        hurried = status is not None and status.phase in HURRIED
        interval = min(self._interval, HURRY_SECONDS) if hurried else self._interval
        return self._waits[key].due and self._steady() - self._looked.get(key, -interval) >= interval

    def _reload(self) -> None:
        try:
            text = self._file.read_text()
            if text == self._text:
                return
            config = parse(text)
            if config.namespace != self._namespace:
                raise ValueError(f"the namespace is {config.namespace}, this controller is for {self._namespace}")
        except (OSError, ValueError) as error:
            self._metrics.config_valid.set(0)
            log.error("the configuration cannot be read", extra=fields(file=str(self._file), reason=str(error)))
            return
        self._text = text
        self._metrics.config_valid.set(1)
        self._approvals = self._make_approvals(config) if self._make_approvals else None
        self._units = {(unit.model.name, unit.target): unit for unit in self._make(config)}
        self._waits = {key: Backoff(self._interval, self._steady) for key in self._units}
        self._looked = {}
        self._running = {
            key: future for key, future in self._running.items() if key in self._units or not future.done()
        }
        self._metrics.known(set(self._units))
        self._files.forget_others({model.name for model in config.models})
        log.info("configuration", extra=fields(models=[model.name for model in config.models]))
        self._forget({model.name for model in config.models})

    def _check(self, key: Key, unit: Unit) -> None:
        try:
            unit.counted = lambda what: self._metrics.releases.labels(*key, what).inc()
            wanted, known = self._wanted(key, unit.model)
            if wanted is not None and not self._unchanged(key, unit.model, wanted):
                # Nothing begins with it. What is live goes on, and a canary is still taken back where it answers badly.
                wanted, known = None, False
            status = unit.check(wanted, known, self._clock())
            self._tell(key, status)
            if known:
                self._tag(key, status)
                self._metrics.last_check.labels(*key).set(self._clock())
            self._waits[key].worked()
        except Stopped:
            log.info("stopped; it continues after the restart", extra=fields(model=key[0], target=key[1]))
        except Exception as error:
            self._failed(key, error)
            if key in self._waits:
                self._waits[key].failed()

    def _wanted(self, key: Key, model: Model) -> tuple[Version | None, bool]:
        if not in_mlflow(model.source):
            return exact(model.source), True
        if not self._registry_wait.due:
            return None, False
        try:
            if self._approvals is not None:
                self._metrics.rejected_stays.labels(model.name).set(self._approvals.settle(model))
            wanted = self._registry.wanted(model.source)
        except RegistryAway as error:
            self._registry_wait.failed()
            self._failed(key, error)
            return None, False
        except RecordsAway as error:
            self._failed(key, error)
            return None, False
        self._registry_wait.worked()
        if alias_of(model.source):
            self._metrics.alias_missing.labels(model.name).set(wanted is None)
        return wanted, True

    def _unchanged(self, key: Key, model: Model, wanted: Version) -> bool:
        try:
            return self._files.unchanged(model.name, wanted)
        except RegistryAway as error:
            self._failed(key, error)
            return False

    def _tell(self, key: Key, status: Status) -> None:
        before = self._metrics.statuses.get(key)
        if status.waiting and (before is None or before.waiting != status.waiting):
            log.info("waiting", extra=fields(model=key[0], target=key[1], reason=status.waiting))
        if key in self._units:
            self._metrics.statuses[key] = status

    def _tag(self, key: Key, status: Status) -> None:
        """Tags follow the record as soon as the registry takes them; a release never waits for them."""
        ledger = status.ledger
        if ledger is None or not ledger.record.tags or not self._registry_wait.due:
            return
        try:
            for uri, tags in list(ledger.record.tags.items()):
                self._registry.tag(uri, tags)
                del ledger.record.tags[uri]
        except RegistryAway as error:
            self._registry_wait.failed()
            self._failed(key, error)
        ledger.save()

    def _failed(self, key: Key, error: Exception) -> None:
        reason = REASONS.get(type(error), "other")
        self._metrics.check_failures.labels(*key, reason).inc()
        told = fields(model=key[0], target=key[1], reason=reason, error=str(error))
        # A conflict is another writer's news; the next pass reads it. What is not expected comes with its trace.
        log.warning("a check could not be made", extra=told, exc_info=error if reason == "other" else None)

    def _forget(self, configured: set[str]) -> None:
        """Deletes the records of SageMaker-only models that have gone; the others' go with their Deployment."""
        try:
            for found in self._cluster.config_maps(LABELS):
                model = found.name.removesuffix("-release")
                if model not in configured and [owner["name"] for owner in found.owners] == [CONTROLLER]:
                    self._cluster.delete_config_map(found.name)
        except (ClusterAway, Conflict) as error:
            log.warning("old records could not be looked for", extra=fields(error=str(error)))
