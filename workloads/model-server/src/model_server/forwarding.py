"""The canary's share of the requests: asked in threads, and answered here where the canary does not answer well."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from model_server.canary import Canary, CanaryAnswer
from model_server.http import Request
from model_server.metrics import Metrics
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.settings import Settings

_log = logging.getLogger("model_server.forwarding")


class Forwarding:
    """`predict_here` answers by this server's own model."""

    def __init__(self, settings: Settings, url: str, loop: asyncio.AbstractEventLoop, metrics: Metrics, replies: Replies,
                 predict_here: Callable[[Request], None]) -> None:  # fmt: skip
        self._settings = settings
        self._loop = loop
        self._metrics = metrics
        self._replies = replies
        self._predict_here = predict_here
        self._canary = Canary(url, settings.threads)
        self._threads = ThreadPoolExecutor(settings.threads, "canary")
        self._asked = 0

    def follow(self, version: str, percent: float) -> None:
        self._canary.version = version
        self._canary.percent = percent

    def takes(self) -> bool:
        return self._asked < self._settings.threads and self._canary.takes()

    def pass_on(self, request: Request) -> None:
        self._asked += 1
        self._replies.begin(request)
        self._threads.submit(self._ask, request)

    def _ask(self, request: Request) -> None:
        # Half of the time, so that the other half is left for an answer of one's own.
        seconds = self._settings.timeout_seconds / 2
        target = request.target.decode("latin-1")
        try:
            answer = self._canary.ask(target, request.headers, request.request_id, request.body, seconds)
        except Exception:  # Nobody is to see that the canary failed, however it failed.
            _log.exception("the canary could not be asked")
            answer = CanaryAnswer("error", 0, b"", "", self._canary.version, 0.0)
        self._loop.call_soon_threadsafe(self._answered, request, answer)

    def _answered(self, request: Request, answer: CanaryAnswer) -> None:
        self._asked -= 1
        labels = (self._settings.name, answer.version)
        self._metrics.observe("model_server_canary_duration_seconds", labels, answer.seconds)
        if answer.outcome == "ok":
            self._replies.count_canary(answer.version, "ok")
            request.version = answer.version
            self._replies.finish(request, Reply(answer.status, answer.body, answer.content_type))
            return
        # What both versions refuse is no fault of the canary.
        request.reason = f"canary:{answer.version}:{answer.status}" if 400 <= answer.status < 500 else ""
        if not request.reason:
            self._replies.count_canary(answer.version, answer.outcome)
        if not request.done:
            self._predict_here(request)
