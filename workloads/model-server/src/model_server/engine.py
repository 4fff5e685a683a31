"""One worker's server: what is served, and where each request goes."""

import asyncio
import hmac
import logging
import time
from dataclasses import dataclass

import orjson

from model_server.batching import Batching
from model_server.errors import plain_json
from model_server.follower import ServedModel
from model_server.forwarding import Forwarding
from model_server.http import Connection, Request
from model_server.metrics import Metrics
from model_server.release import Release
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.samples import Sampler
from model_server.settings import Settings
from model_server.threads import Threads

_log = logging.getLogger("model_server.engine")

_REASON_CHARACTERS = 300
_QUICK_BODY_BYTES = 256 * 1024
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
        self._limit = max(1, settings.max_queue // settings.workers)
        self._name = settings.name
        self._replies = Replies(settings, metrics, lambda: self.model.version if self.model else "")
        self.threads = Threads(settings, loop, self._replies, sampler)
        self._batching = Batching(settings, loop, metrics, self._replies, sampler, self.threads.ask_app)
        url = settings.canary_url
        self._forwarding = Forwarding(settings, url, loop, metrics, self._replies, self._predict_here) if url else None

    # what the worker tells

    def tick_second(self) -> None:
        self._replies.tick_second()
        now = time.monotonic()
        for connection in list(self.connections):
            connection.check_time(now)

    def tick(self) -> None:
        self._replies.tick()

    def save_metrics(self) -> None:
        name, track = self._name, self.settings.track
        self.metrics.gauge("model_server_inflight_requests", (name, track), len(self._replies.active))
        self.metrics.gauge("model_server_queue_rows", (name, track), self._batching.queued_rows)
        for kind, amount in self.sampler.take_counts():
            self.metrics.count(f"model_server_samples_{kind}", (name,), amount)
        self.metrics.save()

    def serve(self, model: ServedModel) -> None:
        """From the next request on, this version answers; requests that wait are answered by the one they came to."""
        self.model = model
        self._batching.batch_seconds = model.first_seconds
        self.metrics.forget_gauges("model_server_model_info", "model_server_model_loaded_timestamp_seconds",
                                   "model_server_model_load_failure_info")  # fmt: skip
        name, track, version = self._name, self.settings.track, model.version
        self.metrics.gauge("model_server_model_info", (name, version, model.loaded.run_id, track), 1)
        self.metrics.gauge("model_server_model_loaded_timestamp_seconds", (name, version, track), model.loaded_at)
        _log.info("serving", extra={"model": name, "version": version, "track": track, "uri": model.loaded.uri})

    def load_failed(self, version: str, why: str) -> None:
        self.why_not = why
        self.metrics.count("model_server_model_load_failures_total", (self._name, version))
        self.metrics.forget_gauges("model_server_model_load_failure_info")
        self.metrics.gauge("model_server_model_load_failure_info", (self._name, version, why[:_REASON_CHARACTERS]), 1)

    def follow(self, release: Release) -> None:
        if self._forwarding is not None:
            self._forwarding.follow(release)

    # what a connection tells

    def received(self, request: Request) -> None:
        self._replies.identify(request)
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
                self._replies.fail(request, 405, "", "predictions are asked for with POST", headers={"Allow": "POST"})
        elif path in _OPEN_ROUTES:
            self._probe(request)
        elif path.startswith("/v2/") and path.endswith("/infer") and request.method == "POST":
            self._prediction(request)
        else:
            self.threads.ask_app(request)

    def refused(self, request: Request, status: int, reason: str, message: str, headers: dict[str, str]) -> None:
        self._replies.refused(request, status, reason, message, headers)

    def abandoned(self, request: Request) -> None:
        if not request.done:
            self.buffered_bytes -= len(request.body)
            self._replies.abandoned(request)

    # where it goes

    def _admitted(self, request: Request) -> bool:
        """Below the prefix, and with the token. Probes of a load balancer have no token."""
        prefix = self.settings.public_prefix
        if prefix and not (request.path == prefix or request.path.startswith(f"{prefix}/")):
            request.route = "other"
            self._replies.fail(request, 404, "", f"the model is below {prefix}/")
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
        self._replies.fail(request, 401, "", message, headers={"WWW-Authenticate": "Bearer"})
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
        body = plain_json({"status": why, "version": self.model.version if self.model else None})
        self._replies.finish(request, Reply(status, body))

    def _metrics_route(self, request: Request) -> None:
        request.route = "/metrics"
        if request.path != "/metrics":
            self._replies.fail(request, 404, "", "metrics are at /metrics")
            return
        self.save_metrics()
        self.threads.ask_metrics(request)

    def _prediction(self, request: Request) -> None:
        if self.model is None:
            self._replies.fail(request, 503, "", self.why_not, outcome="error", headers={"Retry-After": "5"})
        elif len(self._replies.active) >= self._limit:
            message = f"{self._limit} requests wait already"
            self._replies.fail(request, 429, "", message, outcome="overloaded", headers={"Retry-After": "1"})
        elif self._forwarding is not None and self._forwarding.takes():
            self._forwarding.pass_on(request)
        else:
            self._predict_here(request)

    def _predict_here(self, request: Request) -> None:
        model = self.model
        assert model is not None
        request.model = model
        request.version = model.version
        self._replies.active[request] = None
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
                self._batching.put(request)
                return
        self.threads.ask_app(request)
