"""Makes a version in MLflow's registry of what a training job wrote; a run gets one, however often it asks."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelStatus, Metric, Param, Run, RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from mlplatform.history import record as records
from mlplatform.history import writing
from mlplatform.history.manifest import Manifest, of_store
from mlplatform.history.record import TrainingRecord, Unreadable, milliseconds
from mlplatform.registry import quoted
from model_release.log import fields

log = logging.getLogger(__name__)

RUN_TAG = "mlplatform.run"
PACKAGE_TAG = "mlplatform.package"
# As training code names it: the drift check reads what the model was trained on there.
BASELINE_TAG, BASELINE_FILE = "drift_baseline_uri", "drift_baseline.json"
# What MLflow takes as the value of a tag of a version, and of a parameter.
LONGEST_TAG = 5000


@dataclass(frozen=True)
class Trained:
    """A training run, as the engine tells of it."""

    # Of the engine, not of MLflow.
    run_id: str
    package: str
    reason: str = ""
    # Where the training code came from: the image's digest.
    image: str = ""
    data: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    # Which engine, what ran there, and who asked for it.
    engine: str = ""
    source: str = ""
    asked_by: str = ""
    # Those that the stack fixes, by name.
    hyperparameters: Mapping[str, str] = field(default_factory=dict)

    def tags(self) -> dict[str, str]:
        given = {
            RUN_TAG: self.run_id,
            "mlplatform.reason": self.reason,
            "mlplatform.image": self.image,
            "mlplatform.data": self.data,
            PACKAGE_TAG: self.package,
        }
        return {key: value[:LONGEST_TAG] for key, value in given.items() if value}


@dataclass(frozen=True)
class History:
    record: TrainingRecord
    manifest: Manifest
    tags: Mapping[str, str]


# Why an engine does not say who asked.
NOBODY_SAID = {
    "airflow": "nobody did: a schedule or a trigger started the DAG's run",
    "stepFunctions": "Step Functions does not tell an execution who started it: CloudTrail keeps StartExecution",
    "sagemakerPipelines": "Step Functions does not tell an execution who started it: CloudTrail keeps StartExecution",
}


def history_of(folder: Path, trained: Trained, s3: Any) -> History:
    """
    Completes what the training has written down, and leaves it with the objects that were read among the model's files.

    :raises ClientError: when the store cannot tell now.
    """
    try:
        said = records.read(folder) or TrainingRecord(unknown={"record": "the training has written none"})
    except Unreadable as error:
        log.warning("a training's record is passed over", extra=fields(run=trained.run_id, reason=str(error)))
        said = TrainingRecord(unknown={"record": f"what the training has written cannot be read: {error}"})
    # What the engine knows is not for the training to say.
    told = {
        **{"run": trained.run_id, "engine": trained.engine, "source": trained.source, "reason": trained.reason},
        **{"asked_by": trained.asked_by, "image": trained.image, "data": trained.data, "package": trained.package},
        # Loops of Airflow search for nothing: what the training was told is what the stack says.
        "hyperparameters": said.hyperparameters.given if trained.engine == "airflow" else trained.hyperparameters,
    }
    why = {"asked_by": NOBODY_SAID.get(trained.engine, "the engine did not say")}
    if "@sha256:" not in trained.image:
        why["digest"] = "the engine names the image by a tag, or not at all"
    record = writing.completed(said, told, why)
    manifest = of_store(s3, trained.data, record.started_at, record.files)
    return History(record, manifest, writing.keep(folder, record, manifest))


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
