"""One HTTP/1.1 connection: reads requests within bounds of size and time, and writes answers in their order."""

import asyncio
import time
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools

if TYPE_CHECKING:
    from model_server.accepting import Port
    from model_server.frontend import Frontend

_MAX_HEAD_BYTES = 64 * 1024
_MAX_URL_BYTES = 8 * 1024
_MAX_PIPELINED = 32
_PHRASES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_IDLE_SECONDS = 75
_LINGER_SECONDS = 2


class Request:
    """A request that has been read whole."""

    __slots__ = ("connection", "role", "method", "target", "path", "headers", "body", "held_bytes", "started", "deadline",
                 "request_id", "route", "done", "anonymous", "keep_alive", "outcome", "reason", "version", "model", "rows")  # fmt: skip

    def __init__(self, connection: "Connection", method: str, target: bytes, headers: dict[bytes, bytes], body: bytes):
        self.connection = connection
        self.role = connection.port.role
        self.method = method
        self.target = target
        self.path = target.partition(b"?")[0].decode("latin-1")
        self.headers = headers
        self.body = body
        self.held_bytes = len(body)
        self.started = time.perf_counter()
        self.deadline = 0.0
        self.request_id = ""
        self.route = ""
        self.done = False
        self.anonymous = False  # On the public port without its token.
        self.keep_alive = True
        self.outcome = ""
        self.reason = ""
        self.version = ""
        self.model: Any = None
        self.rows: Any = None


