"""Which version is served: starts the one that is wanted beside the one that is served, and lets it take over once it can answer."""

import logging
import time
from pathlib import Path
from typing import Any

from model_server.environments.published import PENDING
from model_server.frontend import Health
from model_server.metrics import Metrics
from model_server.model_folder import NoModelThere, is_local, model_folder
from model_server.release import NO_RELEASE, ReleaseFileError, Version, read_release
from model_server.scoreboard import Scoreboard
from model_server.settings import Settings
from model_server.supervisor.version import VersionProcess, WorkerHandle
from model_server.supervisor.watch import Watch

_log = logging.getLogger("model_server.supervisor")

_FAILURE = "model_server_model_load_failure_info"
_MISMATCHES = "model_server_requirement_mismatches"
_REASON_CHARACTERS = 300
_POLL_SECONDS = 0.5
_BACKOFF_SECONDS = (2.0, 60.0)
# To fetch, to get packages, to load and to try; what takes longer hangs.
_START_SECONDS = 3600.0
# A worker that ends sooner than this is not replaced at once, so that a model that ends each of them does not take all of the processor.
_SOUND_SECONDS = 10.0


class Rollout:
    """`start` makes the process of a version."""

    def __init__(self, settings: Settings, metrics: Metrics, board: Scoreboard, watch: Watch, start: Any) -> None:
        self.release = NO_RELEASE
        self.current: VersionProcess | None = None
        self.coming: VersionProcess | None = None
        self.leaving: list[VersionProcess] = []
        self.draining = False
        self._settings = settings
        self._metrics = metrics
        self._board = board
        self._watch = watch
        self._start = start
        self._nothing = ""
        self._refused: tuple[Version, str] | None = None
        self._pause = _BACKOFF_SECONDS[0]
        self._retry_at = 0.0
        self._fork_at = 0.0
        self._fork_pause = 0.0
        self._polled_at = -_POLL_SECONDS
        self._wanted: Version | None = None
        self._file_error = ""

    @property
    def versions(self) -> list[VersionProcess]:
        return [each for each in (self.current, self.coming, *self.leaving) if each is not None]

    @property
    def workers(self) -> list[WorkerHandle]:
        return [worker for version in self.versions for worker in version.workers.values()]

    @property
    def able(self) -> bool:
        """Whether any worker takes requests."""
        return any(self._watch.able(worker) for worker in self.workers)

    # what the supervisor does regularly

    def tick(self) -> None:
        if self.draining:
            return
        now = time.monotonic()
        if now - self._polled_at >= _POLL_SECONDS:
            self._polled_at = now
            self._poll()
        self._see_to_current(now)
        self._see_to_coming(now)
        self._see_to_leaving()

    def _poll(self) -> None:
        wanted = self._read_wanted()
        if wanted != self._wanted:
            self._wanted, self._retry_at, self._pause = wanted, 0.0, _BACKOFF_SECONDS[0]
        self._nothing = ""
        if wanted is None:
            self._nothing = "no version yet"
        elif is_local(wanted.uri):
            try:
                model_folder(Path(wanted.uri))
            except NoModelThere as error:
                self._nothing = f"no version yet: {error}"

    def _read_wanted(self) -> Version | None:
        file = self._settings.release_file
        if file is None:
            return Version(self._settings.version, self._settings.source or "")
        try:
            release = read_release(file)
        except (ReleaseFileError, OSError) as error:
            if str(error) != self._file_error:
                _log.error("the release file is not usable; the version stays", extra={"error": str(error)})
            self._file_error = str(error)
            return self._wanted
        self._file_error = ""
        self.release = release
        told = release.of_track(self._settings.track)
        if told is None and self._wanted is not None and self._wanted.packages == PENDING:
            return None  # It was taken back before it was known whether it can be served.
        # A canary that is over keeps what it has until it is scaled away.
        return told or self._wanted

    def _see_to_current(self, now: float) -> None:
        current = self.current
        if current is None:
            return
        if current.ended:
            _log.error("the served version's process ended", extra={"version": current.version, "why": current.failed})
            self.current = None
            self._retry_at = now + (self._pause if now - current.started < _SOUND_SECONDS else 0.0)
            return
        if self._wanted is None:
            self._let_go(current)
            return
        if current.failed:  # Of a worker that was to replace another; those that are there serve on.
            _log.error("a worker cannot be replaced", extra={"version": current.version, "why": current.failed})
            current.failed = ""
            self._fork_later(now)
        if now >= self._fork_at:
            self._fork_missing(current)
        for worker in current.workers.values():
            if worker.ready and not worker.retired and not worker.asked:
                current.serve(worker)
        self._retire_replaced(current)

    def _retire_replaced(self, version: VersionProcess) -> None:
        workers = list(version.workers.values())
        if sum(self._watch.able(worker) and not worker.to_replace for worker in workers) >= self._settings.workers:
            for worker in workers:
                if worker.to_replace:
                    version.retire(worker, self._watch.retire_seconds)

    def _see_to_coming(self, now: float) -> None:
        wanted, coming = self._wanted, self.coming
        if coming is None:
            idle = wanted is None or self._nothing or (self.current and wanted.done_by(self.current.wanted))
            if not idle and wanted and now >= self._retry_at:
                self.coming = self._start(wanted)
            return
        if wanted is None or not wanted.done_by(coming.wanted):
            self._leave(coming)
        elif coming.failed or now - coming.started > _START_SECONDS:
            self._refuse(coming, wanted, now)
        elif coming.loaded:
            self._fork_missing(coming)
            # A version that replaces another has all its workers first; where there is none, one is better than none.
            needed = self._settings.workers if self.current else 1
            ready = [worker for worker in coming.workers.values() if worker.ready]
            if len(ready) >= needed:
                for worker in ready:
                    if not worker.asked:
                        coming.serve(worker)
            # Those of the old version take requests until these do: under load, to start may take seconds.
            if sum(self._watch.able(worker) for worker in ready) >= needed:
                self._promote(coming)

    def _refuse(self, coming: VersionProcess, wanted: Version, now: float) -> None:
        name = coming.version or "unknown"
        why = coming.failed or f"it {coming.stage} for {now - coming.stage_since:.0f} s"
        if coming.waits:
            _log.info("the version waits", extra={"version": name, "uri": wanted.uri, "why": why})
            self._refused = (wanted, f"version {name} waits: {why}")
        else:
            self._count_failure(coming, name, why)
            self._refused = (wanted, f"version {name} cannot be loaded: {why}")
        self._leave(coming)
        self._retry_at = now + self._pause
        self._pause = min(self._pause * 2, _BACKOFF_SECONDS[1])

    def _count_failure(self, coming: VersionProcess, name: str, why: str) -> None:
        _log.error("the version cannot be loaded", extra={"version": name, "uri": coming.wanted.uri, "why": why})
        self._metrics.count("model_server_model_load_failures_total", (self._settings.name, name))
        self._metrics.forget_gauges(_FAILURE)
        self._metrics.gauge(_FAILURE, (self._settings.name, name, why[:_REASON_CHARACTERS]), 1)

    def _promote(self, coming: VersionProcess) -> None:
        old, self.current, self.coming = self.current, coming, None
        self._refused = None
        self._metrics.forget_gauges(_FAILURE, _MISMATCHES)
        known = (self._settings.name, coming.version, self._settings.track)
        self._metrics.gauge(_MISMATCHES, known, coming.mismatches)
        self._pause = _BACKOFF_SECONDS[0]
        if old is not None:
            self._retire_all(old)
        took = round(time.monotonic() - coming.started, 2)
        _log.info("a version takes over", extra={"version": coming.version, "seconds": took})

    def _let_go(self, current: VersionProcess) -> None:
        _log.info("the served version was taken back", extra={"version": current.version})
        self.current = None
        self._retire_all(current)

    def _retire_all(self, version: VersionProcess) -> None:
        for worker in version.workers.values():
            version.retire(worker, self._watch.retire_seconds)
        self.leaving.append(version)

    def _leave(self, version: VersionProcess) -> None:
        """A version that was not to be. Workers of it that have requests in hand already answer them."""
        if any(worker.asked for worker in version.workers.values()):
            for worker in version.workers.values():
                version.retire(worker, self._watch.retire_seconds)
        else:
            version.kill()
        self.coming = None
        self.leaving.append(version)

    def _see_to_leaving(self) -> None:
        for version in self.leaving:
            if not version.workers:
                version.kill()
        self.leaving = [version for version in self.leaving if not version.ended]

    def _fork_missing(self, version: VersionProcess) -> None:
        staying = sum(not each.retired and not each.to_replace for each in version.workers.values())
        missing = self._settings.workers - staying
        taken = {worker.place for worker in self.workers}
        free = [place for place in range(self._board.places) if place not in taken]
        for place in free[: max(0, missing)]:
            version.fork(place)

    def worker_ended(self, version: VersionProcess, worker: WorkerHandle, status: int) -> None:
        unasked = worker.killed_for or not worker.retired
        if not unasked or not worker.ready or self.draining:
            return
        reason = worker.killed_for or "ended"
        self._metrics.count("model_server_worker_ends_total", (self._settings.name, reason))
        _log.error("a worker ended", extra={"worker": worker.pid, "status": status, "version": version.version})
        if version is self.coming and self.current is not None and worker.asked:
            version.failed = version.failed or "a worker ended while it took its first requests"
        now = time.monotonic()
        if now - worker.started >= _SOUND_SECONDS:
            self._fork_pause = 0.0
        elif not worker.killed_for:  # One that hung was given seconds, and takes no more of the processor than that.
            self._fork_later(now)

    def _fork_later(self, now: float) -> None:
        self._fork_at = now + self._fork_pause
        self._fork_pause = min(max(0.5, 2 * self._fork_pause), 30.0)

    # what is said of it

    def health(self) -> Health:
        version = self.current.version if self.current else None
        if self.draining:
            return Health(False, "draining", version)
        if self.able:
            return Health(True, "ok", version, wanted=self.wanted())
        if self.current is not None:
            return Health(False, f"no worker of version {version} can answer; they are being replaced", version)
        if self._nothing:
            return Health(False, self._nothing, None, empty=True)
        if self._refused and self._refused[0] == self._wanted:
            return Health(False, f"{self._refused[1]}; it is tried again", None)
        return Health(False, self._said_of_coming() or "the version is being started", None)

    def _said_of_coming(self) -> str:
        coming = self.coming
        if coming is None:
            return ""
        return (
            f"version {coming.version or 'unknown'} {coming.stage}, for {time.monotonic() - coming.stage_since:.0f} s"
        )

    def wanted(self) -> dict[str, Any] | None:
        """What is to be said of a version that is wanted and not served."""
        wanted = self._wanted
        if wanted is None or self.current is None or wanted.done_by(self.current.wanted):
            return None
        if self._refused and self._refused[0] == wanted:
            return {"version": wanted.version, "status": self._refused[1]}
        return {"version": wanted.version, "status": self._nothing or self._said_of_coming() or "it is being started"}
