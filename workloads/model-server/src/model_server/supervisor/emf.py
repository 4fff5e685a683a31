"""The metrics as CloudWatch embedded metric format: one line a minute on standard output, for SageMaker."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from model_server.metrics import COUNTERS, HISTOGRAMS, Key, Metrics


class MetricLines:
    """Writes what was counted since the last line. Specification:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html"""

    def __init__(self, namespace: str, total: Callable[[], Metrics]) -> None:
        self._namespace = namespace
        self._total = total
        self._counted: dict[Key, float] = {}
        self._seen: dict[Key, list[float]] = {}

    def write(self) -> None:
        for line in self.lines():
            sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def lines(self) -> list[dict[str, Any]]:
        found, total = [], self._total()
        for (name, labels), value in total.counters.items():
            added = value - self._counted.get((name, labels), 0)
            self._counted[(name, labels)] = value
            if added:
                found.append(self._line(name, COUNTERS[name][0], labels, added, "Count"))
        for (name, labels), counts in total.histograms.items():
            before = self._seen.get((name, labels), [0.0] * len(counts))
            self._seen[(name, labels)] = list(counts)
            new = [now - then for now, then in zip(counts, before)][:-1]
            if any(new):
                bounds = HISTOGRAMS[name][2]
                pairs = [(bounds[min(place, len(bounds) - 1)], amount) for place, amount in enumerate(new) if amount]
                values = {"Values": [bound for bound, _ in pairs], "Counts": [amount for _, amount in pairs]}
                unit = "Seconds" if name.endswith("_seconds") else "None"
                found.append(self._line(name, HISTOGRAMS[name][0], labels, values, unit))
        return found

    def _line(self, name: str, keys: tuple[str, ...], labels: tuple[str, ...], value: Any, unit: str) -> dict[str, Any]:
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [list(keys)],
            "Metrics": [{"Name": name, "Unit": unit}],
        }
        aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        return {"_aws": aws, **{key: label or "-" for key, label in zip(keys, labels)}, name: value}
