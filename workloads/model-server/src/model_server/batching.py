"""Rows of requests that arrive together go through the model together, where their answers are the same as alone."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import orjson

from model_server.answers import encode
from model_server.calls import Calls
from model_server.http import Request
from model_server.metrics import Metrics
from model_server.paths import Shortcut, part_of
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.samples import Sampler
from model_server.settings import Settings

_INLINE_SECONDS = 0.02


class Batching:
    """
    `through_app` answers, in a thread, what the shortcut does not take or the model refuses.

    Only models that share a call are known well enough to be called on the event loop, and only while they are quick: their code is
    a library's, which neither waits nor hangs. All others are called in threads, each request by itself.
    """

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, metrics: Metrics, replies: Replies, sampler: Sampler,
                 calls: Calls, shortcut: Shortcut, through_app: Callable[[Request], None]) -> None:  # fmt: skip
        self.queued_rows = 0
        self._settings = settings
        self._loop = loop
        self._metrics = metrics
        self._replies = replies
        self._sampler = sampler
        self._calls = calls
        self._shortcut = shortcut
        self._through_app = through_app
        self._seconds = shortcut.seconds
        self._queue: list[Request] = []
        self._flush_planned = False
        self._model_busy = False
        self._together = False

    def put(self, request: Request) -> None:
        """A request whose `rows` are read."""
        if self._shortcut.together is None or len(request.rows) > self._shortcut.max_rows:
            self._calls.submit(lambda: self._alone(request))
            return
        self._queue.append(request)
        self.queued_rows += len(request.rows)
        if self._flush_planned or self._model_busy:
            return
        self._flush_planned = True
        wait = self._settings.batch_wait_micros
        if wait and self._together:  # Alone, nobody else is to be waited for.
            self._loop.call_later(wait / 1e6, self._flush)
        else:
            self._loop.call_soon(self._flush)

    def put_unread(self, request: Request) -> None:
        """A request too large to be read on the event loop."""
        self._calls.submit(lambda: self._read_and_predict(request))

    # several at once

    def _flush(self) -> None:
        """Puts what waits through the model; requests that arrive meanwhile make the next batch."""
        self._flush_planned = False
        if self._model_busy or not self._queue:
            return
        waiting, self._queue, self.queued_rows = self._queue, [], 0
        self._together = len(waiting) > 1
        batches = self._batches([each for each in waiting if not each.done])
        if self._seconds * len(batches) <= _INLINE_SECONDS:
            for requests in batches:
                self._answer(requests, *self._ask(requests))
            return
        self._model_busy = True
        self._calls.submit(lambda: self._flush_elsewhere(batches))

    def _flush_elsewhere(self, batches: list[list[Request]]) -> None:
        try:
            for requests in batches:
                live = [each for each in requests if not each.done]
                if live:
                    self._loop.call_soon_threadsafe(self._answer, live, *self._ask(live))
        finally:
            self._loop.call_soon_threadsafe(self._model_free)

    def _model_free(self) -> None:
        self._model_busy = False
        self._flush()

    def _batches(self, requests: list[Request]) -> list[list[Request]]:
        """Requests that may share one call of the model, within its largest batch; each of the others by itself."""
        batches: list[list[Request]] = []
        shared: list[Request] = []
        rows = 0
        for request in requests:
            size = len(request.rows)
            if size > 1 and self._shortcut.together_only_single:
                batches.append([request])
            elif shared and rows + size <= self._shortcut.max_rows:
                shared.append(request)
                rows += size
            else:
                shared, rows = [request], size
                batches.append(shared)
        return batches

    def _ask(self, requests: list[Request]) -> tuple[list[Any] | None, float]:
        """Each request's answer, or None where the model raised; and the seconds that it took."""
        shortcut = self._shortcut
        started = time.perf_counter()
        try:
            if len(requests) == 1:
                return [shortcut.predict(requests[0].rows)], time.perf_counter() - started
            assert shortcut.together is not None
            answer = shortcut.together([row for each in requests for row in each.rows])
        except Exception:
            return None, time.perf_counter() - started
        seconds = time.perf_counter() - started
        answers, start = [], 0
        for request in requests:
            end = start + len(request.rows)
            answers.append(part_of(answer, start, end))
            start = end
        return answers, seconds

    def _answer(self, requests: list[Request], answers: list[Any] | None, seconds: float) -> None:
        if answers is None:
            # One row that the model cannot take must not fail the others; and MLflow's way finds the words for it.
            for request in requests:
                if not request.done:
                    self._calls.submit(lambda request=request: self._through_app(request))  # type: ignore[misc]
            return
        self._seconds = 0.9 * self._seconds + 0.1 * seconds
        self._observe(sum(len(each.rows) for each in requests))
        for request, answer in zip(requests, answers):
            if not request.done:
                self._finish(request, answer, encode({"predictions": answer}))

    # one by itself, in a thread

    def _read_and_predict(self, request: Request) -> None:
        if request.done:
            return
        rows = self.rows_of(request)
        if rows is None:
            self._through_app(request)
            return
        request.rows = rows
        self._alone(request)

    def rows_of(self, request: Request) -> Any:
        """What the shortcut's reader is sure of, or None."""
        try:
            payload = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return None
        return self._shortcut.reader.read(payload) if type(payload) is dict else None

    def _alone(self, request: Request) -> None:
        if request.done:
            return
        try:
            answer = self._shortcut.predict(request.rows)
            body = encode({"predictions": answer})
        except BaseException:
            self._through_app(request)
            return
        self._loop.call_soon_threadsafe(self._answered_alone, request, answer, body)

    def _answered_alone(self, request: Request, answer: Any, body: bytes) -> None:
        self._observe(len(request.rows))
        if not request.done:
            self._finish(request, answer, body)

    def _observe(self, rows: int) -> None:
        self._metrics.observe("model_server_batch_rows", (self._settings.name, self._settings.track), rows)

    def _finish(self, request: Request, answer: Any, body: bytes) -> None:
        request.outcome = "ok"
        self._replies.predicted(request.version, answer)
        self._replies.finish(request, Reply(200, body))
        self._sampler.offer(request.request_id, request.version, request.rows, answer)
