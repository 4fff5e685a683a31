"""What is written down of a training run before its model is registered: what the training says, completed by what the engine knows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlplatform.history import record as records
from mlplatform.history import writing
from mlplatform.history.manifest import Manifest, of_store
from mlplatform.history.record import TrainingRecord, Unreadable
from model_release.log import fields
from model_release.trained import Trained

log = logging.getLogger(__name__)


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
