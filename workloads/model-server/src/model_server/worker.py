"""A gunicorn worker with an event loop: many connections, one thread that reads them, and a Flask app beside it."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

import uvloop
from gunicorn.workers.base import Worker

from model_server.app import create_app
from model_server.emf import MetricLines
from model_server.engine import Engine, Listener
from model_server.follower import Events, Follower, ServedModel
from model_server.http import Connection
from model_server.metrics import Metrics
from model_server.rows import ColumnReader
from model_server.samples import Sampler
from model_server.settings import Settings

_log = logging.getLogger("model_server.worker")

_TICK_SECONDS = 0.025
_SAVE_SECONDS = 0.25
_STANDBY_SECONDS = 0.05
# How long a worker that is first to have a model waits for the others to leave their requests to it.
_HANDOVER_SECONDS = 0.2


class ModelWorker(Worker):
    """
    Takes connections while it has a model, or while no worker has one: then somebody must say "no version yet".

    So a worker that replaces a killed one loads before it takes its first request.
    """

    def run(self) -> None:
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        signal.set_wakeup_fd(-1)
        asyncio.run(self._run())

    async def _run(self) -> None:
        settings: Settings = self.app.settings
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, self._stop)
        self._ready_dir = settings.scratch / "ready"
        self._ready_dir.mkdir(parents=True, exist_ok=True)
        self._stopping = asyncio.Event()
        self._accepting: dict[Any, Listener] = {}
        metrics = Metrics(settings.metrics_dir)
        sampler = Sampler(settings)
        self._engine = engine = Engine(settings, loop, metrics, sampler)
        engine.threads.app = create_app(engine)
        self._sampler = sampler

        def from_thread(act: Any) -> Any:
            return lambda *args: loop.call_soon_threadsafe(act, *args)

        def nothing_there(why: str) -> None:
            if engine.model is None:
                engine.why_not = why

        events = Events(from_thread(self._ready), from_thread(engine.load_failed), from_thread(engine.follow),
                        from_thread(nothing_there))  # fmt: skip
        Follower(settings, events).start()
        lines = MetricLines(settings.emf_namespace, metrics) if settings.emf_namespace else None
        await asyncio.gather(
            self._every(_TICK_SECONDS, engine.tick),
            self._every(_SAVE_SECONDS, engine.save_metrics),
            self._every(1.0, self._each_second),
            self._every(_STANDBY_SECONDS, self._stand_by),
            *([self._every(60.0, lines.write)] if lines else []),
        )
        await self._drain()
        if lines:
            lines.write()
        await asyncio.to_thread(sampler.close, 5.0)
        engine.save_metrics()

    async def _every(self, seconds: float, act: Any) -> None:
        while not self._stopping.is_set():
            try:
                act()
            except Exception:
                _log.exception("a regular task failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    def _each_second(self) -> None:
        self.notify()
        if self.ppid != os.getppid():  # Nobody would end this worker any more.
            self._stop()
        self._engine.tick_second()
        file = self._engine.settings.token_file
        if file is not None:
            try:
                self._engine.token = file.read_bytes().strip() or None
            except OSError as error:
                _log.error("the token cannot be read", extra={"error": str(error)})

    # who takes connections

    def _ready(self, model: ServedModel) -> None:
        first = self._engine.model is None
        reader = model.shortcut.reader if model.shortcut else None
        self._sampler.name_columns(reader.names if isinstance(reader, ColumnReader) else [])
        if not first:
            self._engine.serve(model)
            return
        (self._ready_dir / str(os.getpid())).touch()
        self._engine.loop.call_later(_HANDOVER_SECONDS, self._engine.serve, model)

    def _stand_by(self) -> None:
        if self._engine.model is not None or not self._another_ready():
            self._accept()
        else:
            self._stop_accepting()

    def _another_ready(self) -> bool:
        own = str(os.getpid())
        return any(each.name != own and _alive(each) for each in self._ready_dir.iterdir())

    def _accept(self) -> None:
        if len(self._engine.connections) >= self._engine.settings.max_connections:
            self._stop_accepting()
            return
        settings = self._engine.settings
        for each in self.sockets:
            sock: socket.socket = each.sock
            if sock in self._accepting:
                continue
            port = sock.getsockname()[1]
            roles = {settings.metrics_port: "metrics", settings.public_port: "public", settings.port: "cluster"}
            sock.setblocking(False)
            self._accepting[sock] = Listener(roles[port])
            self._engine.loop.add_reader(sock.fileno(), self._connection_waits, sock)

    def _stop_accepting(self) -> None:
        for sock in list(self._accepting):
            self._engine.loop.remove_reader(sock.fileno())
            del self._accepting[sock]

    def _connection_waits(self, sock: socket.socket) -> None:
        # One at a time, so that the workers share what comes at once.
        try:
            client, _ = sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener = self._accepting[sock]
        engine = self._engine
        engine.loop.create_task(engine.loop.connect_accepted_socket(lambda: Connection(engine, listener), client))

    # the end

    def _stop(self) -> None:
        self.alive = False
        self._stopping.set()

    async def _drain(self) -> None:
        """Goes on answering while others still learn that this server leaves, then finishes what it has begun."""
        engine, settings = self._engine, self._engine.settings
        engine.draining = True
        _log.info("draining", extra={"seconds": settings.drain_seconds})
        await self._until(lambda: False, settings.drain_seconds)
        for sock in list(self._accepting):
            for _ in range(128):  # Whoever is in the line already is still answered.
                self._connection_waits(sock)
        self._stop_accepting()
        for each in self.sockets:
            each.sock.close()
        await asyncio.sleep(0.05)
        for connection in list(engine.connections):
            connection.close_if_idle()
        await self._until(lambda: not engine.connections, settings.timeout_seconds + 1)
        (self._ready_dir / str(os.getpid())).unlink(missing_ok=True)

    async def _until(self, reached: Any, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not reached():
            self.notify()
            self._engine.tick()
            self._engine.tick_second()
            await asyncio.sleep(_TICK_SECONDS)


def _alive(flag: Path) -> bool:
    try:
        os.kill(int(flag.name), 0)
        return True
    except (OSError, ValueError):
        flag.unlink(missing_ok=True)
        return False
