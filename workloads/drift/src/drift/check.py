"""One check: the live version's samples of a window against its baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from drift.baselines import BaselineMissing
from drift.comparison import compared
from drift.configuration import Watched
from drift.distance import ks
from drift.samples import Window
from drift.store import Store
from mlplatform.baseline import Baseline, Column, Counts

#: With fewer rows nothing is said: by chance alone the index of ten bins often passes 0.2 there.
MIN_ROWS = 100
#: Rows that are held before they are counted.
BATCH_ROWS = 5000

NO_NAMES = "no sampled row has a column of the baseline: log the model with a signature, or make the baseline of columns in the same order"

Verdict = Literal["stable", "drift", "notEnoughData", "baselineMissing"]


class FindsBaselines(Protocol):
    def of(self, model: str, source: str, version: str) -> Baseline: ...


@dataclass(frozen=True)
class Report:
    """What a check found, as it is stored: `body` is the JSON, in camel case."""

    body: dict[str, Any]

    @property
    def verdict(self) -> Verdict:
        return self.body["verdict"]

    @property
    def since(self) -> datetime:
        return datetime.fromisoformat(self.body["from"])

    @property
    def told(self) -> str | None:
        """The version whose drift has been told as an event, and has not ended since."""
        return self.body.get("told")

    @property
    def to_tell(self) -> bool:
        """Whether it found drift that nobody has been told of."""
        return self.verdict == "drift" and self.told != self.body["version"]

    def after(self, last: Report | None) -> Report:
        """The same, knowing what was told before: drift goes on until a check finds none."""
        told = None if last is None or self.verdict == "stable" else last.told
        return self if told is None else Report({**self.body, "told": told})

    @property
    def until(self) -> datetime:
        return datetime.fromisoformat(self.body["until"])


def check(model: Watched, store: Store, baselines: FindsBaselines, since: datetime, until: datetime) -> Report:
    """@raises whatever keeps the store or the registry from answering: then nothing is known, and nothing is said"""
    window = Window(store, model.name, since, until)
    version = window.live_version()
    body: dict[str, Any] = {
        "model": model.name,
        "version": version,
        "from": since.isoformat(),
        "until": until.isoformat(),
        "maxPsi": model.max_psi,
        "rows": 0,
        "drifted": [],
        "features": {},
        "predictions": {},
    }

    def ended(verdict: Verdict, reason: str) -> Report:
        return Report({**body, "verdict": verdict, "reason": reason, "read": window.reading.to_dict()})

    if version is None:
        return ended("notEnoughData", "no request was sampled")
    try:
        baseline = baselines.of(model.name, model.source, version)
    except BaselineMissing as missing:
        return ended("baselineMissing", str(missing))
    ignored = {name: "it is declared as one to ignore" for name in model.ignored if name in baseline.features}
    compared = {name: column for name, column in baseline.features.items() if name not in ignored}
    features, predictions, rows, known = _count(window, version, baseline, compared)
    body["rows"] = rows
    if rows < MIN_ROWS:
        return ended("notEnoughData", f"{rows} rows were sampled; {MIN_ROWS} are needed")
    if compared and not known:
        # Of a model without a signature, asked without names: no value is missing, nobody knows which is which.
        return ended("notEnoughData", NO_NAMES)
    comparisons = len(compared) + len(baseline.predictions)
    for kind, columns, counts in [
        ("features", compared, features),
        ("predictions", baseline.predictions, predictions),
    ]:
        body[kind] = {
            name: _compare(column, counts[name], model.max_psi, comparisons) for name, column in columns.items()
        }
        body["drifted"] += [f"{kind}.{name}" for name, found in body[kind].items() if found["drifted"]]
    body["leftOut"] = {**baseline.left_out, **ignored}
    if body["drifted"]:
        return ended("drift", f"moved away from the training data: {', '.join(body['drifted'])}")
    return ended("stable", "nothing moved further than allowed")


def _count(
    window: Window, version: str, baseline: Baseline, compared: dict[str, Column]
) -> tuple[dict[str, Counts], dict[str, Counts], int, bool]:
    """Counts, how many rows there were, and whether any of them had a column of the baseline."""
    features, predictions = _Counter(compared), _Counter(baseline.predictions)
    rows, known = 0, False
    for row in window.rows(version):
        rows += 1
        inputs = baseline.named(row.inputs)
        known = known or any(name in inputs for name in compared)
        features.add(inputs)
        predictions.add(outputs(row.prediction))
    return features.counts(), predictions.counts(), rows, known


def outputs(prediction: Any) -> Mapping[str, Any]:
    """By the names that a baseline gives them."""
    if isinstance(prediction, dict):
        return prediction
    if isinstance(prediction, list):
        return {str(place): value for place, value in enumerate(prediction)}
    return {"prediction": prediction}


class _Counter:
    """Counts rows column by column, some thousands at a time, so that memory does not grow with the log."""

    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = columns
        self._counts = {name: column.counts * 0 for name, column in columns.items()}
        self._waiting: dict[str, list[Any]] = {name: [] for name in columns}
        self._rows = 0

    def add(self, row: Mapping[str, Any]) -> None:
        for name, values in self._waiting.items():
            values.append(row.get(name))
        self._rows += 1
        if self._rows >= BATCH_ROWS:
            self._flush()

    def counts(self) -> dict[str, Counts]:
        self._flush()
        return self._counts

    def _flush(self) -> None:
        for name, values in self._waiting.items():
            self._counts[name] = self._counts[name] + self.columns[name].count(values)
            values.clear()
        self._rows = 0


def _compare(column: Column, live: Counts, max_psi: float, comparisons: int) -> dict[str, Any]:
    found = compared(column, live, comparisons)
    n, m = int(column.counts.sum()), int(live.sum())
    limit = max(max_psi, found.chance)
    numeric = ks(column.counts[:-1], live[:-1]) if column.kind == "numeric" else None
    return {
        "kind": column.kind,
        "psi": round(found.psi, 6),
        "limit": round(limit, 6),
        "drifted": found.psi > limit,
        **({"ks": round(numeric[0], 6), "ksPValue": numeric[1]} if numeric else {}),
        "missing": {"training": _share(column.counts), "live": _share(live)},
        "bins": {
            name: {"training": round(before / n, 6), "live": round(now / m, 6)}
            for name, (before, now) in found.bins.items()
        },
    }


def _share(counts: Counts) -> float:
    return round(float(counts[-1] / counts.sum()), 6)
