"""Starts the server, keeps it, and ends it."""

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

from model_server.accepting import Accepting, Listener
from model_server.cores import usable_cores
from model_server.regular import every
from model_server.release import Version
from model_server.scoreboard import Scoreboard
from model_server.settings import Settings
from model_server.supervisor.emf import MetricLines
from model_server.supervisor.rollout import Rollout
from model_server.supervisor.standby import Standby
from model_server.supervisor.totals import Totals
from model_server.supervisor.version import VersionProcess, WorkerHandle
from model_server.supervisor.watch import WATCH_SECONDS, Watch
from model_server.task import LIBRARY_THREADS, Task

_log = logging.getLogger("model_server.supervisor")

_TICK_SECONDS = 0.05
_BACKLOG = 1024
# Room for a version and the one that replaces it, for workers that are being replaced and for those that still answer.
_PLACES_PER_WORKER = 4


def run(settings: Settings) -> None:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    _set_variables(settings)
    try:
        listeners = _listeners(settings)
    except OSError as error:
        _log.error("a port cannot be opened", extra={"error": str(error)})
        sys.exit(1)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(Supervisor(settings, listeners).run())


def _set_variables(settings: Settings) -> None:
    """For the processes to come. A model that counts for Prometheus itself does so for its own process."""
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    os.environ.setdefault("MLFLOW_TRACKING_URI", f"file://{settings.scratch}/no-tracking")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


def _listeners(settings: Settings) -> list[Listener]:
    ports = {"cluster": settings.port, "metrics": settings.metrics_port}
    if settings.token_file:
        ports["public"] = settings.public_port
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return [
        Listener(role, socket.create_server((settings.host, port), family=family, backlog=_BACKLOG))
        for role, port in ports.items()
    ]


class Supervisor:
    def __init__(self, settings: Settings, listeners: list[Listener]) -> None:
        self._settings = settings
        self._listeners = listeners
        self._stopping = False
        self._told_canary: Any = None
        self._told_wanted: Any = None

    async def run(self) -> None:
        settings, loop = self._settings, asyncio.get_running_loop()
        self._stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, self._stop.set)
        self._board = Scoreboard.create(_PLACES_PER_WORKER * settings.workers)
        self._watch = Watch(settings, self._board)
        self._totals = Totals()
        self._standby = Standby(settings, loop, lambda: self._rollout.health(), self._total)
        self._rollout = Rollout(settings, self._standby.metrics, self._board, self._watch, self._start_version)
        self._accepting = Accepting(self._standby, self._listeners, loop)
        for port in self._accepting.ports:
            port.closing = port.role != "metrics"  # Who came here for want of a worker does not stay.
        self._accepting.start("metrics")
        lines = MetricLines(settings.emf_namespace, self._total) if settings.emf_namespace else None
        tasks = [
            every(_TICK_SECONDS, self._tick, _log),
            every(WATCH_SECONDS, lambda: self._watch.tick(self._rollout.versions), _log),
            every(1.0, self._tick_second, _log),
            *([every(60.0, lines.write, _log)] if lines else []),
        ]
        running = [asyncio.create_task(each) for each in tasks]
        await self._stop.wait()
        await self._drain()
        if lines:
            lines.write()
        for each in running:
            each.cancel()

    def _tick(self) -> None:
        self._rollout.tick()
        self._standby.replies.tick()
        self._stand_in()
        self._accepting.tick()
        self._tell_workers()

    def _tick_second(self) -> None:
        self._standby.tick_second()
        self._accepting.tick_second()
        self._reap()

    def _stand_in(self) -> None:
        """Somebody must say why there are no predictions, and answer probes."""
        if self._stopping:
            return
        if self._rollout.able:
            self._accepting.stop("cluster", "public")
        else:
            self._accepting.start("cluster", "public")

    def _tell_workers(self) -> None:
        canary = self._rollout.release.canary
        percent = self._rollout.release.canary_percent if canary else 0.0
        told = {"do": "canary", "version": canary.version or "" if canary else "", "percent": percent}
        if told != self._told_canary:
            self._told_canary = told
            self._tell(told)
        wanted = {"do": "wanted", "wanted": self._rollout.wanted()}
        if wanted != self._told_wanted:
            self._told_wanted = wanted
            self._tell(wanted)

    def _tell(self, message: dict[str, Any]) -> None:
        for worker in self._rollout.workers:
            worker.channel.send(message)

    def _reap(self) -> None:
        """As the first process of a container it is the parent of whatever others leave behind."""
        own = {version.process.pid for version in self._rollout.versions}
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None or found.si_pid in own:
                return
            os.waitpid(found.si_pid, 0)

    # versions

    def _start_version(self, wanted: Version) -> VersionProcess:
        cores = max(1, usable_cores() // self._settings.workers)
        task = Task(
            uri="",
            version=None,
            control=-1,
            scoreboard=self._board.file,
            places=self._board.places,
            listeners={each.role: each.sock.fileno() for each in self._listeners if each.role != "metrics"},
            library_threads={variable: os.environ.get(variable) or str(cores) for variable in LIBRARY_THREADS},
        )
        _log.info("a version is started", extra={"version": wanted.version, "uri": wanted.uri})
        return VersionProcess(wanted, sys.executable, task, self._board, self._changed, self._worker_ended)

    def _changed(self) -> None:
        self._told_canary = self._told_wanted = None  # A new worker has been told nothing.
        self._tick()

    def _worker_ended(self, version: VersionProcess, worker: WorkerHandle, status: int) -> None:
        self._totals.worker_ended(worker)
        self._rollout.worker_ended(version, worker, status)

    def _total(self) -> Any:
        return self._totals.of(self._standby.metrics, self._rollout.workers)

    # the end

    async def _drain(self) -> None:
        """Goes on answering while others still learn that this server leaves, then finishes what it has begun."""
        settings, rollout = self._settings, self._rollout
        rollout.draining = True
        _log.info("draining", extra={"seconds": settings.drain_seconds})
        if rollout.coming and not any(worker.asked for worker in rollout.coming.workers.values()):
            rollout.coming.kill()
        self._tell({"do": "drain"})
        await self._until(lambda: False, settings.drain_seconds)
        self._stopping = True
        self._tell({"do": "stop"})
        self._accepting.take_all()
        self._accepting.close("cluster", "public")
        for version in rollout.versions:
            version.close_listeners()
        await self._until(lambda: not rollout.workers, self._watch.retire_seconds)
        for version in rollout.versions:
            version.kill()

    async def _until(self, reached: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not reached():
            await asyncio.sleep(0.02)
