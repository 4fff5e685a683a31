"""What does not go through the event loop: the Flask app, and the sum of all workers' metrics."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from model_server.errors import error_body
from model_server.http import Request
from model_server.metrics import exposition
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.samples import Sampler
from model_server.settings import Settings
from model_server.wsgi import call_wsgi

_log = logging.getLogger("model_server.threads")


class Threads:
    """`app` is to be set before the first request."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, replies: Replies, sampler: Sampler) -> None:
        self.app: Callable[..., Any] | None = None
        self._settings = settings
        self._loop = loop
        self._replies = replies
        self._sampler = sampler
        self._pool = ThreadPoolExecutor(settings.threads, "request")

    def ask_app(self, request: Request) -> None:
        self._replies.active[request] = None
        self._pool.submit(self._through_app, request)

    def ask_metrics(self, request: Request) -> None:
        self._replies.active[request] = None
        self._pool.submit(self._expose, request)

    def _through_app(self, request: Request) -> None:
        if request.done:
            return
        assert self.app is not None
        try:
            reply = call_wsgi(self.app, request)
        except Exception:
            _log.exception("a request failed", extra={"request_id": request.request_id})
            reply = Reply(500, error_body(500, "the server failed; its log says why"), outcome="error")
        self._loop.call_soon_threadsafe(self._answered, request, reply)

    def _answered(self, request: Request, reply: Reply) -> None:
        if request.done:
            return
        if reply.predicted is not None:
            self._replies.predicted(request.version, reply.predicted.answer)
            self._sampler.offer_data(request.request_id, request.version, reply.predicted)
        self._replies.finish(request, reply)

    def _expose(self, request: Request) -> None:
        try:
            text, content_type = exposition(self._settings.metrics_dir)
            reply = Reply(200, text, content_type)
        except Exception:
            _log.exception("metrics cannot be read")
            reply = Reply(500, error_body(500, "metrics cannot be read; the log says why"))
        self._loop.call_soon_threadsafe(self._replies.finish, request, reply)
