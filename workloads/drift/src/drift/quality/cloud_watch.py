"""Keeps a model's quality in Amazon CloudWatch, as Prometheus shows it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from drift.configuration import Quality
from drift.quality.decay import evaluated, number
from drift.quality.series import Series


class KeepsSeries(Protocol):
    def keep(self, model: str, series: Series, quality: Quality, now: datetime) -> None:
        """@raises whatever keeps it from being kept: the next turn keeps what is then known"""
        ...


class CloudWatchSeries:
    """One namespace, for the models of one stack."""

    def __init__(self, namespace: str, stack: str, client: Any = None) -> None:
        if client is None:
            import boto3
            from botocore.config import Config

            timeouts = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
            client = boto3.client("cloudwatch", region_name=os.environ.get("AWS_REGION"), config=timeouts)
        self._namespace = namespace
        self._stack = stack
        self._client = client

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
    """Name, metric of the evaluation that it is about if any, and value."""
    yield "HoursSinceLook", None, max(0.0, (now - series.heard).total_seconds() / 3600)
    yield "BadWindows", None, float(series.decay.bad)
    if (last := series.last) is None:
        return
    yield "LabelledRows", None, number(last.quality, "rows") or 0.0
    if (judged := series.judged(quality.bound)) is not None:
        yield "BeyondBound", None, float(judged.beyond)
    for name, metrics in (("Quality", last.quality.get("metrics") or {}), ("Evaluated", evaluated(last.quality))):
        for metric in metrics:
            if (found := number(metrics, metric)) is not None:
                yield name, metric, found