class Connection(asyncio.Protocol):
    __slots__ = ("frontend", "port", "transport", "_parser", "_url", "_headers", "_body", "_body_bytes", "_head_bytes",
                 "_in_head", "_reading_since", "_current", "_waiting", "_closing", "_refused", "_write_since", "_held_bytes", "_advancing")  # fmt: skip

    def __init__(self, frontend: "Frontend", port: "Port") -> None:
        self.frontend = frontend
        self.port = port
        self.transport: Any = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: bytes | bytearray = b""
        self._body_bytes = 0
        self._head_bytes = 0
        self._in_head = True
        self._reading_since = time.monotonic()
        self._current: Request | None = None
        self._waiting: deque[Request] = deque()
        self._closing = False
        self._refused = False
        self._write_since = 0.0
        self._held_bytes = 0
        self._advancing = False

    # asyncio's side

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._closing = True
        self.port.buffered_bytes -= self._held_bytes
        self._held_bytes = 0
        self._body = b""
        for request in self._waiting:
            request.done = True
        self._waiting.clear()
        if self._current is not None:
            self._current.held_bytes = 0
            self.frontend.abandoned(self._current)
        self.port.left(self)

    def pause_writing(self) -> None:
        """The client does not read: nothing more of it is taken in, so that its answers do not pile up."""
        self._write_since = time.monotonic()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._write_since = 0.0
        if self._closing:
            return
        if len(self._waiting) < _MAX_PIPELINED:
            self.transport.resume_reading()
        self._next()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if self._in_head:
            self._head_bytes += len(data)
            # The head may end within this chunk, the rest of which is body.
            if self._head_bytes > _MAX_HEAD_BYTES and b"\r\n\r\n" not in data:
                self._refuse_head()
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.refuse(400, "malformed_http", "this server speaks HTTP/1.1 and upgrades to nothing else")
        except httptools.HttpParserError as error:
            if not self._closing:
                self.refuse(400, "malformed_http", f"this is not HTTP/1.1: {error}")

    # httptools' side

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = {}
        self._body = b""
        self._body_bytes = 0
        self._in_head = True
        self._refused = False
        self._reading_since = time.monotonic()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # What stands behind a body is no header of the request.
            self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        if len(self._url) > _MAX_URL_BYTES:
            self.refuse(414, "url_too_long", f"the address is longer than {_MAX_URL_BYTES} bytes")
            return
        length = self._headers.get(b"content-length", b"0")
        if length != b"0" or b"transfer-encoding" in self._headers:
            # Whoever may not ask is told before a body is read for it.
            refusal = self.frontend.refusal(self.port.role, self._url, self._headers)
            if refusal is not None:
                self.refuse(refusal.status, "", refusal.message, refusal.headers)
                return
        if length.isdigit() and int(length) > self.frontend.settings.max_body_bytes:
            self._refuse_size()
        elif self._headers.get(b"expect", b"").lower() == b"100-continue" and self._current is None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        if self._refused:
            return
        self._body_bytes += len(data)
        self._hold(len(data))
        if not self._body:
            self._body = data
        elif isinstance(self._body, bytearray):
            self._body += data
        else:
            self._body = bytearray(self._body) + data
        if self._body_bytes > self.frontend.settings.max_body_bytes:
            self._refuse_size()
        elif self.port.buffered_bytes > self.port.max_buffered_bytes:
            self.refuse(503, "", "too many large requests at once", {"Retry-After": "1"})

    def on_message_complete(self) -> None:
        if self._refused:
            return
        body, self._body, self._body_bytes = bytes(self._body), b"", 0
        request = Request(self, self._parser.get_method().decode("latin-1"), self._url, self._headers, body)
        request.keep_alive = self._parser.should_keep_alive()
        self._reading_since = 0.0
        self._in_head = True
        self._waiting.append(request)
        if len(self._waiting) >= _MAX_PIPELINED:
            self.transport.pause_reading()
        self._next()

    # the server's side

    def _next(self) -> None:
        """The next request that waits, once the one before it is answered and its answer can be written."""
        if self._advancing:  # By an answer that came at once: thousands of those must not call each other.
            return
        self._advancing = True
        try:
            while self._waiting and self._current is None and not self._write_since and not self._closing:
                self._current = self._waiting.popleft()
                if len(self._waiting) == _MAX_PIPELINED - 1:
                    self.transport.resume_reading()
                self.frontend.received(self._current)
        finally:
            self._advancing = False

    def _hold(self, count: int) -> None:
        self._held_bytes += count
        self.port.buffered_bytes += count

    def _give_back(self, request: Request) -> None:
        self._hold(-request.held_bytes)
        request.held_bytes = 0

    def _refuse_head(self) -> None:
        self.refuse(431, "headers_too_large", f"the request's head is longer than {_MAX_HEAD_BYTES} bytes")

    def _refuse_size(self) -> None:
        self.refuse(413, "body_too_large", f"the body is larger than {self.frontend.settings.max_body_mib} MiB")

    def refuse(self, status: int, reason: str, message: str, headers: dict[str, str] | None = None) -> None:
        """Answers a request that is not read to its end, and closes."""
        if self._refused or self._closing:
            return
        self._refused = True
        self._hold(-self._body_bytes)
        self._body, self._body_bytes = b"", 0
        request = Request(self, "", self._url or b"/", self._headers, b"")
        request.keep_alive = False
        if (
            self._current is not None
        ):  # Answers to those before it go first; this connection says nothing more after them.
            (self._waiting[-1] if self._waiting else self._current).keep_alive = False
            return
        self._current = request
        self.frontend.refused(request, status, reason, message, headers or {})

    def respond(self, request: Request, status: int, head: bytes, body: bytes) -> None:
        """`head`: header lines, each ended. The last request of a connection closes it."""
        if self._closing or self.transport is None:
            return
        self._give_back(request)
        close = not request.keep_alive or self.frontend.closing or self.port.closing
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
        self.port.used(self)
        if self._waiting:
            self._next()
        elif not self._reading_since:
            self._reading_since = time.monotonic()

    def _close(self, linger: bool) -> None:
        if not linger:
            self.transport.close()
            return
        # Closing while the client still sends would reset the connection, and the client would never read why.
        self.transport.write_eof()
        self.frontend.loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def check_time(self, now: float) -> None:
        """Closes a connection that is idle, or whose client is too slow to send or to read."""
        limit = self.frontend.settings.read_timeout_seconds
        if self._write_since and now - self._write_since > limit:
            self.transport.abort()
        elif self._current is not None or self._closing or not self._reading_since:
            return
        elif self._head_bytes or not self._in_head:
            if now - self._reading_since > limit:
                self.refuse(408, "slow_client", f"the request was not complete after {limit} s")
        elif now - self._reading_since > _IDLE_SECONDS:
            self.transport.close()

    def waiting_seconds(self, now: float) -> float:
        """How long this server has waited for the client, or 0 while it has a request in hand."""
        return now - self._reading_since if self._current is None and self._reading_since else 0.0

    def close_if_idle(self) -> None:
        if self._current is None and not self._head_bytes and self._in_head:
            self._closing = True
            self.transport.close()
