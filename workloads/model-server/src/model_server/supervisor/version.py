"""A version's process and its workers, as the supervisor sees them."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from model_server.channel import Channel, receive_control, send_control
from model_server.metrics import Series
from model_server.release import Version
from model_server.scoreboard import Scoreboard
from model_server.supervisor.contention import Contention
from model_server.task import ONE_THREAD, Task, command

_log = logging.getLogger("model_server.supervisor")


@dataclass
class WorkerHandle:
    """
    A worker; `pid` is 0 until it is known. `asked`: told to take requests; `serving`: it said that it does; `to_replace`:
    it serves until another does in its place.

    `silent_ticks`: how often in a row it was seen without a beat; `idle_ticks`: how many of those it could have run in.
    """

    place: int
    channel: Channel = field(init=False)
    pid: int = 0
    ready: bool = False
    asked: bool = False
    to_replace: bool = False
    serving: bool = False
    retired: bool = False
    killed_for: str = ""
    series: list[Series] | None = None
    beats: int = 0
    silent_ticks: int = 0
    idle_ticks: int = 0
    contention: Contention = field(default_factory=Contention)
    started: float = field(default_factory=time.monotonic)
    kill_at: float = 0.0


class VersionProcess:
    """`changed` is called after each message of the process or of its workers; `worker_ended` with each worker that is gone."""

    def __init__(self, wanted: Version, python: str, task: Task, board: Scoreboard, changed: Callable[[], None],
                 worker_ended: Callable[["VersionProcess", WorkerHandle, int], None]) -> None:  # fmt: skip
        self.wanted = wanted
        self.version = wanted.version or ""
        self.stage = "is being started"
        self.stage_since = time.monotonic()
        self.started = time.monotonic()
        self.loaded = False
        self.mismatches = 0
        self.failed = ""
        # That it failed is nobody's fault: what it needs is not there yet.
        self.waits = False
        self.ended = False
        self.workers: dict[int, WorkerHandle] = {}
        self._board = board
        self._changed = changed
        self._worker_ended = worker_ended
        self._loop = asyncio.get_running_loop()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        packages = asdict(wanted.packages) if wanted.packages else None
        task = Task(
            **{
                **vars(task),
                **{"uri": wanted.uri, "version": wanted.version, "packages": packages, "control": theirs.fileno()},
            }
        )
        files = (theirs.fileno(), board.file, *task.listeners.values())
        self.process = subprocess.Popen(
            command(python, task), env={**os.environ, **ONE_THREAD}, stdin=subprocess.DEVNULL, pass_fds=files
        )
        theirs.close()
        self._control.setblocking(False)
        self._loop.add_reader(self._control.fileno(), self._told)
        # What the model has forked may keep the other side of the socket open: its end is not the process's.
        self._end = os.pidfd_open(self.process.pid)
        self._loop.add_reader(self._end, self._gone)

    # what it tells

    def _told(self) -> None:
        if self._take_message():
            self._changed()

    def _take_message(self) -> bool:
        """False where there is none."""
        try:
            message, _ = receive_control(self._control)
        except BlockingIOError:
            return False
        except OSError:
            message = None
        if message is None:  # It has nothing more to say, and can be told nothing.
            self._loop.remove_reader(self._control.fileno())
            self.process.kill()
            return False
        if "stage" in message:
            self.stage, self.stage_since = message["stage"], time.monotonic()
        elif "mismatches" in message:
            self.mismatches = message["mismatches"]
        elif "failed" in message:
            self.failed, self.waits = message["failed"], message.get("waits", False)
        elif "version" in message:
            self.version, self.loaded = message["version"], True
            self.stage, self.stage_since = "is being tried", time.monotonic()
        elif "forked" in message:
            if worker := self.workers.get(message["forked"]):
                worker.pid = message["pid"]
        elif "ended" in message:
            worker = self.workers.get(message["ended"])
            if worker and worker.pid == message["pid"]:
                self._forget(worker, message["status"])
        elif "not forked" in message and (worker := self.workers.get(message["not forked"])):
            self._not_forked(worker, message["why"])
        return True

    def _gone(self) -> None:
        while self._take_message():  # Why it ended is the last that it said.
            pass
        self._loop.remove_reader(self._end)
        self._loop.remove_reader(self._control.fileno())
        os.close(self._end)
        self._control.close()
        status = self.process.wait()
        self.ended = True
        if not self.failed:
            self.failed = f"its process ended {_described(status)}"
        for worker in list(self.workers.values()):  # The kernel ends them with their parent.
            self._forget(worker, status)
        self._changed()

    def _forget(self, worker: WorkerHandle, status: int) -> None:
        del self.workers[worker.place]
        self._board.clear(worker.place)
        worker.channel.close()
        if not worker.ready and not worker.retired and not self.failed:
            self.failed = f"a worker ended {_described(status)} before it could answer"
        self._worker_ended(self, worker, status)

    # what it is told

    def fork(self, place: int) -> None:
        self._board.clear(place)
        worker = self.workers[place] = WorkerHandle(place)
        worker.channel = Channel(lambda message: self._worker_told(worker, message), lambda: None)
        self._loop.create_task(self._fork(worker))

    async def _fork(self, worker: WorkerHandle) -> None:
        try:
            own, theirs = socket.socketpair()
            with theirs:
                await worker.channel.open(own)
                send_control(self._control, {"do": "fork", "place": worker.place}, (theirs.fileno(),))
        except OSError as error:
            if not self.ended:
                self._not_forked(worker, str(error))
                self._changed()

    def _not_forked(self, worker: WorkerHandle, why: str) -> None:
        """There is no such worker: it is missing, and will be asked for again."""
        self.failed = self.failed or f"a worker cannot be made: {why}"
        if self.workers.get(worker.place) is worker:
            del self.workers[worker.place]
        worker.channel.close()

    def _worker_told(self, worker: WorkerHandle, message: dict[str, Any]) -> None:
        if "metrics" in message:
            worker.series = message["metrics"]
            return
        if "ready" in message:
            worker.ready = True
        elif "serving" in message:
            worker.serving = not worker.retired
        elif "failed" in message:
            self.failed = message["failed"]
        self._changed()

    def serve(self, worker: WorkerHandle) -> None:
        worker.asked = True
        worker.channel.send({"do": "serve"})

    def retire(self, worker: WorkerHandle, seconds: float) -> None:
        """It answers what it has, and ends; by force where it has not after this time."""
        if not worker.retired:
            worker.retired = True
            worker.serving = False
            worker.kill_at = time.monotonic() + seconds
            worker.channel.send({"do": "retire"})

    def close_listeners(self) -> None:
        self._send({"do": "close listeners"})

    def _send(self, message: dict[str, Any], files: tuple[int, ...] = ()) -> None:
        if not self.ended:
            try:
                send_control(self._control, message, files)
            except OSError:
                _log.warning("a version's process does not listen", extra={"version": self.version})

    def kill(self) -> None:
        """Its workers end with it."""
        if not self.ended:
            for worker in self.workers.values():
                worker.retired = True
            self.process.kill()


def kill_worker(worker: WorkerHandle, reason: str) -> None:
    worker.killed_for = worker.killed_for or reason
    if worker.pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)


def _described(status: int) -> str:
    if status >= 0:
        return f"with exit code {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"
