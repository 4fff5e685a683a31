"""What the controller says of itself: /metrics and /health on one port."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric

from model_release.unit import Status

Key = tuple[str, str]


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.statuses: dict[Key, Status] = {}
        self.releases = Counter(
            "model_releases", "Releases that have ended.", ["model", "target", "outcome"], registry=self.registry
        )
        self.last_check = Gauge(
            "model_release_last_check_timestamp_seconds",
            "When what is wanted was last compared with what is live.",
            ["model", "target"],
            registry=self.registry,
        )
        self.alias_missing = Gauge(
            "model_release_alias_missing",
            "1 while the alias that the model follows is not in the registry.",
            ["model"],
            registry=self.registry,
        )
        self.rejected_stays = Gauge(
            "model_release_rejected_stays",
            "1 while a version that was rejected stays live, since there is no other to go back to.",
            ["model"],
            registry=self.registry,
        )
        self.check_failures = Counter(
            "model_release_check_failures",
            "Checks that could not be made, by what did not answer.",
            ["model", "target", "reason"],
            registry=self.registry,
        )
        self.files_changed = Gauge(
            "model_files_changed",
            "1 while the files of a version that is wanted are not those that were recorded of it.",
            ["model", "version"],
            registry=self.registry,
        )
        self.config_valid = Gauge(
            "model_release_config_valid",
            "0 while the mounted configuration cannot be read; the one before stays in force.",
            registry=self.registry,
        )
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        state = GaugeMetricFamily(
            "model_release_state", "1 for each version and its state.", labels=["model", "target", "version", "state"]
        )
        for (model, target), status in list(self.statuses.items()):
            # A first version is compared with nothing, so it is no canary.
            coming = "starting" if status.phase == "starting" else "canary"
            states = {"live": status.live, coming: status.candidate}
            for name, version in states.items():
                if version:
                    state.add_metric([model, target, version.key, name], 1)
            if status.rejected:
                state.add_metric([model, target, status.rejected.key, "rejected"], 1)
        yield state

    def known(self, keys: set[Key]) -> None:
        """Forgets models that are not released any more, and begins the counters of those that are at 0."""
        for key in set(self.statuses) - keys:
            del self.statuses[key]
            self.last_check.remove(*key)
            if key[0] not in {name for name, _ in keys}:
                self.alias_missing.remove(key[0])
                self.rejected_stays.remove(key[0])
        for model, target in keys:
            for outcome in ("promoted", "rolled_back", "failed"):
                self.releases.labels(model, target, outcome)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Probes and scrapes are no news."""


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(registry: CollectorRegistry, port: int, alive: Callable[[], bool]) -> Server:
    """Answers until its `shutdown` is called. `/health/…` is 503 once the loop has stopped turning."""
    pages = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith("/health/"):
            well = alive()
            start_response("200 OK" if well else "503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"ok\n" if well else b"the loop does not turn\n"]
        return pages(environ, start_response)

    # Every address of the pod, unless somebody runs it on a machine that others reach.
    server = make_server(os.environ.get("METRICS_HOST", ""), port, answer, server_class=Server, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
