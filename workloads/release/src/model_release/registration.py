"""Makes a version in MLflow's registry of what a training job wrote; a run gets one, however often it asks."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelStatus, Metric, Param, Run, RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from mlplatform.history import writing
from mlplatform.history.record import milliseconds
from mlplatform.registry import quoted
from model_release.log import fields
from model_release.trained import RUN_TAG, Trained
from model_release.training_history import History, history_of

log = logging.getLogger(__name__)

# As training code names it: the drift check reads what the model was trained on there.
BASELINE_TAG, BASELINE_FILE = "drift_baseline_uri", "drift_baseline.json"


def registered(client: MlflowClient, name: str, run_id: str) -> ModelVersion | None:
    """The version that this run has already. Of two that were made at once the first counts, and the others go."""
    found = client.search_model_versions(f"name = {quoted(name)} AND tags.`{RUN_TAG}` = '{run_id}'")
    first, *others = sorted(found, key=lambda version: int(version.version)) or [None]
    for other in others:
        log.warning("a second version of one run is deleted", extra=fields(model=name, version=other.version))
        client.delete_model_version(name, other.version)
    return first


def register(client: MlflowClient, name: str, folder: Path, trained: Trained, s3: Any) -> ModelVersion:
    """
    Brings the model in `folder` to MLflow with its history, and registers it. Each step looks for what an attempt before has left.

    :param s3: a client, which lists the versions of the data.
    :raises MlflowException: when MLflow refuses or does not answer.
    """
    history = history_of(folder, trained, s3)
    run = run_of(client, name, trained, history)
    model = logged(client, run, folder, {**trained.tags(), **history.tags})
    ended = history.record.ended_at
    client.set_terminated(run.info.run_id, "FINISHED", milliseconds(ended) if ended else None)
    version = registered(client, name, trained.run_id)
    if version is None:
        create_registered_model(client, name)
        made = client.create_model_version(
            name,
            source=model.model_uri,
            run_id=run.info.run_id,
            model_id=model.model_id,
            # Of the files as they are there: an attempt before may have left them.
            tags={**trained.tags(), **{key: value for key, value in model.tags.items() if key in history.tags}},
            description=writing.description(history.record, history.manifest),
        )
        version = registered(client, name, trained.run_id) or made
    point_to_baseline(client, version)
    return version


def point_to_baseline(client: MlflowClient, version: ModelVersion) -> None:
    """Tags the version with where its baseline is, if it has one and an attempt before did not get that far."""
    if BASELINE_TAG in version.tags:
        return
    model_id = version.source.removeprefix("models:/")
    if any(file.path == BASELINE_FILE for file in client.list_logged_model_artifacts(model_id)):
        uri = f"models:/{version.name}/{version.version}/{BASELINE_FILE}"
        client.set_model_version_tag(version.name, version.version, BASELINE_TAG, uri)


def run_of(client: MlflowClient, name: str, trained: Trained, history: History) -> Run:
    """MLflow's run that stands for the training run, in the experiment that has the model's name."""
    experiment = experiment_of(client, name)
    found = client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{trained.run_id}'", max_results=1)
    tags = [RunTag(key, value) for key, value in trained.tags().items()]
    begun = milliseconds(history.record.started_at) if history.record.started_at else None
    run = found[0] if found else client.create_run(experiment, begun, trained.tags(), trained.run_id)
    # The time of the run, so that what is written again is the same and not one more.
    metrics = [Metric(key, value, run.info.start_time, 0) for key, value in numbers(trained.metrics).items()]
    params = [Param(key.rsplit(".", 1)[-1], value) for key, value in trained.tags().items() if key != RUN_TAG]
    client.log_batch(run.info.run_id, metrics=metrics, params=params, tags=tags)
    writing.log(client, run.info.run_id, history.record, history.tags)
    return run


def logged(client: MlflowClient, run: Run, folder: Path, tags: Mapping[str, str]) -> LoggedModel:
    """The model with its files; one whose files did not all arrive gets them again."""
    experiment, run_id = run.info.experiment_id, run.info.run_id
    found = client.search_logged_models([experiment], f"source_run_id = '{run_id}'", max_results=1)
    model = found[0] if found else client.create_logged_model(experiment, "model", run_id, tags=dict(tags))
    if model.status == LoggedModelStatus.READY:
        return model
    if found:
        client.set_logged_model_tags(model.model_id, dict(tags))
    client.log_model_artifacts(model.model_id, str(folder))
    return client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)


def experiment_of(client: MlflowClient, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    try:
        return str(client.create_experiment(name))
    except MlflowException as error:
        again = client.get_experiment_by_name(name)
        if error.error_code != "RESOURCE_ALREADY_EXISTS" or again is None:
            raise
        return str(again.experiment_id)


def create_registered_model(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    kept = {key: float(value) for key, value in metrics.items() if isinstance(value, (int, float))}
    return {key: value for key, value in kept.items() if math.isfinite(value)}
