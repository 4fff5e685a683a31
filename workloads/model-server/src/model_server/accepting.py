"""The listening sockets of one process, each with connections of its own: those of one port take nothing from another's."""

import asyncio
import errno
import logging
import resource
import socket
import time
from dataclasses import dataclass

from model_server.frontend import Frontend
from model_server.http import Connection

_log = logging.getLogger("model_server.accepting")

# A client that has sent nothing for this long gives way to a new one where there is no more room.
_GIVES_WAY_SECONDS = 1.0
_FILES_KEPT_FREE = 128


@dataclass(frozen=True)
class Listener:
    """`role`: cluster (everything), public (below a prefix, with a token) or metrics."""

    role: str
    sock: socket.socket


class Port:
    """One listening socket and its connections, those that were used longest ago first."""

    def __init__(self, listener: Listener, max_connections: int, max_buffered_bytes: int) -> None:
        self.role = listener.role
        self.sock = listener.sock
        self.connections: dict[Connection, None] = {}
        self.max_connections = max_connections
        self.buffered_bytes = 0
        self.max_buffered_bytes = max_buffered_bytes
        self.accepting = False
        self.closing = False

    def used(self, connection: Connection) -> None:
        if self.connections.pop(connection, self) is None:
            self.connections[connection] = None

    def left(self, connection: Connection) -> None:
        self.connections.pop(connection, None)

    def make_room(self) -> bool:
        """Closes the connection that has been silent the longest. False where all are in use."""
        now = time.monotonic()
        for connection in self.connections:
            if connection.transport is not None and connection.waiting_seconds(now) > _GIVES_WAY_SECONDS:
                self.left(connection)
                connection.transport.abort()
                return True
        return False


class Accepting:
    def __init__(self, frontend: Frontend, listeners: list[Listener], loop: asyncio.AbstractEventLoop) -> None:
        settings = frontend.settings
        self._frontend = frontend
        self._loop = loop
        self._wanted: set[Port] = set()
        room = max(16, (_file_limit() - _FILES_KEPT_FREE) // len(listeners))
        budget = min(settings.max_connections, room)
        self.ports = [Port(each, budget, 8 * settings.max_body_bytes) for each in listeners]

    @property
    def connections(self) -> list[Connection]:
        return [connection for port in self.ports for connection in port.connections]

    def start(self, *roles: str) -> None:
        for port in self.ports:
            if not roles or port.role in roles:
                self._wanted.add(port)
                self._listen(port)

    def stop(self, *roles: str) -> None:
        for port in self.ports:
            if not roles or port.role in roles:
                self._wanted.discard(port)
                self._pause(port)

    def tick(self) -> None:
        """Takes up again what was left for want of room or of files."""
        for port in self._wanted:
            if not port.accepting and (len(port.connections) < port.max_connections or port.make_room()):
                self._listen(port)

    def tick_second(self) -> None:
        now = time.monotonic()
        for connection in self.connections:
            connection.check_time(now)

    def take_all(self) -> None:
        """Whoever is in the line already is still answered."""
        for port in self.ports:
            for _ in range(128):
                if port not in self._wanted or not self._accept(port):
                    break

    def close(self, *roles: str) -> None:
        self.stop(*roles)
        for port in self.ports:
            if not roles or port.role in roles:
                port.sock.close()

    def _listen(self, port: Port) -> None:
        if not port.accepting:
            port.accepting = True
            port.sock.setblocking(False)
            self._loop.add_reader(port.sock.fileno(), self._accept, port)

    def _pause(self, port: Port) -> None:
        if port.accepting:
            port.accepting = False
            self._loop.remove_reader(port.sock.fileno())

    def _accept(self, port: Port) -> bool:
        # One at a time, so that the workers share what comes at once.
        if len(port.connections) >= port.max_connections and not port.make_room():
            self._pause(port)
            return False
        try:
            client, _ = port.sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                raise
            _log.error("a connection cannot be taken", extra={"error": str(error), "role": port.role})
            self._pause(port)  # Until the next tick: the kernel would say the same at once.
            return False
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self._frontend, port)
        port.connections[connection] = None
        opening = self._loop.create_task(self._loop.connect_accepted_socket(lambda: connection, client))
        opening.add_done_callback(lambda done: self._opened(done, port, connection))
        return True

    def _opened(self, task: "asyncio.Task[object]", port: Port, connection: Connection) -> None:
        if task.cancelled() or task.exception() is not None:
            port.left(connection)


def _file_limit() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1_000_000
