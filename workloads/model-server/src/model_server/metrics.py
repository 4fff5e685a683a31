"""
Counts of one process, and the sum of all for Prometheus.

A worker counts in plain dictionaries, which costs a hundredth of a locked, memory-mapped counter, and sends them to the supervisor
every quarter of a second: that much is lost when it is killed. Nothing is written to a disk that can be full.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

Labels = tuple[str, ...]

COUNTERS: dict[str, tuple[Labels, str]] = {
    "model_server_requests_total": (("model", "route", "method", "status", "track"), "HTTP requests answered"),
    "model_predictions_total": (("model", "version", "outcome"), "Prediction requests by outcome"),
    "model_input_rejected_total": (("model", "reason"), "Prediction requests refused for what they contained"),
    "model_server_model_load_failures_total": (("model", "version"), "Attempts to load a version that failed"),
    "model_server_canary_requests_total": (("model", "version", "outcome"), "Requests passed to the canary"),
    "model_server_worker_ends_total": (("model", "reason"), "Workers that ended unasked or were ended for hanging"),
    "model_server_samples_total": (("model",), "Rows put into the prediction log"),
    "model_server_samples_dropped_total": (("model",), "Rows that the prediction log had no room for"),
}
HISTOGRAMS: dict[str, tuple[Labels, str, tuple[float, ...]]] = {
    "model_server_request_duration_seconds": (
        ("model", "route", "track"),
        "Time from a request's last byte to its answer",
        (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2.5, 5, 10, 30, 60),
    ),
    "model_server_batch_rows": (
        ("model", "track"),
        "Rows that went through the model together",
        (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096),
    ),
    "model_prediction_value": (
        ("model", "version"),
        "Values that the model answered",
        # Probabilities in tenths, and beside them numbers of any size, as regressions answer: two or three bounds in each decade.
        (
            *(-1_000_000, -100_000, -10_000, -1000, -500, -200, -100, -50, -20, -10, -5, -2, -1, 0),
            *(step / 10 for step in range(1, 11)),
            *(2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000),
        ),
    ),
    "model_server_canary_duration_seconds": (
        ("model", "version"),
        "Time that the canary took",
        (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2.5, 5, 10),
    ),
}
# How the gauges of several workers make one.
GAUGES: dict[str, tuple[Labels, str, str]] = {
    "model_server_inflight_requests": (("model", "track"), "Requests being answered", "sum"),
    "model_server_queue_rows": (("model", "track"), "Rows waiting for the model", "sum"),
    "model_server_workers": (("model", "track"), "Workers that take requests", "sum"),
    "model_server_model_info": (("model", "version", "run_id", "track"), "The version that is served", "max"),
    "model_server_model_load_failure_info": (
        ("model", "version", "reason"),
        "Why the last attempt to load a version failed, until one is served",
        "max",
    ),
    "model_server_requirement_mismatches": (
        ("model", "version", "track"),
        "What the version that is served asks to have installed and does not get",
        "max",
    ),
    "model_server_model_loaded_timestamp_seconds": (
        ("model", "version", "track"),
        "When the version was loaded",
        "max",
    ),
}

Key = tuple[str, Labels]


Series = list[tuple[str, Labels, Any]]


class Metrics:
    """What one process counts. Only its event loop touches it."""

    def __init__(self) -> None:
        self.counters: dict[Key, float] = {}
        self.gauges: dict[Key, float] = {}
        self.histograms: dict[Key, list[float]] = {}

    def count(self, name: str, labels: Labels, amount: float = 1) -> None:
        key = (name, labels)
        self.counters[key] = self.counters.get(key, 0) + amount

    def observe(self, name: str, labels: Labels, value: float) -> None:
        counts = self.histogram(name, labels)
        counts[bisect_left(HISTOGRAMS[name][2], value)] += 1
        counts[-1] += value

    def histogram(self, name: str, labels: Labels) -> list[float]:
        """Counts per bucket, the last for +Inf, and then the sum of all values."""
        key = (name, labels)
        found = self.histograms.get(key)
        if found is None:
            found = self.histograms[key] = [0.0] * (len(HISTOGRAMS[name][2]) + 2)
        return found

    def gauge(self, name: str, labels: Labels, value: float) -> None:
        self.gauges[(name, labels)] = value

    def forget_gauges(self, *names: str) -> None:
        for key in [key for key in self.gauges if key[0] in names]:
            del self.gauges[key]

    def series(self) -> list[Series]:
        """All of it, in a form that goes through JSON."""
        parts = (self.counters, self.gauges, self.histograms)
        return [[(name, labels, value) for (name, labels), value in part.items()] for part in parts]

    def add(self, series: list[Series], with_gauges: bool) -> None:
        """Adds what another process counted."""
        counters, gauges, histograms = series
        for name, labels, value in counters:
            self.count(name, tuple(labels), value)
        for name, labels, values in histograms:
            own = self.histogram(name, tuple(labels))
            own[:] = [a + b for a, b in zip(own, values)]
        for name, labels, value in gauges if with_gauges else ():
            key = (name, tuple(labels))
            known = self.gauges.get(key, 0)
            self.gauges[key] = known + value if GAUGES[name][2] == "sum" else max(known, value)


class _Collector:
    def __init__(self, total: Metrics) -> None:
        self._total = total

    def collect(self) -> Iterator[Metric]:
        for name, (labels, text) in COUNTERS.items():
            counter = CounterMetricFamily(name.removesuffix("_total"), text, labels=labels)
            for values, value in _of(name, self._total.counters.items()):
                counter.add_metric(values, value)
            yield counter
        for name, (labels, text, _) in GAUGES.items():
            gauge = GaugeMetricFamily(name, text, labels=labels)
            for values, value in _of(name, self._total.gauges.items()):
                gauge.add_metric(values, value)
            yield gauge
        for name, (labels, text, bounds) in HISTOGRAMS.items():
            histogram = HistogramMetricFamily(name, text, labels=labels)
            for values, counts in _of(name, self._total.histograms.items()):
                histogram.add_metric(values, _cumulative(bounds, counts), counts[-1])
            yield histogram


def _of(name: str, items: Iterable[tuple[Key, Any]]) -> Iterator[tuple[Labels, Any]]:
    return ((labels, value) for (each, labels), value in items if each == name)


def _cumulative(bounds: tuple[float, ...], counts: list[float]) -> list[tuple[str, float]]:
    buckets, running = [], 0.0
    for bound, count in zip((*map(float, bounds), float("inf")), counts):
        running += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), running))
    return buckets


def exposition(total: Metrics) -> tuple[bytes, str]:
    """Prometheus' text format, and its content type."""
    registry = CollectorRegistry()
    registry.register(_Collector(total))
    return generate_latest(registry), CONTENT_TYPE_LATEST
