"""`train`: from tables to an MLflow model directory, with what it was trained on beside it."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.baseline import FILE_NAME, Baseline
from mlplatform.history.record import RECORD_FILE
from mlplatform.history.recording import files_below, recording
from training_template import hyperparameters, projects
from training_template.checkpoint import Checkpoint
from training_template.gaps import read_gaps, telling
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.paths import Paths
from training_template.projects import Project
from training_template.usable import fitted

log = logging.getLogger(__name__)

#: What is trained on, and what it is measured on meanwhile.
CHANNELS = ("train", "validation")


def train(paths: Paths, given: dict[str, str], stopping: Callable[[], bool] = lambda: False) -> dict[str, float]:
    """Fits the project's model on the channel `train`, and measures it on `validation`.

    @returns the metrics of validation
    @raises Unusable when hyperparameters cannot be used, or data, by the rules and in the words of `validate`
    @raises Interrupted when the job has been told to end, and can go on from what it has kept
    """
    name, project = projects.find(given)
    values = hyperparameters.typed(given, project.defaults)
    with recording() as noted:
        measured = keep_model(paths, name, project, values, stopping)
    files = files_below(paths.channels, *CHANNELS)
    record = noted.done(project=name, metrics=measured, given=given, used=values, files=files)
    (paths.model / RECORD_FILE).write_text(record.to_json(), encoding="utf-8")
    return measured["validation"]


def keep_model(
    paths: Paths, name: str, project: Project, values: dict[str, Any], stopping: Callable[[], bool]
) -> dict[str, dict[str, float]]:
    """Fits and saves it. @returns its metrics by split"""
    schema = project.schema
    fitted_on, held_out = fitted(paths.channel, schema)
    log.info("training", extra=fields(project=name, rows=len(fitted_on), hyperparameters=values))
    checkpoint = Checkpoint(paths.checkpoints, fingerprint(name, values, fitted_on), stopping)
    model = project.fit(fitted_on, values, checkpoint)
    measured = {}
    for split, frame in (("train", fitted_on), ("validation", held_out)):
        answers = project.answers(model, frame[schema.inputs])
        measured[split] = measure(project, frame, answers)
    tell(measured)
    metadata = {"project": name, "problem_type": schema.problem_type, "hyperparameters": values}
    with tempfile.TemporaryDirectory() as scratch:
        # MLflow wants a folder that is not there yet, and SageMaker has made its own.
        folder = Path(scratch, "model")
        seen = read_gaps(paths.channel("train"), schema)
        refused = not_answered(project, lambda rows: project.answers(model, rows))
        inputs = telling(fitted_on[schema.inputs], held_out[schema.inputs], seen, refused)
        project.save(model, inputs, folder, metadata)
        # Of rows that the model was not fitted on: on its own it is surer than it ever will be again.
        keep_baseline(project, fitted_on, project.answers(model, held_out[schema.inputs]), folder)
        shutil.copytree(folder, paths.model, dirs_exist_ok=True)
    log.info("trained", extra=fields(project=name))
    return measured


def measure(project: Project, rows: pd.DataFrame, answers: np.ndarray | pd.DataFrame) -> dict[str, float]:
    """@raises Unusable where these are no answers to the project's question"""
    problem, predicted = project.schema.problem, project.predicted(answers)
    reason = problem.refused(predicted, len(rows))
    if reason is not None:
        raise Unusable(reason)
    return problem.metrics(rows[project.schema.target].to_numpy(), predicted)


def not_answered(
    project: Project, answer: Callable[[pd.DataFrame], np.ndarray | pd.DataFrame]
) -> Callable[[pd.DataFrame], str | None]:
    """For `telling`: why a model has no answer to rows."""

    def reason(rows: pd.DataFrame) -> str | None:
        try:
            return project.schema.problem.refused(project.predicted(answer(rows)), len(rows))
        except Exception as error:  # Of whatever library fitted it.
            return f"{type(error).__name__}: {error}"

    return reason


def keep_baseline(project: Project, fitted_on: pd.DataFrame, answers: np.ndarray | pd.DataFrame, folder: Path) -> None:
    """Beside the model, what live traffic is compared with.

    @param answers of the model to rows that it was not fitted on
    """
    # Contributions beside an answer are explanations, and follow from it.
    compared = answers[answers_in(answers)] if isinstance(answers, pd.DataFrame) else answers
    baseline = Baseline.of(
        fitted_on[project.schema.inputs],
        compared,
        categorical=project.codes,
        answers_are_classes=project.schema.problem.is_text and project.predicted(answers).ndim == 1,
        columns=declared(project),
    ).with_target(project.schema.target, fitted_on[project.schema.target])
    (folder / FILE_NAME).write_text(baseline.to_json(), encoding="utf-8")


def declared(project: Project) -> dict[str, str]:
    """What the project says of columns, such as `{"customer_id": "ignore"}`; most say nothing."""
    return dict(getattr(project, "columns", {}))


def answers_in(answers: pd.DataFrame) -> list[str]:
    """Columns that are no explanation of others."""
    return [name for name in answers if name != "base" and not str(name).startswith("contribution_")]


def fingerprint(name: str, values: dict[str, Any], frame: pd.DataFrame) -> str:
    digest = hashlib.sha256(json.dumps([name, values], sort_keys=True).encode())
    digest.update(np.ascontiguousarray(pd.util.hash_pandas_object(frame, index=False).to_numpy()).tobytes())
    return digest.hexdigest()


def tell(measured: dict[str, dict[str, float]]) -> None:
    """As SageMaker reads it from the log, `name=value;`: with the split for a search, and plainly for the gate's metric."""
    told = [(f"{split}:{metric}", value) for split, found in measured.items() for metric, value in found.items()]
    told += measured["validation"].items()
    # What these rows do not have is left out: neither a search nor a gate knows what to make of `nan`.
    log.info("metrics %s", " ".join(f"{name}={value:.6f};" for name, value in told if math.isfinite(value)))
