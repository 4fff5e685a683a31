"""Writes a training's record where people look for it: on MLflow's run and on the version. The one place that does, whatever trained."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from mlplatform.history.manifest import MANIFEST_FILE, Manifest
from mlplatform.history.record import RECORD_FILE, Hyperparameters, TrainingRecord, milliseconds
from mlplatform.registry import HISTORY

#: Tags of a run and a version. Not of `mlplatform.`, which people may not write: a notebook's helper registers with these too. After
#: that MLflow's rules keep those of a version, and the signed digest of its files says whether record and manifest are the registered ones.
PREFIX = HISTORY
RECORD_SHA256 = f"{PREFIX}record_sha256"
MANIFEST_SHA256 = f"{PREFIX}manifest_sha256"
#: What MLflow takes as the value of a tag of a version and of a parameter, as a name, and at once.
LONGEST, LONGEST_NAME, AT_ONCE = 5000, 250, 100
#: Names of parameters that the registrar has for itself.
TAKEN = ("reason", "image", "data", "package")
#: As MLflow tells what ran: https://mlflow.org/docs/latest/ml/tracking/
KINDS = {"notebook": "NOTEBOOK", "script": "LOCAL"}


def completed(record: TrainingRecord, told: Mapping[str, Any], why: Mapping[str, str]) -> TrainingRecord:
    """With what the engine says, which counts more than what the training has written of it.

    @param told fields by name, and `hyperparameters`, those that are fixed
    @param why reasons for which the engine does not know a field
    """
    # In small letters, as training code gets them.
    fixed = {str(name).lower(): str(value) for name, value in told.get("hyperparameters", {}).items()}
    own = record.hyperparameters
    given = own.given or fixed
    found = {name: value for name, value in given.items() if fixed.get(name) != value and name not in TOLD}
    known = {name: str(value) for name, value in told.items() if name != "hyperparameters"}
    reasons = {name: reason for name, reason in {**record.unknown, **why}.items() if not known.get(name)}
    if not own.given:
        reasons["found"] = (
            "the training has not said what it was told: what a search has found is in the search's best job"
        )
    if not fixed and given:
        found, reasons["hyperparameters"] = {}, "the engine did not say which are fixed and which a search has found"
    return replace(record, **known, hyperparameters=Hyperparameters(given, own.used, fixed, found), unknown=reasons)


#: What loops tell commands beside hyperparameters.
TOLD = ("problem_type",)


def keep(folder: Path, record: TrainingRecord, manifest: Manifest) -> dict[str, str]:
    """Leaves both among the files of a model, and returns the tags that say so."""
    tagged = tags(record)
    for name, tag, text in (
        (RECORD_FILE, RECORD_SHA256, record.to_json()),
        (MANIFEST_FILE, MANIFEST_SHA256, manifest.to_json()),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        tagged[tag] = hashlib.sha256(text.encode()).hexdigest()
    return tagged


def tags(record: TrainingRecord) -> dict[str, str]:
    named = ("engine", "source", "project", "commit", "asked_by", "started_at", "ended_at")
    found = {f"{PREFIX}{name}": getattr(record, name) for name in named}
    found[f"{PREFIX}changed"] = "true" if record.changed else ""
    return {name: value[:LONGEST] for name, value in found.items() if value}


def log(client: MlflowClient, run_id: str, record: TrainingRecord, tagged: Mapping[str, str]) -> None:
    """Parameters, metrics with their steps, source and tags, on the run. What was written before is written again as it was."""
    parameters = [Param(name, value) for name, value in parameters_of(record).items()]
    metrics = list(_metrics(record))
    for some in _chunks(parameters):
        client.log_batch(run_id, params=some)
    for some in _chunks(metrics):
        client.log_batch(run_id, metrics=some)
    source = {
        "mlflow.source.name": record.source,
        "mlflow.source.type": KINDS.get(record.engine, "JOB"),
        "mlflow.source.git.commit": record.commit,
        "mlflow.note.content": description(record),
    }
    written = {**tagged, **{name: value[:LONGEST] for name, value in source.items() if value}}
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in written.items()])


def description(record: TrainingRecord, manifest: Manifest | None = None) -> str:
    metrics = record.metrics.get("validation", {})
    lines = [
        f"Trained by {record.engine or 'an engine that did not say its name'}"
        + (f", run {record.run}" if record.run else "")
        + (f", because of: {record.reason}" if record.reason else "")
        + (f", asked by {record.asked_by}" if record.asked_by else "")
        + ".",
        f"From {record.started_at} to {record.ended_at}." if record.started_at else "",
        f"Code: commit {record.commit or 'not known'}{', with changes' if record.changed else ''}; "
        f"image {record.image or 'not known'}.",
        f"Data: {len(manifest.objects)} objects, {manifest.bytes} bytes, of {manifest.data}." if manifest else "",
        "Validation: " + ", ".join(f"{name} {value:.4g}" for name, value in sorted(metrics.items())) + "."
        if metrics
        else "",
    ]
    return "\n".join(line for line in lines if line)[:LONGEST]


def parameters_of(record: TrainingRecord) -> dict[str, str]:
    """Hyperparameters as they were used, and seeds among them, by names that MLflow takes."""
    own = record.hyperparameters
    values = {name: str(value) for name, value in {**own.given, **own.used}.items()}
    found: dict[str, str] = {}
    for name, value in values.items():
        plain = re.sub(r"[^\w./ -]", "_", name)[: LONGEST_NAME - len("hyperparameter.")] or "_"
        found[f"hyperparameter.{plain}" if plain in TAKEN else plain] = value[:LONGEST]
    return found


def _metrics(record: TrainingRecord) -> Iterator[Metric]:
    at = milliseconds(record.ended_at) if record.ended_at else 0
    for split, named in record.metrics.items():
        for name, value in named.items():
            yield Metric(_name(f"{split}/{name}"), value, at, 0)
    for name, points in record.history.items():
        for step, value, when in points:
            yield Metric(_name(name), value, when, step)


def _name(name: str) -> str:
    return re.sub(r"[^\w./ -]", "_", name)[:LONGEST_NAME]


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, AT_ONCE)):
        yield some
