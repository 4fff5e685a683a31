"""Rows of requests that arrive together go through the model together, where their answers are the same as alone."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from model_server.answers import encode
from model_server.follower import ServedModel
from model_server.http import Request
from model_server.metrics import Metrics
from model_server.paths import part_of
from model_server.replies import Replies
from model_server.reply import Reply
from model_server.samples import Sampler
from model_server.settings import Settings

_INLINE_SECONDS = 0.02


class Batching:
    """Requests whose `rows` and `model` are set wait here, never for long. `one_by_one` takes those that the model refuses."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, metrics: Metrics, replies: Replies, sampler: Sampler,
                 one_by_one: Callable[[Request], None]) -> None:  # fmt: skip
        self.queued_rows = 0
        self.batch_seconds = 0.0
        self._settings = settings
        self._loop = loop
        self._metrics = metrics
        self._replies = replies
        self._sampler = sampler
        self._one_by_one = one_by_one
        self._queue: list[Request] = []
        self._flush_planned = False
        self._model_busy = False
        self._together = False
        self._model_thread = ThreadPoolExecutor(1, "model")

    def put(self, request: Request) -> None:
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

    def _flush(self) -> None:
        """Puts what waits through the model; requests that arrive meanwhile make the next batch."""
        self._flush_planned = False
        if self._model_busy or not self._queue:
            return
        waiting, self._queue, self.queued_rows = self._queue, [], 0
        self._together = len(waiting) > 1
        batches = _batches([each for each in waiting if not each.done])
        if self.batch_seconds * len(batches) <= _INLINE_SECONDS:
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
                self._loop.call_soon_threadsafe(self._answer, live, answer, seconds)
        self._loop.call_soon_threadsafe(self._model_free)

    def _model_free(self) -> None:
        self._model_busy = False
        self._flush()

    def _answer(self, requests: list[Request], answer: Any, seconds: float) -> None:
        if answer is None:
            # One row that the model cannot take must not fail the others; and MLflow's way finds the words for it.
            for request in requests:
                if not request.done:
                    self._one_by_one(request)
            return
        self.batch_seconds = 0.9 * self.batch_seconds + 0.1 * seconds
        total = sum(len(each.rows) for each in requests)
        self._metrics.observe("model_server_batch_rows", (self._settings.name, self._settings.track), total)
        start = 0
        for request in requests:
            end = start + len(request.rows)
            part = answer if len(requests) == 1 else part_of(answer, start, end)
            start = end
            if not request.done:
                request.outcome = "ok"
                self._replies.predicted(request.version, part)
                self._replies.finish(request, Reply(200, encode({"predictions": part})))
                self._sampler.offer(request.request_id, request.version, request.rows, part)


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
