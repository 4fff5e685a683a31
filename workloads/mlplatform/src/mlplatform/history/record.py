"""The record of one training, a file beside the model. Pure.

What trains writes what it alone knows; who registers adds what the engine knows, over whatever the file says of that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

RECORD_FILE = "training_record.json"
#: Larger is no record: a long history of a few metrics is not a tenth of it.
MOST_BYTES = 64 * 1024 * 1024
FORMAT = 1


class Unreadable(ValueError):
    """What lies where a record is looked for is none."""


@dataclass(frozen=True)
class Hyperparameters:
    #: As the training was told, text by name.
    given: dict[str, str] = field(default_factory=dict)
    #: As it used them, defaults among them.
    used: dict[str, Any] = field(default_factory=dict)
    #: Of those given: what the stack or the person has written, and what a search has found.
    fixed: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadFile:
    """A file as the training saw it; `path` begins with its channel, such as `train/part-0.csv`."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TrainingRecord:
    """Fields that are not known are empty, and `unknown` says why."""

    run: str = ""
    #: `stepFunctions`, `sagemakerPipelines`, `airflow`, `notebook` or `script`.
    engine: str = ""
    #: What ran there: the ARN of an execution, a DAG's run, a file.
    source: str = ""
    project: str = ""
    reason: str = ""
    asked_by: str = ""
    image: str = ""
    package: str = ""
    commit: str = ""
    #: Whether files differed from that commit.
    changed: bool = False
    data: str = ""
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    seeds: dict[str, int] = field(default_factory=dict)
    #: ISO 8601, in UTC.
    started_at: str = ""
    ended_at: str = ""
    #: Numbers by name, by what was measured on, such as `validation`.
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    #: By name: step, value and milliseconds since 1970.
    history: dict[str, list[tuple[int, float, int]]] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    files: list[ReadFile] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str) -> TrainingRecord:
        """@raises Unreadable with what is wrong"""
        try:
            given = json.loads(text)
            if given.pop("format") != FORMAT:
                raise Unreadable(f"its format is not {FORMAT}: a newer platform wrote it")
            said = {each.name: given[each.name] for each in fields(TrainingRecord) if each.name in given}
            said["hyperparameters"] = Hyperparameters(**said.get("hyperparameters", {}))
            said["files"] = [ReadFile(**each) for each in said.get("files", [])]
            said["history"] = {
                name: [(int(step), float(value), int(at)) for step, value, at in points]
                for name, points in said.get("history", {}).items()
            }
            record = TrainingRecord(**said)
            _check(record)
        except Unreadable:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Unreadable(f"it has another shape than expected: {error!r}") from error
        return record


def read(folder: Path) -> TrainingRecord | None:
    """The record beside a model; None where there is none.

    @raises Unreadable with what is wrong
    """
    file = folder / RECORD_FILE
    if not file.is_file():
        return None
    if file.stat().st_size > MOST_BYTES:
        raise Unreadable(f"it has {file.stat().st_size} bytes; at most {MOST_BYTES} are read")
    try:
        return TrainingRecord.from_json(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is no UTF-8: {error}") from error


def milliseconds(iso: str) -> int:
    """@raises ValueError where it is no time with a zone"""
    at = datetime.fromisoformat(iso)
    if at.tzinfo is None:
        raise ValueError(f"{iso!r} has no time zone")
    return int(at.timestamp() * 1000)


def finite(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Those that are numbers: JSON has no way to say NaN, and MLflow's charts none to show it."""
    kept = {
        key: float(value)
        for key, value in metrics.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return {key: value for key, value in kept.items() if math.isfinite(value)}


def _check(record: TrainingRecord) -> None:
    texts = ("run", "engine", "source", "project", "reason", "asked_by", "image", "package", "commit", "data")
    for name in (*texts, "started_at", "ended_at"):
        if not isinstance(getattr(record, name), str):
            raise Unreadable(f"{name} is no text")
    for at in (record.started_at, record.ended_at):
        if at:
            milliseconds(at)
    given = record.hyperparameters
    tables = (record.seeds, record.metrics, record.packages, record.unknown, *vars(given).values())
    if not all(isinstance(each, dict) for each in (*tables, *record.metrics.values())):
        raise Unreadable("a table of it is none")
    steps = [value for points in record.history.values() for _, value, _ in points]
    if any(len(finite(each)) != len(each) for each in record.metrics.values()) or not all(map(math.isfinite, steps)):
        raise Unreadable("a metric is no finite number")
