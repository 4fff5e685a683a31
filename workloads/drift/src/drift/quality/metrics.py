"""The latest look of each model as Prometheus metrics, made anew for every scrape."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from drift.configuration import Quality
from drift.quality.decay import evaluated, number
from drift.quality.series import Series


class LatestQuality(Collector):
    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._known: dict[str, tuple[Series, Quality]] = {}
        self._lock = Lock()
        if registry is not None:
            registry.register(self)

    def found(self, model: str, series: Series, quality: Quality) -> None:
        with self._lock:
            self._known[model] = (series, quality)

    def keep_only(self, models: set[str]) -> None:
        with self._lock:
            self._known = {name: known for name, known in self._known.items() if name in models}

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            known = dict(self._known)

        def gauge(name: str, help_text: str, labels: list[str]) -> GaugeMetricFamily:
            return GaugeMetricFamily(name, help_text, labels=labels)

        version, metric = ["model", "version"], ["model", "version", "metric"]
        value = gauge("model_quality", "Metric of labelled answers in the latest look.", metric)
        before = gauge("model_quality_evaluated", "The same metric when the version was evaluated.", metric)
        limit = gauge("model_quality_limit", "Worst value of the metric that is judged by.", metric)
        beyond = gauge("model_quality_beyond_bound", "1 while the latest look is beyond its bound.", version)
        bad = gauge("model_quality_bad_windows", "Windows in a row that were beyond what training waits for.", version)
        labels = gauge("model_quality_labelled_rows", "Labelled rows of the latest look.", version)
        rows = gauge("model_quality_rows", "Sampled rows of the latest look.", version)
        wrong = gauge(
            "model_look_violations", "What the latest look found wrong, by what tells of it.", [*version, "kind"]
        )
        heard = gauge("model_quality_last_look_timestamp_seconds", "When the latest look ended.", ["model"])
        for model, (series, quality) in known.items():
            heard.add_metric([model], series.heard.timestamp())
            if (last := series.last) is None:
                continue
            live = [model, last.version or ""]
            rows.add_metric(live, number(last.body, "rows") or 0.0)
            if last.labelled is not None:
                labels.add_metric(live, last.labelled)
            for kind, violations in series.violations(quality.bound).items():
                wrong.add_metric([*live, kind], float(violations))
            bad.add_metric(live, float(series.decay.bad))
            for family, metrics in ((value, last.quality.get("metrics") or {}), (before, evaluated(last.quality))):
                for name in metrics:
                    if (found := number(metrics, name)) is not None:
                        family.add_metric([*live, name], found)
            if (judged := series.judged(quality.bound)) is not None:
                limit.add_metric([*live, judged.metric], judged.limit)
                beyond.add_metric(live, float(judged.beyond))
        yield from (value, before, limit, beyond, bad, labels, rows, wrong, heard)
