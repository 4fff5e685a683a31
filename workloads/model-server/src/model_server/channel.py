"""Messages between two processes: JSON, one a line, over a socket that both have had since one started the other."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import orjson


class Channel(asyncio.Protocol):
    """`received` gets each message; `ended` is called once, when the other side is gone."""

    def __init__(self, received: Callable[[dict[str, Any]], None], ended: Callable[[], None]) -> None:
        self._received = received
        self._ended = ended
        self._transport: Any = None
        self._rest = b""

    async def open(self, own: socket.socket) -> None:
        own.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=own)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._received(orjson.loads(line))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._ended()

    def send(self, message: dict[str, Any]) -> None:
        if self._transport is not None:
            self._transport.write(orjson.dumps(message) + b"\n")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


MAX_CONTROL_BYTES = 64 * 1024


def send_control(control: socket.socket, message: dict[str, Any], files: tuple[int, ...] = ()) -> None:
    """One message, with open files, over a socket that keeps messages apart."""
    data = orjson.dumps(message)[:MAX_CONTROL_BYTES]
    if files:
        socket.send_fds(control, [data], list(files))
    else:
        control.send(data)


def receive_control(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """None when the other side is gone."""
    data, files, _, _ = socket.recv_fds(control, MAX_CONTROL_BYTES, 4)
    return (orjson.loads(data) if data else None), files
