"""Keeps what a model is judged by in Amazon CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from drift import aws
from drift.configuration import Quality
from drift.quality.decay import number
from drift.quality.series import Series


class KeepsSeries(Protocol):
    def keep(self, model: str, series: Series, quality: Quality, now: datetime) -> None:
        """@raises whatever keeps it from being kept: the next turn keeps what is then known"""
        ...


class CloudWatchSeries:
    """One namespace, for the models of one stack."""

    def __init__(self, namespace: str, stack: str, client: Any = None) -> None:
        self._namespace = namespace
        self._stack = stack
        self._client = aws.client("cloudwatch") if client is None else client

    def keep(self, model: str, series: Series, quality: Quality, now: datetime) -> None:
        """@raises botocore's errors when CloudWatch refuses or does not answer"""
        of_model = [{"Name": "Stack", "Value": self._stack}, {"Name": "Model", "Value": model}]
        values = [
            {
                "MetricName": name,
                "Dimensions": [*of_model, *([] if metric is None else [{"Name": "Metric", "Value": metric}])],
                "Timestamp": now,
                "Value": value,
            }
            for name, metric, value in values_of(series, quality, now)
        ]
        self._client.put_metric_data(Namespace=self._namespace, MetricData=values)


def values_of(series: Series, quality: Quality, now: datetime) -> Iterator[tuple[str, str | None, float]]:
    """Name, metric of the evaluation that it is about if any, and value: what alarms read, and what is judged by. Each is billed."""
    yield "HoursSinceLook", None, max(0.0, (now - series.heard).total_seconds() / 3600)
    if quality.starts:
        yield "BadWindows", None, float(series.decay.bad)
    if series.last is None:
        return
    measured = series.last.quality
    for metric in sorted({bound.metric or measured.get("metric") or "" for bound in (quality.bound, quality.decay)}):
        if (found := number(measured.get("metrics"), metric)) is not None:
            yield "Quality", metric, found
