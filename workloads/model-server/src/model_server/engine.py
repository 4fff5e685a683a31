"""A worker's answers: one version of a model, for as long as the worker lives."""

import asyncio
import logging
from typing import Any

from model_server.batching import Batching
from model_server.calls import Calls
from model_server.forwarding import Forwarding
from model_server.frontend import Frontend, Health
from model_server.http import Request
from model_server.metrics import Metrics
from model_server.replies import Replies
from model_server.rows import ColumnReader
from model_server.samples import Sampler
from model_server.scoreboard import Scoreboard
from model_server.served import ServedModel
from model_server.settings import Settings
from model_server.threads import Threads

_log = logging.getLogger("model_server.engine")

# Reading more than this would keep other requests waiting; and more than the other, side by side, would take too much memory.
_INLINE_BODY_BYTES = 64 * 1024
_SHORTCUT_BODY_BYTES = 1024 * 1024
_JSON = frozenset((b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"))


class Engine(Frontend):
    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop, model: ServedModel, calls: Calls,
                 sampler: Sampler, board: Scoreboard, place: int) -> None:  # fmt: skip
        metrics = Metrics()
        replies = Replies(settings, metrics, lambda: model.version, lambda count: board.set_active(place, count))
        super().__init__(settings, loop, metrics, replies)
        self.model: ServedModel | None = model
        self.why_not = ""
        self.draining = False
        self.wanted: dict[str, Any] | None = None
        self._served = model
        self._board = board
        self._sampler = sampler
        self._name = settings.name
        self.threads = Threads(calls, loop, replies, sampler)
        shortcut = model.shortcut
        if shortcut is not None and isinstance(shortcut.reader, ColumnReader):
            sampler.name_columns(shortcut.reader.names)
        self._batching = shortcut and Batching(
            settings, loop, metrics, replies, sampler, calls, shortcut, self.threads.through_app
        )
        url = settings.canary_url
        self._forwarding = Forwarding(settings, url, loop, metrics, replies, self._predict_here) if url else None

    # what the worker tells

    def serve(self) -> None:
        name, track, model = self._name, self.settings.track, self._served
        self.metrics.gauge("model_server_workers", (name, track), 1)
        self.metrics.gauge("model_server_model_info", (name, model.version, model.loaded.run_id, track), 1)
        labels = (name, model.version, track)
        self.metrics.gauge("model_server_model_loaded_timestamp_seconds", labels, model.loaded_at)
        _log.info("serving", extra={"model": name, "version": model.version, "track": track, "uri": model.loaded.uri})

    def retire(self) -> None:
        """Another worker serves from now on; what is in hand is answered, and each answer ends its connection."""
        self.closing = True
        self.metrics.gauges.clear()

    def follow_canary(self, version: str, percent: float) -> None:
        if self._forwarding is not None:
            self._forwarding.follow(version, percent)

    def gather(self) -> Metrics:
        """The metrics, with what is counted elsewhere."""
        name, track = self._name, self.settings.track
        self.metrics.gauge("model_server_inflight_requests", (name, track), len(self.replies.active))
        queued = self._batching.queued_rows if self._batching else 0
        self.metrics.gauge("model_server_queue_rows", (name, track), queued)
        for kind, amount in self._sampler.take_counts():
            self.metrics.count(f"model_server_samples_{kind}", (name,), amount)
        return self.metrics

    # where a request goes

    def health(self) -> Health:
        return Health(
            not self.draining, "draining" if self.draining else "ok", self._served.version, wanted=self.wanted
        )

    def show(self, request: Request) -> None:
        self.threads.show(request)

    def predict(self, request: Request) -> None:
        limit = self.settings.max_queue
        if self._board.active() >= limit:
            message = f"{limit} requests wait already"
            self.replies.fail(request, 429, "", message, outcome="overloaded", headers={"Retry-After": "1"})
        elif self._forwarding is not None and self._forwarding.takes():
            self._forwarding.pass_on(request)
        else:
            self._predict_here(request)

    def _predict_here(self, request: Request) -> None:
        request.model = self._served
        request.version = self._served.version
        batching, headers = self._batching, request.headers
        if (
            batching is None
            or request.path != "/invocations"
            or headers.get(b"content-type", b"").lower() not in _JSON
            or b"content-encoding" in headers
            or len(request.body) > _SHORTCUT_BODY_BYTES
        ):
            self.threads.predict(request)
            return
        self.replies.begin(request)
        if len(request.body) > _INLINE_BODY_BYTES:
            batching.put_unread(request)
            return
        request.rows = batching.rows_of(request)
        if request.rows is not None:
            batching.put(request)
        else:
            self.threads.predict(request)
