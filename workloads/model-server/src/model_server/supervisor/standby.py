"""What the supervisor answers itself: metrics always, and all else while no worker takes requests."""

import asyncio
import logging
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import orjson

from model_server.errors import error_body
from model_server.frontend import Frontend, Health
from model_server.http import Request
from model_server.metrics import Metrics, exposition
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.settings import Settings

_log = logging.getLogger("model_server.standby")


class Standby(Frontend):
    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, health: Callable[[], Health],
                 total: Callable[[], Metrics]) -> None:  # fmt: skip
        metrics = Metrics()
        super().__init__(settings, loop, metrics, Replies(settings, metrics, lambda: "", lambda count: None))
        self.health = health  # type: ignore[method-assign]
        self._total = total

    def predict(self, request: Request) -> None:
        health = self.health()
        # A worker is there again, but this connection was made when there was none.
        why = "no worker could answer; ask again" if health.ready else health.status
        self.replies.fail(request, 503, "", why, outcome="error", headers={"Retry-After": "5"})

    def show(self, request: Request) -> None:
        path = request.path
        if request.role == "metrics":
            self._show_metrics(request)
        elif path == "/version":
            self.replies.finish(request, Reply(200, _mlflow_version().encode()))
        elif path == "/v2/health/live":
            self.replies.finish(request, Reply(200, b'{"live":true}'))
        elif path == "/v2/health/ready":
            self.replies.finish(request, Reply(503, b'{"ready":false}', to_probe=True))
        else:
            message = self.health().status
            self.replies.finish(request, Reply(503, error_body(503, message, path=path), headers={"Retry-After": "5"}))

    def _show_metrics(self, request: Request) -> None:
        request.route = "/metrics"
        if request.path != "/metrics":
            self.replies.fail(request, 404, "", "metrics are at /metrics")
            return
        text, content_type = exposition(self._total())
        self.replies.finish(request, Reply(200, text, content_type))


def _mlflow_version() -> str:
    for package in ("mlflow", "mlflow-skinny"):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return orjson.dumps(None).decode()
