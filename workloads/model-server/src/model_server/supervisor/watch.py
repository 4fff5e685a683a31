"""Finds workers that hang: a call of the model that does not come back, or code that lets no other thread of its process run."""

import logging
import time
from collections.abc import Iterable
from math import ceil

from model_server.scoreboard import Scoreboard
from model_server.settings import Settings
from model_server.supervisor.version import VersionProcess, WorkerHandle, kill_worker

_log = logging.getLogger("model_server.supervisor")

WATCH_SECONDS = 0.25
# A worker that could run and was silent for so long is not counted on: the supervisor answers probes in its place.
_ABLE_TICKS = 6
# Time to write out the prediction log, after the last answer.
_ENDING_SECONDS = 8.0
# To answer its own input example, and before that to load a model that is not shared.
_TRIAL_SECONDS = 1800.0


class Watch:
    def __init__(self, settings: Settings, board: Scoreboard) -> None:
        self._board = board
        # No request waits longer than its limit; what runs for longer still is in nobody's interest.
        self._patience = max(1.5 * settings.timeout_seconds, settings.timeout_seconds + 1)
        self.retire_seconds = settings.timeout_seconds + _ENDING_SECONDS
        self._last = time.monotonic()

    def tick(self, versions: Iterable[VersionProcess]) -> None:
        now = time.monotonic()
        # Where this process itself did not run, the others' silence says nothing.
        attentive = now - self._last < 4 * WATCH_SECONDS
        self._last = now
        for version in versions:
            for worker in list(version.workers.values()):
                if worker.kill_at and now > worker.kill_at:
                    kill_worker(worker, "hung")
                elif not worker.ready and now - worker.started > _TRIAL_SECONDS:
                    version.failed = version.failed or f"it has not answered its own example in {_TRIAL_SECONDS:.0f} s"
                    kill_worker(worker, "hung")
                elif worker.ready and attentive:
                    self._look_at(version, worker)

    def able(self, worker: WorkerHandle) -> bool:
        return worker.serving and worker.idle_ticks < _ABLE_TICKS

    def _look_at(self, version: VersionProcess, worker: WorkerHandle) -> None:
        beats = self._board.beats(worker.place)
        silent, worker.beats = beats == worker.beats, beats
        starved = silent and worker.contention.kept_from_running(worker.pid)
        worker.silent_ticks = worker.silent_ticks + 1 if silent else 0
        worker.idle_ticks = worker.idle_ticks + (not starved) if silent else 0
        if worker.silent_ticks >= ceil(self._patience / WATCH_SECONDS):
            _log.error("a worker hangs and is ended", extra={"worker": worker.pid, "version": version.version})
            kill_worker(worker, "hung")
        elif not worker.retired and self._board.calling_seconds(worker.place) > self._patience:
            self._call_hangs(version, worker)

    def _call_hangs(self, version: VersionProcess, worker: WorkerHandle) -> None:
        if not worker.to_replace:
            _log.error("a call of the model hangs; its worker is replaced",
                       extra={"worker": worker.pid, "version": version.version})  # fmt: skip
            worker.killed_for = "hung"
            worker.to_replace = True
        if not self._board.free_threads(worker.place):  # Until then its other threads answer.
            version.retire(worker, self.retire_seconds)
