"""MLflow as a laptop or a notebook has it: the stack's where its variables say so, else a folder of the project."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus, Metric
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from mlplatform.commands.refused import Refused
from mlplatform.gate import Verdict
from mlplatform.history import record as records
from mlplatform.history import writing
from mlplatform.history.manifest import PREPARED_FROM, Manifest, ReadObject
from mlplatform.history.record import TrainingRecord
from mlplatform.history.recording import commit_of
from mlplatform.local.loop import Loop
from mlplatform.local.project import LocalProject
from mlplatform.registry import incumbent, quoted
from mlplatform.registry import register as register_model

#: In the workspace: the logged model that the trained one became, so that it becomes no second version.
LOGGED = "logged_model"


@contextmanager
def connected(project: LocalProject) -> Iterator[str]:
    """Where MLflow is, for people. What it refuses within is told as `Refused`."""
    where = os.environ.get("MLFLOW_TRACKING_URI")
    if not where:
        store = project.workspace / "mlflow"
        where = f"the folder {store}"
        # MLflow asks for this word, since it develops databases alone; a folder needs no package more.
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
        mlflow.set_tracking_uri(store.as_uri())
    try:
        yield where
    except MlflowException as error:
        raise Refused(f"MLflow ({where}) says: {error.message}") from error


def fetch_champion(loop: Loop) -> str | None:
    """Brings the version that a candidate has to beat; its number, or None where none is live."""
    live = incumbent(loop.project.name)
    if live is None:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        found = mlflow.artifacts.download_artifacts(f"models:/{live.name}/{live.version}", dst_path=scratch)
        shutil.copytree(found, loop.paths.processing("champion"))
    return str(live.version)


def register(loop: Loop) -> ModelVersion:
    """The trained model as a version; the same one never gets a second.

    @raises Refused where nothing was judged yet
    """
    judged = loop.report("gate.json")
    kept = loop.paths.processing("output") / LOGGED
    if not kept.is_file():
        kept.write_text(_logged(MlflowClient(), loop, judged), encoding="utf-8")
    return register_model(loop.project.name, mlflow.models.get_model_info(kept.read_text(encoding="utf-8")))


def _logged(client: MlflowClient, loop: Loop, judged: dict[str, Any]) -> str:
    """Address of the logged model, beside which are what it was trained with and how it was judged."""
    experiment = mlflow.set_experiment(loop.project.name).experiment_id
    run = client.create_run(experiment, run_name="mlplatform register")
    measured = judged["metrics"].get("candidate", {})
    metrics = [Metric(name, value, run.info.start_time, 0) for name, value in measured.items() if math.isfinite(value)]
    client.log_batch(run.info.run_id, metrics=metrics)
    client.log_dict(run.info.run_id, judged, "gate.json")
    model = client.create_logged_model(experiment, "model", run.info.run_id)
    with tempfile.TemporaryDirectory() as scratch:
        folder = shutil.copytree(loop.paths.model, Path(scratch, "model"))
        # As MLflow does where it logs a model itself: its description says which it is.
        described = Model.load(str(folder))
        described.model_id, described.run_id = model.model_id, run.info.run_id
        described.save(str(folder / "MLmodel"))
        record, manifest = _history(loop, folder, run.info.run_id)
        tagged = writing.keep(folder, record, manifest)
        client.log_model_artifacts(model.model_id, str(folder))
    client.set_logged_model_tags(model.model_id, tagged)
    writing.log(client, run.info.run_id, record, tagged)
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    client.set_terminated(run.info.run_id)
    return str(model.model_uri)


def _history(loop: Loop, folder: Path, run: str) -> tuple[TrainingRecord, Manifest]:
    """What the training has written down, with what is known here, and the tables that it was made of."""
    commit, changed, why = commit_of(loop.project.folder)
    said = records.read(folder) or TrainingRecord()
    told = {
        "run": run,
        "engine": "script",
        "source": "mlplatform run",
        "asked_by": os.environ.get("JUPYTERHUB_USER", ""),
        "hyperparameters": said.hyperparameters.given,
    }
    unknown = {
        "commit": why,
        "image": "code outside of an image of the platform cannot tell which one it runs in",
        "asked_by": "only JupyterHub says who somebody is; MLflow notes the owner of the run",
    }
    record = writing.completed(replace(said, commit=commit, changed=changed), told, unknown)
    prepared = json.loads((loop.paths.channels / PREPARED_FROM).read_text(encoding="utf-8"))["objects"]
    return record, Manifest("tables where it was trained", [ReadObject(**each) for each in prepared])


def version_of(name: str, wanted: str | None) -> ModelVersion:
    """@raises Refused where there is none"""
    client = MlflowClient()
    found = client.search_model_versions(f"name = {quoted(name)}")
    chosen = [each for each in found if wanted in (None, str(each.version))]
    if not chosen:
        numbers = ", ".join(sorted((str(each.version) for each in found), key=int)) or "none"
        raise Refused(f"{name} has no version {wanted or ''}; there are: {numbers}; run mlplatform register first")
    return max(chosen, key=lambda each: int(each.version))


def verdict_of(version: ModelVersion) -> Verdict:
    """What the gate said when it was registered.

    @raises Refused where it was registered by something else
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            file = mlflow.artifacts.download_artifacts(f"runs:/{version.run_id}/gate.json", dst_path=folder)
        except (MlflowException, OSError) as error:
            why = "it was not registered by mlplatform register; ask with mlplatform.registry.promote, as the starter notebooks do"
            raise Refused(f"version {version.version} of {version.name} has no gate.json: {why}") from error
        said = json.loads(Path(file).read_text(encoding="utf-8"))
    return Verdict(bool(said["passed"]), tuple(said["reasons"]), dict(said["metrics"]))
