"""What a worker and the supervisor have in common: who may ask, and the routes that need no model."""

import asyncio
import hmac
import logging
from dataclasses import dataclass, field
from typing import Any

from model_server.errors import plain_json
from model_server.http import Request
from model_server.metrics import Metrics
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.settings import Settings

_log = logging.getLogger("model_server.frontend")

_ROUTES = frozenset(("/ping", "/health", "/health/live", "/health/ready", "/invocations", "/version", "/openapi.json",
                     "/docs", "/metrics"))  # fmt: skip
_PROBES = frozenset(("/ping", "/health", "/health/live", "/health/ready"))


@dataclass(frozen=True)
class Refusal:
    """Why a caller of the public port gets nothing."""

    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Health:
    """`empty`: nothing is wrong, there is no version yet. `wanted`: what is said of a version that is to replace this one."""

    ready: bool
    status: str
    version: str | None
    empty: bool = False
    wanted: dict[str, Any] | None = None


class Frontend:
    """Connections hand their requests over here. Nothing that goes wrong with one leaves it without an answer."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, metrics: Metrics, replies: Replies) -> None:
        self.settings = settings
        self.loop = loop
        self.metrics = metrics
        self.replies = replies
        self.closing = False
        self.token: bytes | None = None

    # for those who have something to answer with

    def health(self) -> Health:
        raise NotImplementedError

    def predict(self, request: Request) -> None:
        raise NotImplementedError

    def show(self, request: Request) -> None:
        """Any route that is neither a probe nor a prediction."""
        raise NotImplementedError

    # what a connection tells

    def received(self, request: Request) -> None:
        try:
            self.replies.identify(request)
            request.deadline = request.started + self.settings.timeout_seconds
            self._route(request)
        except Exception:
            _log.exception("a request failed", extra={"request_id": request.request_id})
            self.replies.fail(request, 500, "", "the server failed; its log says why", outcome="error")

    def refused(self, request: Request, status: int, reason: str, message: str, headers: dict[str, str]) -> None:
        request.anonymous = request.role == "public"
        self.replies.refused(request, status, reason, message, headers)

    def abandoned(self, request: Request) -> None:
        if not request.done:
            self.replies.abandoned(request)

    def refusal(self, role: str, target: bytes, headers: dict[bytes, bytes], with_body: bool = True) -> Refusal | None:
        """On the public port: below the prefix, and with the token. Probes of a load balancer have none, and no body."""
        if role != "public":
            return None
        prefix = self.settings.public_prefix
        path = target.partition(b"?")[0].decode("latin-1")
        if prefix and not (path == prefix or path.startswith(f"{prefix}/")):
            return Refusal(404, f"the model is below {prefix}/")
        if self._has_token(headers) or not with_body and path[len(prefix) :] in _PROBES:
            return None
        return Refusal(401, "a bearer token is needed: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})

    # regular tasks

    def tick_second(self) -> None:
        self.replies.tick_second()
        file = self.settings.token_file
        if file is not None:
            try:
                self.token = file.read_bytes().strip() or None
            except OSError as error:
                _log.error("the token cannot be read", extra={"error": str(error)})

    # where it goes

    def _has_token(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        return bool(self.token and scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), self.token))

    def _route(self, request: Request) -> None:
        if request.role == "public" and not self._admitted(request):
            return
        path = request.path
        request.route = _route_name(path)
        if path == "/invocations" and request.role != "metrics":
            if request.method == "POST":
                self.predict(request)
            else:
                self.replies.fail(request, 405, "", "predictions are asked for with POST", headers={"Allow": "POST"})
        elif path in _PROBES and request.role != "metrics":
            self._probe(request)
        elif (
            path.startswith("/v2/")
            and path.endswith("/infer")
            and request.method == "POST"
            and request.role != "metrics"
        ):
            self.predict(request)
        else:
            self.show(request)

    def _admitted(self, request: Request) -> bool:
        request.anonymous = not self._has_token(request.headers)
        refusal = self.refusal(request.role, request.target, request.headers, with_body=request.held_bytes > 0)
        prefix = self.settings.public_prefix
        if refusal is not None:
            request.route = _route_name(request.path[len(prefix) :]) if refusal.status == 401 else "other"
            self.replies.fail(request, refusal.status, "", refusal.message, headers=refusal.headers)
            return False
        request.path = request.path[len(prefix) :] or "/"
        request.target = request.target[len(prefix) :] or b"/"
        return True

    def _probe(self, request: Request) -> None:
        health = self.health()
        if request.path == "/health/live":
            status = 200
        elif request.path == "/ping" and self.settings.answers_ping_without_model:
            status = 200 if health.ready or health.empty else 503
        else:
            status = 200 if health.ready else 503
        if request.anonymous:  # What a load balancer needs, and no more.
            content: dict[str, Any] = {"status": "ok" if health.ready else "unavailable"}
        else:
            content = {"status": health.status, "version": health.version}
            if health.wanted:
                content["wanted"] = health.wanted
        self.replies.finish(request, Reply(status, plain_json(content), to_probe=True))


def _route_name(path: str) -> str:
    return path if path in _ROUTES else "/v2" if path.startswith("/v2") else "other"
