"""The way of requests through the Flask app, in threads."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from model_server.calls import Calls
from model_server.errors import error_body, words
from model_server.http import Request
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.samples import Sampler
from model_server.wsgi import call_wsgi

_log = logging.getLogger("model_server.threads")

_PAGE_THREADS = 2


class Threads:
    """`app` is to be set before the first request. Pages have threads of their own, which no call of the model can hold."""

    def __init__(self, calls: Calls, loop: asyncio.AbstractEventLoop, replies: Replies, sampler: Sampler) -> None:
        self.app: Callable[..., Any] | None = None
        self._calls = calls
        self._loop = loop
        self._replies = replies
        self._sampler = sampler
        self._pages = ThreadPoolExecutor(_PAGE_THREADS, "pages")

    def predict(self, request: Request) -> None:
        self._replies.begin(request)
        self._calls.submit(lambda: self.through_app(request))

    def show(self, request: Request) -> None:
        self._replies.begin(request)
        self._pages.submit(self.through_app, request)

    def through_app(self, request: Request) -> None:
        """In a thread of either kind."""
        if request.done:
            return
        assert self.app is not None
        try:
            reply = call_wsgi(self.app, request)
        except SystemExit as error:
            _log.error("the model asked to end the process", extra={"request_id": request.request_id})
            reply = Reply(
                500,
                error_body(500, f"the model asked to end the process: {words(error)}", path=request.path),
                outcome="error",
            )
        except BaseException:
            _log.exception("a request failed", extra={"request_id": request.request_id})
            reply = Reply(
                500, error_body(500, "the server failed; its log says why", path=request.path), outcome="error"
            )
        self._loop.call_soon_threadsafe(self._answered, request, reply)

    def _answered(self, request: Request, reply: Reply) -> None:
        if request.done:
            return
        if reply.predicted is not None:
            self._replies.predicted(request.version, reply.predicted.answer)
            self._sampler.offer_data(request.request_id, request.version, reply.predicted)
        self._replies.finish(request, reply)
