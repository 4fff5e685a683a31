"""One worker's server: takes requests from connections, puts rows through the model together, and answers."""

import asyncio
import hmac
import logging
import os
import time
from bisect import bisect_left
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import formatdate
from itertools import count
from typing import Any

import orjson

from model_server.answers import encode, error_body, numbers_of
from model_server.canary import Canary, CanaryAnswer
from model_server.follower import ServedModel
from model_server.http import Connection, Request
from model_server.metrics import HISTOGRAMS, Metrics, exposition
from model_server.proof import part_of
from model_server.release import Release
from model_server.samples import Sampler
from model_server.settings import Settings
from model_server.wsgi import Reply, call_wsgi

_log = logging.getLogger("model_server.engine")

_QUICK_BODY_BYTES = 256 * 1024
_INLINE_SECONDS = 0.02
_JSON = frozenset((b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"))
_ROUTES = frozenset(("/ping", "/health", "/health/live", "/health/ready", "/invocations", "/version", "/openapi.json",
                     "/docs", "/metrics"))  # fmt: skip
_OPEN_ROUTES = frozenset(("/ping", "/health", "/health/live", "/health/ready"))


@dataclass(frozen=True)
class Listener:
    """`role`: cluster (everything), public (below a prefix, with a token) or metrics."""

    role: str


class Engine:
    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, metrics: Metrics, sampler: Sampler) -> None:
        self.settings = settings
        self.loop = loop
        self.metrics = metrics
        self.sampler = sampler
        self.connections: set[Connection] = set()
        self.buffered_bytes = 0
        self.max_buffered_bytes = 8 * settings.max_body_bytes
        self.draining = False
        self.model: ServedModel | None = None
        self.why_not = "no version yet"
        self.token: bytes | None = None
        self.wsgi: Callable[..., Any] | None = None
        self.canary = Canary(settings.canary_url, settings.threads) if settings.canary_url else None
        self._active: dict[Request, None] = {}
        self._queue: list[Request] = []
        self._queued_rows = 0
        self._flush_planned = False
        self._model_busy = False
        self._together = False
        self._batch_seconds = 0.0
        self._limit = max(1, settings.max_queue // settings.workers)
        self._threads = ThreadPoolExecutor(settings.threads, "request")
        self._model_thread = ThreadPoolExecutor(1, "model")
        self._canary_threads = ThreadPoolExecutor(settings.threads, "canary") if self.canary else None
        self._canary_asked = 0
        self._ids = (f"{os.urandom(8).hex()}-{number:x}" for number in count(1))
        self._name = settings.name
        self._head = b""
        self.tick_second()

    # what the worker tells

    def tick_second(self) -> None:
        self._head = f"Date: {formatdate(usegmt=True)}\r\nX-Model-Name: {self._name}\r\n".encode()
        now = time.monotonic()
        for connection in list(self.connections):
            connection.check_time(now)

    def tick(self) -> None:
        """Answers what has waited past its deadline; a prediction that comes later is dropped."""
        now = time.perf_counter()
        for request in [each for each in self._active if now > each.deadline]:
            seconds = self.settings.timeout_seconds
            self.fail(request, 504, "timeout", f"no prediction within {seconds:g} s", outcome="timeout")

    def save_metrics(self) -> None:
        name, track = self._name, self.settings.track
        self.metrics.gauge("model_server_inflight_requests", (name, track), len(self._active))
        self.metrics.gauge("model_server_queue_rows", (name, track), self._queued_rows)
        for kind, amount in self.sampler.take_counts():
            self.metrics.count(f"model_server_samples_{kind}", (name,), amount)
        self.metrics.save()

    def serve(self, model: ServedModel) -> None:
        """From the next request on, this version answers; requests that wait are answered by the one they came to."""
        self.model = model
        self._batch_seconds = model.first_seconds
        self.metrics.forget_gauges("model_server_model_info", "model_server_model_loaded_timestamp_seconds")
        name, track, version = self._name, self.settings.track, model.version
        self.metrics.gauge("model_server_model_info", (name, version, model.loaded.run_id, track), 1)
        self.metrics.gauge("model_server_model_loaded_timestamp_seconds", (name, version, track), model.loaded_at)
        _log.info("serving", extra={"model": name, "version": version, "track": track, "uri": model.loaded.uri})

    def load_failed(self, version: str, why: str) -> None:
        self.why_not = why
        self.metrics.count("model_server_model_load_failures_total", (self._name, version))

    def follow(self, release: Release) -> None:
        if self.canary is not None:
            self.canary.version = release.canary.version or "" if release.canary else ""
            self.canary.percent = release.canary_percent if release.canary else 0.0

    @property
    def busy(self) -> bool:
        return bool(self._active)

    # requests

    def received(self, request: Request) -> None:
        given = request.headers.get(b"x-request-id")
        known = given is not None and len(given) <= 128 and given.isascii() and given.decode().isprintable()
        request.request_id = given.decode() if known and given else next(self._ids)
        request.deadline = request.started + self.settings.timeout_seconds
        role = request.listener.role
        if role == "metrics":
            self._metrics_route(request)
            return
        if role == "public" and not self._admitted(request):
            return
        path = request.path
        request.route = path if path in _ROUTES else "/v2" if path.startswith("/v2") else "other"
        if path == "/invocations":
            if request.method == "POST":
                self._prediction(request)
            else:
                self.fail(request, 405, "", "predictions are asked for with POST", headers={"Allow": "POST"})
        elif path in _OPEN_ROUTES:
            self._probe(request)
        elif path.startswith("/v2/") and path.endswith("/infer") and request.method == "POST":
            self._prediction(request)
        else:
            self._active[request] = None
            self._threads.submit(self._through_flask, request)

    def _admitted(self, request: Request) -> bool:
        """Below the prefix, and with the token. Probes of a load balancer have no token."""
        prefix = self.settings.public_prefix
        if prefix and not (request.path == prefix or request.path.startswith(f"{prefix}/")):
            request.route = "other"
            self.fail(request, 404, "", f"the model is below {prefix}/")
            return False
        request.path = request.path[len(prefix) :] or "/"
        request.target = request.target[len(prefix) :] or b"/"
        if request.path in _OPEN_ROUTES:
            return True
        scheme, _, given = request.headers.get(b"authorization", b"").partition(b" ")
        if self.token and scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), self.token):
            return True
        request.route = request.path if request.path in _ROUTES else "other"
        message = "a bearer token is needed: Authorization: Bearer …"
        self.fail(request, 401, "", message, headers={"WWW-Authenticate": "Bearer"})
        return False

    def _probe(self, request: Request) -> None:
        ready = self.model is not None and not self.draining
        if request.path == "/health/live":
            status = 200
        elif request.path == "/ping" and self.settings.answers_ping_without_model:
            status = 200 if ready or self.why_not.startswith("no version yet") else 503
        else:
            status = 200 if ready else 503
        why = "draining" if self.draining else "ok" if status == 200 and self.model else self.why_not
        body = orjson.dumps({"status": why, "version": self.model.version if self.model else None})
        self.finish(request, Reply(status, body))

    def _metrics_route(self, request: Request) -> None:
        request.route = "/metrics"
        if request.path != "/metrics":
            self.fail(request, 404, "", "metrics are at /metrics")
            return
        self.save_metrics()
        self._active[request] = None
        self._threads.submit(self._expose, request)

    def _expose(self, request: Request) -> None:
        try:
            text, content_type = exposition(self.settings.metrics_dir)
            reply = Reply(200, text, content_type)
        except Exception:
            _log.exception("metrics cannot be read")
            reply = Reply(500, error_body(500, "metrics cannot be read; the log says why"))
        self.loop.call_soon_threadsafe(self.finish, request, reply)

    # predictions

    def _prediction(self, request: Request) -> None:
        if self.model is None:
            self.fail(request, 503, "", self.why_not, outcome="error", headers={"Retry-After": "5"})
        elif len(self._active) >= self._limit:
            message = f"{self._limit} requests wait already"
            self.fail(request, 429, "", message, outcome="overloaded", headers={"Retry-After": "1"})
        elif self.canary is not None and self._canary_asked < self.settings.threads and self.canary.takes():
            self._canary_asked += 1
            self._active[request] = None
            self._canary_threads.submit(self._ask_canary, request)  # type: ignore[union-attr]
        else:
            self._predict_here(request)

    def _ask_canary(self, request: Request) -> None:
        assert self.canary is not None
        # Half of the time, so that the other half is left for an answer of one's own.
        seconds = self.settings.timeout_seconds / 2
        target = request.target.decode("latin-1")
        try:
            answer = self.canary.ask(target, request.headers, request.request_id, request.body, seconds)
        except Exception:  # Nobody is to see that the canary failed, however it failed.
            _log.exception("the canary could not be asked")
            answer = CanaryAnswer("error", 0, b"", "", self.canary.version, 0.0)
        self.loop.call_soon_threadsafe(self._canary_answered, request, answer)

    def _canary_answered(self, request: Request, answer: CanaryAnswer) -> None:
        self._canary_asked -= 1
        self.metrics.observe("model_server_canary_duration_seconds", (self._name, answer.version), answer.seconds)
        if answer.outcome == "ok":
            self._count_canary(answer.version, "ok")
            request.version = answer.version
            self.finish(request, Reply(answer.status, answer.body, answer.content_type))
            return
        # What both versions refuse is no fault of the canary.
        request.reason = f"canary:{answer.version}:{answer.status}" if 400 <= answer.status < 500 else ""
        if not request.reason:
            self._count_canary(answer.version, answer.outcome)
        if not request.done:
            self._predict_here(request)

    def _count_canary(self, version: str, outcome: str) -> None:
        self.metrics.count("model_server_canary_requests_total", (self._name, version, outcome))

    def _predict_here(self, request: Request) -> None:
        model = self.model
        assert model is not None
        request.model = model
        request.version = model.version
        self._active[request] = None
        shortcut = model.shortcut
        headers = request.headers
        if (
            shortcut is not None
            and request.path == "/invocations"
            and len(request.body) <= _QUICK_BODY_BYTES
            and headers.get(b"content-type", b"").lower() in _JSON
            and b"content-encoding" not in headers
        ):
            try:
                payload = orjson.loads(request.body)
            except orjson.JSONDecodeError:
                payload = None
            rows = shortcut.reader.read(payload) if type(payload) is dict else None
            if rows is not None and len(rows) <= shortcut.max_rows:
                request.rows = rows
                self._enqueue(request)
                return
        self._threads.submit(self._through_flask, request)

    def _enqueue(self, request: Request) -> None:
        self._queue.append(request)
        self._queued_rows += len(request.rows)
        if self._flush_planned or self._model_busy:
            return
        self._flush_planned = True
        wait = self.settings.batch_wait_micros
        if wait and self._together:  # Alone, nobody else is to be waited for.
            self.loop.call_later(wait / 1e6, self._flush)
        else:
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Puts what waits through the model; requests that arrive meanwhile make the next batch."""
        self._flush_planned = False
        if self._model_busy or not self._queue:
            return
        waiting, self._queue, self._queued_rows = self._queue, [], 0
        self._together = len(waiting) > 1
        batches = _batches([each for each in waiting if not each.done])
        if self._batch_seconds * len(batches) <= _INLINE_SECONDS:
            for model, requests in batches:
                self._answer(requests, *_put_through(model, requests))
            return
        self._model_busy = True
        self._model_thread.submit(self._put_through_elsewhere, batches)

    def _put_through_elsewhere(self, batches: list[tuple[ServedModel, list[Request]]]) -> None:
        for model, requests in batches:
            live = [each for each in requests if not each.done]
            if live:
                answer, seconds = _put_through(model, live)
                self.loop.call_soon_threadsafe(self._answer, live, answer, seconds)
        self.loop.call_soon_threadsafe(self._model_free)

    def _model_free(self) -> None:
        self._model_busy = False
        self._flush()

    def _answer(self, requests: list[Request], answer: Any, seconds: float) -> None:
        if answer is None:
            # One row that the model cannot take must not fail the others; and MLflow's way finds the words for it.
            for request in requests:
                if not request.done:
                    self._threads.submit(self._through_flask, request)
            return
        self._batch_seconds = 0.9 * self._batch_seconds + 0.1 * seconds
        total = sum(len(each.rows) for each in requests)
        self.metrics.observe("model_server_batch_rows", (self._name, self.settings.track), total)
        start = 0
        for request in requests:
            end = start + len(request.rows)
            part = answer if len(requests) == 1 else part_of(answer, start, end)
            start = end
            if not request.done:
                request.outcome = "ok"
                self.predicted(request.version, part)
                self.finish(request, Reply(200, encode({"predictions": part})))
                self.sampler.offer(request.request_id, request.version, request.rows, part)

    def predicted(self, version: str, answer: Any) -> None:
        values = numbers_of(answer)
        if values:
            counts = self.metrics.histogram("model_prediction_value", (self._name, version))
            bounds = HISTOGRAMS["model_prediction_value"][2]
            for value in values:
                counts[bisect_left(bounds, value)] += 1
                counts[-1] += value

    def _through_flask(self, request: Request) -> None:
        if request.done:
            return
        assert self.wsgi is not None
        try:
            reply = call_wsgi(self.wsgi, request)
        except Exception:
            _log.exception("a request failed", extra={"request_id": request.request_id})
            reply = Reply(500, error_body(500, "the server failed; its log says why"), outcome="error")
        self.loop.call_soon_threadsafe(self._flask_answered, request, reply)

    def _flask_answered(self, request: Request, reply: Reply) -> None:
        if request.done:
            return
        if reply.predicted is not None:
            self.predicted(request.version, reply.predicted.answer)
            self.sampler.offer_data(request.request_id, request.version, reply.predicted)
        self.finish(request, reply)

    # answers

    def refused(self, request: Request, status: int, reason: str, message: str, headers: dict[str, str]) -> None:
        request.request_id = next(self._ids)
        request.route = "other"
        self.fail(request, status, reason, message, headers=headers, outcome="rejected" if reason else "overloaded")

    def fail(self, request: Request, status: int, reason: str, message: str, *, outcome: str = "",
             headers: dict[str, str] | None = None) -> None:  # fmt: skip
        reply = Reply(status, error_body(status, message, reason), headers=headers or {}, outcome=outcome, reason=reason)
        self.finish(request, reply)

    def abandoned(self, request: Request) -> None:
        """The client is gone."""
        if not request.done:
            self._active.pop(request, None)
            request.done = True
            self.buffered_bytes -= len(request.body)
            self._count(request, 499)

    def finish(self, request: Request, reply: Reply) -> None:
        if request.done:
            return
        request.done = True
        self._active.pop(request, None)
        outcome = reply.outcome or request.outcome
        if request.reason.startswith("canary:"):
            self._count_canary(request.reason.split(":")[1], "ok" if outcome == "rejected" else "error")
        if outcome:
            version = request.version or (self.model.version if self.model else "none")
            self.metrics.count("model_predictions_total", (self._name, version, outcome))
        if reply.outcome == "rejected":
            self.metrics.count("model_input_rejected_total", (self._name, reply.reason))
        self._count(request, reply.status)
        lines = [self._head, b"Content-Type: ", reply.content_type.encode(), b"\r\nX-Request-Id: ", request.request_id.encode()]
        version = request.version or (self.model.version if self.model else "")
        if version:
            lines += (b"\r\nX-Model-Version: ", version.encode())
        attributes = request.headers.get(b"x-amzn-sagemaker-custom-attributes")
        if attributes is not None:
            lines += (b"\r\nX-Amzn-SageMaker-Custom-Attributes: ", attributes)
        for name, value in reply.headers.items():
            lines.append(f"\r\n{name}: {value}".encode("latin-1"))
        lines.append(b"\r\n")
        if reply.status >= 400 or self.settings.access_log == "all":
            self._log_request(request, reply)
        request.connection.respond(request, reply.status, b"".join(lines), reply.body)

    def _count(self, request: Request, status: int) -> None:
        name, track = self._name, self.settings.track
        labels = (name, request.route, request.method, str(status), track)
        self.metrics.count("model_server_requests_total", labels)
        seconds = time.perf_counter() - request.started
        self.metrics.observe("model_server_request_duration_seconds", (name, request.route, track), seconds)

    def _log_request(self, request: Request, reply: Reply) -> None:
        level = logging.ERROR if reply.status == 500 else logging.INFO
        said = reply.body[:300].decode("utf-8", "replace") if reply.status >= 400 else None
        _log.log(level, "request", extra={"method": request.method, "path": request.path, "status": reply.status,
                 "request_id": request.request_id, "version": request.version, "answer": said,
                 "millis": round((time.perf_counter() - request.started) * 1000, 2)})  # fmt: skip


def _batches(requests: list[Request]) -> list[tuple[ServedModel, list[Request]]]:
    """Requests that may share one call of the model, within its largest tried batch."""
    batches: list[tuple[ServedModel, list[Request]]] = []
    open_batch: list[Request] = []
    open_model: ServedModel | None = None
    rows = 0
    for request in requests:
        served, size = request.model, len(request.rows)
        shortcut = served.shortcut
        shares = shortcut.together is not None and (size == 1 or not shortcut.together_only_single)
        if shares and served is open_model and rows + size <= shortcut.max_rows:
            open_batch.append(request)
            rows += size
            continue
        batch = [request]
        batches.append((served, batch))
        if shares:
            open_batch, open_model, rows = batch, served, size
    return batches


def _put_through(model: ServedModel, requests: list[Request]) -> tuple[Any, float]:
    """The model's answer, or None where it raised; and the seconds that it took."""
    shortcut = model.shortcut
    assert shortcut is not None
    started = time.perf_counter()
    try:
        if len(requests) == 1 or shortcut.together is None:
            answer = shortcut.predict(requests[0].rows)
        else:
            answer = shortcut.together([row for each in requests for row in each.rows])
    except Exception:
        answer = None
    return answer, time.perf_counter() - started
