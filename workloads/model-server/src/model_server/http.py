"""One HTTP/1.1 connection: reads requests within bounds of size and time, and writes answers in their order."""

import asyncio
import time
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools

if TYPE_CHECKING:
    from model_server.engine import Engine, Listener

_MAX_HEAD_BYTES = 64 * 1024
_MAX_URL_BYTES = 8 * 1024
_MAX_PIPELINED = 32
_PHRASES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_IDLE_SECONDS = 75
_LINGER_SECONDS = 2


class Request:
    """A request that has been read whole."""

    __slots__ = ("connection", "listener", "method", "target", "path", "headers", "body", "started", "deadline",
                 "request_id", "route", "done", "slow", "keep_alive", "outcome", "reason", "version", "model", "rows")  # fmt: skip

    def __init__(self, connection: "Connection", method: str, target: bytes, headers: dict[bytes, bytes], body: bytes):
        self.connection = connection
        self.listener = connection.listener
        self.method = method
        self.target = target
        self.path = target.partition(b"?")[0].decode("latin-1")
        self.headers = headers
        self.body = body
        self.started = time.perf_counter()
        self.deadline = 0.0
        self.request_id = ""
        self.route = ""
        self.done = False
        self.slow = False
        self.keep_alive = True
        self.outcome = ""
        self.reason = ""
        self.version = ""
        self.model: Any = None
        self.rows: Any = None


class Connection(asyncio.Protocol):
    __slots__ = ("engine", "listener", "transport", "_parser", "_url", "_headers", "_body", "_body_bytes", "_head_bytes",
                 "_in_head", "_reading_since", "_current", "_waiting", "_closing", "_refused", "_write_since")  # fmt: skip

    def __init__(self, engine: "Engine", listener: "Listener") -> None:
        self.engine = engine
        self.listener = listener
        self.transport: Any = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._in_head = True
        self._reading_since = time.monotonic()
        self._current: Request | None = None
        self._waiting: deque[Request] = deque()
        self._closing = False
        self._refused = False
        self._write_since = 0.0

    # asyncio's side

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.engine.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.engine.connections.discard(self)
        self._forget_body()
        self._closing = True
        if self._current is not None:
            self.engine.abandoned(self._current)
        self._waiting.clear()

    def pause_writing(self) -> None:
        self._write_since = time.monotonic()

    def resume_writing(self) -> None:
        self._write_since = 0.0

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES and not self._url_only_body(data):
                self.refuse(431, "headers_too_large", f"the request's head is longer than {_MAX_HEAD_BYTES} bytes")
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.refuse(400, "malformed_http", "this server speaks HTTP/1.1 and upgrades to nothing else")
        except httptools.HttpParserError as error:
            if not self._closing:
                self.refuse(400, "malformed_http", f"this is not HTTP/1.1: {error}")

    def _url_only_body(self, data: bytes) -> bool:
        # The head may end within this chunk, the rest of which is body.
        return b"\r\n\r\n" in data

    # httptools' side

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = {}
        self._body = []
        self._body_bytes = 0
        self._in_head = True
        self._refused = False
        self._reading_since = time.monotonic()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        if len(self._url) > _MAX_URL_BYTES:
            self.refuse(414, "url_too_long", f"the address is longer than {_MAX_URL_BYTES} bytes")
            return
        length = self._headers.get(b"content-length")
        if length is not None and length.isdigit() and int(length) > self.engine.settings.max_body_bytes:
            self._refuse_size()
        elif self._headers.get(b"expect", b"").lower() == b"100-continue" and self._current is None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        if self._refused:
            return
        self._body_bytes += len(data)
        self.engine.buffered_bytes += len(data)
        self._body.append(data)
        if self._body_bytes > self.engine.settings.max_body_bytes:
            self._refuse_size()
        elif self.engine.buffered_bytes > self.engine.max_buffered_bytes:
            self.refuse(503, "", "too many large requests at once", {"Retry-After": "1"})

    def on_message_complete(self) -> None:
        if self._refused:
            return
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        request = Request(self, self._parser.get_method().decode("latin-1"), self._url, self._headers, body)
        request.keep_alive = self._parser.should_keep_alive()
        self._reading_since = 0.0
        self._in_head = True
        if self._current is not None:
            self._waiting.append(request)
            if len(self._waiting) >= _MAX_PIPELINED:
                self.transport.pause_reading()
            return
        self._current = request
        self.engine.received(request)

    # the server's side

    def _refuse_size(self) -> None:
        self.refuse(413, "body_too_large", f"the body is larger than {self.engine.settings.max_body_mib} MiB")

    def refuse(self, status: int, reason: str, message: str, headers: dict[str, str] | None = None) -> None:
        """Answers a request that is not read to its end, and closes."""
        if self._refused or self._closing:
            return
        self._refused = True
        self._forget_body()
        request = Request(self, "", self._url or b"/", self._headers, b"")
        request.keep_alive = False
        if self._current is not None:  # Its answer goes first; this connection says nothing more after it.
            self._current.keep_alive = False
            return
        self._current = request
        self.engine.refused(request, status, reason, message, headers or {})

    def respond(self, request: Request, status: int, head: bytes, body: bytes) -> None:
        """`head`: header lines, each ended. The last request of a connection closes it."""
        self.engine.buffered_bytes -= len(request.body)
        if self._closing or self.transport is None:
            return
        close = not request.keep_alive or self.engine.draining
        ending = b"Connection: close\r\n\r\n" if close else b"\r\n"
        length = b"Content-Length: %d\r\n" % len(body)
        if request.method == "HEAD":
            body = b""
        self.transport.write(b"".join((_PHRASES[status], head, length, ending, body)))
        self._current = None
        if close:
            self._closing = True
            self._close(linger=self._refused)
            return
        if self._waiting:
            self._current = self._waiting.popleft()
            if len(self._waiting) == _MAX_PIPELINED - 1:
                self.transport.resume_reading()
            self.engine.received(self._current)
        elif not self._reading_since:
            self._reading_since = time.monotonic()

    def _close(self, linger: bool) -> None:
        if not linger:
            self.transport.close()
            return
        # Closing while the client still sends would reset the connection, and the client would never read why.
        self.transport.write_eof()
        self.engine.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def check_time(self, now: float) -> None:
        """Closes a connection that is idle, or whose client is too slow to send or to read."""
        limit = self.engine.settings.read_timeout_seconds
        if self._write_since and now - self._write_since > limit:
            self.transport.abort()
        elif self._current is not None or self._closing or not self._reading_since:
            return
        elif self._head_bytes or not self._in_head:
            if now - self._reading_since > limit:
                self.refuse(408, "slow_client", f"the request was not complete after {limit} s")
        elif now - self._reading_since > _IDLE_SECONDS:
            self.transport.close()

    def close_if_idle(self) -> None:
        if self._current is None and not self._head_bytes and self._in_head:
            self._closing = True
            self.transport.close()

    def _forget_body(self) -> None:
        self.engine.buffered_bytes -= sum(map(len, self._body))
        self._body = []
