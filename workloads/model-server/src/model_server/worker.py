"""One worker: an event loop that reads requests, threads that call the model, and one version for as long as it lives."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import uvloop

from model_server.accepting import Accepting, Listener
from model_server.app import create_app
from model_server.calls import Calls
from model_server.channel import Channel
from model_server.engine import Engine
from model_server.errors import words
from model_server.fetching import Fetched
from model_server.loading import LoadedModel, load_fetched
from model_server.regular import every
from model_server.samples import Sampler
from model_server.scoreboard import Scoreboard
from model_server.served import ServedModel, prepare
from model_server.settings import Settings

if TYPE_CHECKING:
    from model_server.version_process import Task

_log = logging.getLogger("model_server.worker")

_TICK_SECONDS = 0.025
_BEAT_SECONDS = 0.1
_SEND_SECONDS = 0.25
# A kept connection that nobody has used for so long, once another version serves, is closed.
_PARTING_SECONDS = 2.0


def run(
    settings: Settings, task: "Task", fetched: Fetched, loaded: LoadedModel | None, own: socket.socket, place: int
) -> None:
    """`loaded`: None where the model is not to be shared between processes."""
    os.environ.update(task.library_threads)
    _limit_library_threads(task)
    if loaded is None:
        loaded = load_fetched(fetched)
    else:
        np.random.seed()  # Else all workers would draw the same numbers.
    sock = own.dup()
    try:
        model = prepare(loaded, settings)
    except BaseException as error:
        _log.exception("the model cannot answer", extra={"version": fetched.version})
        with sock:
            sock.sendall(b'{"failed":%s}\n' % _json(words(error)))
        return
    sock.close()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(Worker(settings, task, model, place).run(own))


def _json(text: str) -> bytes:
    import json

    return json.dumps(text[:8000]).encode()


def _limit_library_threads(task: "Task") -> None:
    """Libraries that were loaded when one thread was the limit are told what it is now. OpenMP's holds for one thread only."""
    count = int(task.library_threads["OMP_NUM_THREADS"])
    if count > 1:
        with contextlib.suppress(ImportError):
            from threadpoolctl import threadpool_limits

            threadpool_limits(count)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(count)


class Worker:
    def __init__(self, settings: Settings, task: "Task", model: ServedModel, place: int) -> None:
        self._settings = settings
        self._task = task
        self._model = model
        self._place = place
        self._end = asyncio.Event()
        self._draining_since = 0.0

    async def run(self, own: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        board = Scoreboard(self._task.scoreboard, self._task.places)
        calls = Calls(self._settings.threads, lambda: _limit_library_threads(self._task))
        sampler = Sampler(self._settings)
        self._engine = engine = Engine(self._settings, loop, self._model, calls, sampler, board, self._place)
        engine.threads.app = create_app(engine)
        listeners = [Listener(role, socket.socket(fileno=file)) for role, file in self._task.listeners.items()]
        self._accepting = Accepting(engine, listeners, loop)
        self._channel = Channel(self._told, self._abandoned)
        await self._channel.open(own)
        engine.tick_second()
        self._channel.send({"ready": True})
        self._sent: Any = None
        tasks = [
            every(_TICK_SECONDS, self._tick, _log),
            every(_BEAT_SECONDS, lambda: board.beat(self._place, calls.oldest_start(), calls.free_threads()), _log),
            every(_SEND_SECONDS, self._send_metrics, _log),
            every(1.0, self._tick_second, _log),
        ]
        running = [asyncio.create_task(each) for each in tasks]
        await self._end.wait()
        await self._part()
        await asyncio.to_thread(sampler.close, 5.0)
        self._send_metrics()
        await asyncio.sleep(0.05)
        for each in running:
            each.cancel()

    def _tick(self) -> None:
        self._engine.replies.tick()
        self._accepting.tick()

    def _tick_second(self) -> None:
        self._engine.tick_second()
        self._accepting.tick_second()

    def _send_metrics(self) -> None:
        series = self._engine.gather().series()
        if series != self._sent:
            self._sent = series
            self._channel.send({"metrics": series})

    # what the supervisor tells

    def _told(self, message: dict[str, Any]) -> None:
        what = message["do"]
        if what == "serve":
            self._engine.serve()
            self._accepting.start()
            self._channel.send({"serving": True})
        elif what == "canary":
            self._engine.follow_canary(message["version"], message["percent"])
        elif what == "wanted":
            self._engine.wanted = message["wanted"]
        elif what == "drain":
            self._engine.draining = self._engine.closing = True
        elif what == "retire":
            self._engine.retire()
            self._end.set()
        elif what == "stop":
            self._accepting.take_all()
            self._end.set()

    def _abandoned(self) -> None:
        os._exit(1)  # The supervisor is gone, and nobody would end this process any more.

    async def _part(self) -> None:
        """Takes no new connection; answers what it has, and once more whoever comes back on a connection that is kept."""
        engine, accepting = self._engine, self._accepting
        accepting.close()
        engine.closing = True
        started = time.monotonic()
        asked_last = started + (0.05 if engine.draining else _PARTING_SECONDS)
        end = started + self._settings.timeout_seconds + 1
        while accepting.connections and time.monotonic() < max(end, asked_last):
            if time.monotonic() >= asked_last:
                for connection in accepting.connections:
                    connection.close_if_idle()
            await asyncio.sleep(_TICK_SECONDS)
