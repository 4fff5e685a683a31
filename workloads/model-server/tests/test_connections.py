"""One connection, fed by hand: what it holds of its client, and what it gives back."""

from types import SimpleNamespace
from typing import Any

import pytest

from model_server.http import Connection, Request

LARGE = 4_000_000


class Transport:
    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Frontend:
    """Keeps each request until it is told to answer it."""

    settings = SimpleNamespace(max_body_bytes=6 * 1024**2, max_body_mib=6)
    closing = False

    def __init__(self) -> None:
        self.taken: list[Request] = []
        self.abandoned_requests: list[Request] = []
        self.fails = 0

    def refusal(self, *_: Any) -> None:
        return None

    def received(self, request: Request) -> None:
        self.taken.append(request)
        if self.fails:
            self.fails -= 1
            raise KeyboardInterrupt

    def abandoned(self, request: Request) -> None:
        self.abandoned_requests.append(request)


class Port:
    role = "cluster"
    max_buffered_bytes = 8 * 6 * 1024**2
    buffered_bytes = 0
    closing = False

    def used(self, connection: Connection) -> None: ...

    def left(self, connection: Connection) -> None: ...


def opened(port: Port, frontend: Frontend) -> Connection:
    connection = Connection(frontend, port)  # type: ignore[arg-type]
    connection.connection_made(Transport())
    return connection


def request(size: int) -> bytes:
    return b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size


def test_clients_that_leave_take_their_bodies_with_them() -> None:
    """One body in hand, one that waits behind it, and one of which half has come."""
    port, frontend = Port(), Frontend()
    for _ in range(5):
        connection = opened(port, frontend)
        connection.data_received(request(10) + request(LARGE) + request(LARGE)[: LARGE // 2])
        assert port.buffered_bytes > 10 + LARGE + LARGE // 3
        connection.connection_lost(None)
        assert port.buffered_bytes == 0
    assert len(frontend.taken) == len(frontend.abandoned_requests) == 5, "what waited is not begun"


def test_a_body_is_given_back_with_its_answer_and_not_again_when_the_client_leaves() -> None:
    port, frontend = Port(), Frontend()
    connection = opened(port, frontend)
    connection.data_received(request(LARGE) + request(20))
    connection.respond(frontend.taken[0], 200, b"", b"{}")
    assert port.buffered_bytes == 20 and len(frontend.taken) == 2
    connection.connection_lost(None)
    assert port.buffered_bytes == 0


def test_what_a_request_throws_does_not_stop_the_next_of_its_connection() -> None:
    port, frontend = Port(), Frontend()
    connection = opened(port, frontend)
    connection.data_received(request(1) + request(2) + request(3))
    frontend.fails = 1
    with pytest.raises(KeyboardInterrupt):
        connection.respond(frontend.taken[0], 200, b"", b"{}")
    connection.respond(frontend.taken[1], 500, b"", b"{}")
    assert [each.body for each in frontend.taken] == [b"x", b"xx", b"xxx"]
