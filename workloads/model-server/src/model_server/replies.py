"""How a request ends: its answer goes to the client, and it is counted and logged once."""

import logging
import os
import re
import time
from bisect import bisect_left
from collections.abc import Callable
from email.utils import formatdate
from itertools import count
from typing import Any

from model_server.errors import error_body
from model_server.http import Request
from model_server.metrics import HISTOGRAMS, Metrics
from model_server.reply import Reply
from model_server.settings import Settings

_log = logging.getLogger("model_server.replies")


#: SageMaker hands on no header of the caller's but its custom attributes.
_REQUEST_ID = re.compile(rb"(?:^|[\s,;])request_id=([\w.:@+/-]+)")


#: One value beyond would leave no sum.
_INFINITE = 1e300


def _named(attributes: bytes | None) -> bytes | None:
    found = _REQUEST_ID.search(attributes) if attributes else None
    return found[1] if found else None


class Replies:
    """`version_now`: what is served, or an empty text. `active_changed` is told how many requests have no answer yet."""

    def __init__(self, settings: Settings, metrics: Metrics, version_now: Callable[[], str],
                 active_changed: Callable[[int], None]) -> None:  # fmt: skip
        self.active: dict[Request, None] = {}
        self._active_changed = active_changed
        self._settings = settings
        self._metrics = metrics
        self._version_now = version_now
        self._name = settings.name
        self._ids = (f"{os.urandom(8).hex()}-{number:x}" for number in count(1))
        self._head = b""
        self.tick_second()

    def tick_second(self) -> None:
        self._head = f"Date: {formatdate(usegmt=True)}\r\nX-Model-Name: {self._name}\r\n".encode()

    def tick(self) -> None:
        """Answers 504 to every request whose deadline has passed. A prediction that comes after it is dropped."""
        now = time.perf_counter()
        for request in [each for each in self.active if now > each.deadline]:
            seconds = self._settings.timeout_seconds
            self.fail(request, 504, "timeout", f"no prediction within {seconds:g} s", outcome="timeout")

    def begin(self, request: Request) -> None:
        """From now on this request has a deadline, and counts among those that wait."""
        self.active[request] = None
        self._active_changed(len(self.active))

    def _end(self, request: Request) -> None:
        request.done = True
        if self.active.pop(request, self) is None:
            self._active_changed(len(self.active))

    def identify(self, request: Request) -> None:
        """Its own id where it can be written to a log and a header, else a new one."""
        given = request.headers.get(b"x-request-id") or _named(
            request.headers.get(b"x-amzn-sagemaker-custom-attributes")
        )
        known = given is not None and len(given) <= 128 and given.isascii() and given.decode().isprintable()
        request.request_id = given.decode() if known and given else next(self._ids)

    def refused(self, request: Request, status: int, reason: str, message: str, headers: dict[str, str]) -> None:
        request.request_id = next(self._ids)
        request.route = "other"
        self.fail(request, status, reason, message, headers=headers, outcome="rejected" if reason else "overloaded")

    def fail(self, request: Request, status: int, reason: str, message: str, *, outcome: str = "",
             headers: dict[str, str] | None = None) -> None:  # fmt: skip
        reply = Reply(
            status,
            error_body(status, message, reason, request.path),
            headers=headers or {},
            outcome=outcome,
            reason=reason,
        )
        self.finish(request, reply)

    def abandoned(self, request: Request) -> None:
        """The client is gone, and what it sent is forgotten, also where it still waits for a thread."""
        self._end(request)
        request.body = b""
        self._count(request, 499)

    def finish(self, request: Request, reply: Reply) -> None:
        if request.done:
            return
        version = request.version or self._version_now()
        head = self._head_of(request, reply, version)
        self._end(request)
        outcome = reply.outcome or request.outcome
        if request.reason.startswith("canary:"):
            self.count_canary(request.reason.split(":")[1], "ok" if outcome == "rejected" else "error")
        if outcome:
            self._metrics.count("model_predictions_total", (self._name, version or "none", outcome))
        if reply.outcome == "rejected":
            self._metrics.count("model_input_rejected_total", (self._name, reply.reason))
        self._count(request, reply.status)
        if (reply.status >= 400 and not reply.to_probe) or self._settings.access_log == "all":
            self._log_request(request, reply)
        request.connection.respond(request, reply.status, head, reply.body)

    def _head_of(self, request: Request, reply: Reply, version: str) -> bytes:
        lines = [
            self._head,
            b"Content-Type: ",
            reply.content_type.encode(),
            b"\r\nX-Request-Id: ",
            request.request_id.encode(),
        ]
        if version and not request.anonymous:
            lines += (b"\r\nX-Model-Version: ", version.encode())
        attributes = request.headers.get(b"x-amzn-sagemaker-custom-attributes")
        if attributes is not None:
            lines += (b"\r\nX-Amzn-SageMaker-Custom-Attributes: ", attributes)
        for name, value in reply.headers.items():
            lines.append(f"\r\n{name}: {value}".encode("latin-1", "replace"))
        lines.append(b"\r\n")
        return b"".join(lines)

    def count_canary(self, version: str, outcome: str) -> None:
        self._metrics.count("model_server_canary_requests_total", (self._name, version, outcome))

    def predicted(self, version: str, answer: Any) -> None:
        values = numbers_of(answer)
        if values:
            counts = self._metrics.histogram("model_prediction_value", (self._name, version))
            bounds = HISTOGRAMS["model_prediction_value"][2]
            for value in values:
                counts[bisect_left(bounds, value)] += 1
                counts[-1] += value

    def _count(self, request: Request, status: int) -> None:
        name, track = self._name, self._settings.track
        labels = (name, request.route, request.method, str(status), track)
        self._metrics.count("model_server_requests_total", labels)
        seconds = time.perf_counter() - request.started
        self._metrics.observe("model_server_request_duration_seconds", (name, request.route, track), seconds)

    def _log_request(self, request: Request, reply: Reply) -> None:
        level = logging.ERROR if reply.status == 500 else logging.INFO
        said = reply.body[:300].decode("utf-8", "replace") if reply.status >= 400 else None
        more = {"unlimited": True} if self._settings.access_log == "all" else {}
        _log.log(level, "request", extra={"method": request.method, "path": request.path, "status": reply.status,
                 "request_id": request.request_id, "version": request.version, "answer": said, **more,
                 "millis": round((time.perf_counter() - request.started) * 1000, 2)})  # fmt: skip


def numbers_of(answer: Any) -> list[float]:
    """The values of an answer that a histogram can hold: one number per row, or a row's only value."""
    values = answer if type(answer) is list else []
    if values and type(values[0]) is dict and len(values[0]) == 1:
        values = [next(iter(each.values()), None) for each in values]
    return [each for each in values if type(each) in (int, float) and abs(each) < _INFINITE]
