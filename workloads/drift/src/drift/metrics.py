"""The latest report of each model as Prometheus metrics, made anew for every scrape: what is gone leaves no series."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from drift.check import Report

#: Series of one model and metric; of more features those that moved furthest.
MAX_FEATURES = 200


class Latest(Collector):
    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._reports: dict[str, Report] = {}
        self._failures: dict[str, int] = {}
        self._lock = Lock()
        if registry is not None:
            registry.register(self)

    def found(self, model: str, report: Report) -> None:
        with self._lock:
            self._reports[model] = report

    def failed(self, model: str) -> None:
        with self._lock:
            self._failures[model] = self._failures.get(model, 0) + 1

    def keep_only(self, models: set[str]) -> None:
        with self._lock:
            self._reports = {name: report for name, report in self._reports.items() if name in models}
            self._failures = {name: self._failures.get(name, 0) for name in models}

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            reports, failures = dict(self._reports), dict(self._failures)

        def gauge(name: str, help_text: str, labels: list[str]) -> GaugeMetricFamily:
            return GaugeMetricFamily(name, help_text, labels=labels)

        feature = ["model", "version", "feature"]
        version = ["model", "version"]
        psi = gauge("model_drift_psi", "Population stability index of a feature against training.", feature)
        ks = gauge("model_drift_ks", "Largest difference of a number's cumulative distribution to training's.", feature)
        answers = gauge("model_prediction_drift_psi", "Highest index among what the model answers.", version)
        detected = gauge("model_drift_detected", "1 while a feature or answer is beyond its limit.", version)
        missing = gauge("model_drift_baseline_missing", "1 while the live version has no usable baseline.", version)
        rows = gauge("model_drift_rows", "Sampled rows that the latest check compared.", version)
        threshold = gauge("model_drift_max_psi", "Index above which drift is told, from the stack's config.", ["model"])
        last = gauge("model_drift_last_check_timestamp_seconds", "When the latest check ended.", ["model"])
        failed = CounterMetricFamily("model_drift_check_failures", "Checks that could not be made.", labels=["model"])
        for model, count in failures.items():
            failed.add_metric([model], count)
        for model, report in reports.items():
            body = report.body
            live = body["version"] or ""
            last.add_metric([model], report.until.timestamp())
            threshold.add_metric([model], body["maxPsi"])
            rows.add_metric([model, live], body["rows"])
            missing.add_metric([model, live], float(report.verdict == "baselineMissing"))
            detected.add_metric([model, live], float(report.verdict == "drift"))
            moved = sorted(body["features"].items(), key=lambda item: -item[1]["psi"])[:MAX_FEATURES]
            for name, found in moved:
                psi.add_metric([model, live, name], found["psi"])
                if "ks" in found:
                    ks.add_metric([model, live, name], found["ks"])
            if body["predictions"]:
                answers.add_metric([model, live], max(found["psi"] for found in body["predictions"].values()))
        yield from (psi, ks, answers, detected, missing, rows, threshold, last, failed)
