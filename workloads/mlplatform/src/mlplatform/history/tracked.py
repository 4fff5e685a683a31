"""For notebooks, scripts and people's DAGs: the same record as of a loop, on one's own run of MLflow and among the files of its model."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient

from mlplatform.history import writing
from mlplatform.history.manifest import MANIFEST_FILE, Manifest
from mlplatform.history.record import RECORD_FILE, ReadFile
from mlplatform.history.recording import Recording

if TYPE_CHECKING:  # It imports pandas.
    from mlflow.models.model import ModelInfo

#: Jupyter says in it, to a kernel, which file it is of: https://jupyter-server.readthedocs.io
SESSION = "JPY_SESSION_NAME"


def keep(
    noted: Recording,
    model: ModelInfo,
    *,
    project: str,
    metrics: Mapping[str, Mapping[str, float]],
    parameters: Mapping[str, Any],
    data: Manifest,
    files: Iterable[ReadFile] = (),
    engine: str = "",
    source: str = "",
    reason: str = "",
    client: MlflowClient | None = None,
) -> None:
    """Writes down what was done, before the model is registered: `mlplatform.registry.register` brings it to the version.

    @param noted of `with recording() as noted:` around the training
    @param metrics by what was measured on, such as `{"validation": {"roc_auc": 0.8}}`
    @param parameters hyperparameters as they were used, seeds among them by names with `seed`
    @param data what was read: `manifest.of_store`, `manifest.of_file`, or a `Manifest` that says why nothing is known
    @param files that were read, with their digests, where the manifest has none: `recording.files_below`
    @param engine `notebook` or `script` where nothing is said, by what runs this
    """
    client = client or MlflowClient()
    record = noted.done(
        project=project,
        metrics=metrics,
        given={name: str(value) for name, value in parameters.items()},
        used=parameters,
        files=files,
        folder=Path.cwd(),
        run=str(model.run_id or ""),
        engine=engine or ("notebook" if "ipykernel" in sys.modules else "script"),
        source=source or Path(os.environ.get(SESSION, sys.argv[0])).name,
        reason=reason,
        asked_by=os.environ.get("JUPYTERHUB_USER", ""),
        data=data.data,
    )
    told = {"hyperparameters": dict(record.hyperparameters.given)}
    why = {
        "image": "code outside of an image of the platform cannot tell which one it runs in",
        "asked_by": "only JupyterHub says who somebody is; MLflow notes the owner of the run",
    }
    record = writing.completed(record, told, {name: each for name, each in why.items() if not getattr(record, name)})
    with tempfile.TemporaryDirectory() as folder:
        tagged = writing.keep(Path(folder), record, data)
        for name in (RECORD_FILE, MANIFEST_FILE):
            client.log_model_artifact(model.model_id, str(Path(folder, name)))
    client.set_logged_model_tags(model.model_id, tagged)
    if model.run_id:
        writing.log(client, model.run_id, record, tagged)
