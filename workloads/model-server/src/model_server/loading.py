"""Loads an MLflow model from wherever it is."""

import fcntl
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import mlflow.artifacts
from mlflow.environment_variables import _MLFLOW_IS_IN_SERVING_ENVIRONMENT
from mlflow.models.signature import ModelSignature
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc.scoring_server import load_model_with_mlflow_config

_log = logging.getLogger("model_server.loading")

MLMODEL = "MLmodel"
_KEPT_SECONDS = 3600


@dataclass(frozen=True)
class LoadedModel:
    """
    A model in memory, and where it came from. `serving_example` is the body of a request that MLflow made of the input example;
    `example_params` are the params that go with the example.
    """

    uri: str
    version: str
    run_id: str
    flavors: tuple[str, ...]
    signature: ModelSignature | None
    input_example: Any
    pyfunc: PyFuncModel
    serving_example: str | None = None
    example_params: dict[str, Any] | None = None

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """MLflow's own prediction, with its signature enforcement."""
        return self.pyfunc.predict(data, params=params)


class NoModelThere(Exception):
    """The directory holds no model, such as SageMaker's before anything was packed."""


def version_key(uri: str) -> str:
    """`3` for `models:/churn/3`; for anything else the first ten hex digits of the URI's SHA-256."""
    parts = uri.removeprefix("models:/").split("/")
    if uri.startswith("models:/") and len(parts) == 2 and parts[1].isdigit():
        return parts[1]
    return hashlib.sha256(uri.encode()).hexdigest()[:10]


def load(uri: str, version: str | None = None, scratch: Path = Path("/tmp/model-server")) -> LoadedModel:
    """
    Loads the model of a URI: `models:/churn/3`, `models:/churn@champion`, `runs:/…`, `s3://…` or a directory.

    What is not local is downloaded below `scratch`, once for all processes that share it.
    Raises NoModelThere for a directory without a model, else what MLflow raises.
    """
    folder = _model_folder(Path(uri)) if _is_local(uri) else _downloaded(_resolved(uri), scratch)
    key = version or version_key(_resolved(uri) if not _is_local(uri) else uri)
    # As MLflow's server does: it says how type hints read JSON, and with what configuration the model is loaded.
    os.environ[_MLFLOW_IS_IN_SERVING_ENVIRONMENT.name] = "true"
    pyfunc = load_model_with_mlflow_config(str(folder))
    meta = pyfunc.metadata
    return LoadedModel(
        uri=uri,
        version=key,
        run_id=meta.run_id or "",
        flavors=tuple(sorted(meta.flavors)),
        signature=meta.signature,
        input_example=_of_example(meta, lambda: meta.load_input_example(str(folder))),
        pyfunc=pyfunc,
        serving_example=_of_example(meta, lambda: meta.get_serving_input(str(folder))),
        example_params=_of_example(meta, lambda: meta.load_input_example_params(str(folder))),
    )


def _is_local(uri: str) -> bool:
    return uri.startswith(("/", ".")) or "://" not in uri and not uri.startswith(("models:/", "runs:/"))


def _model_folder(folder: Path) -> Path:
    """The folder with the MLmodel file: itself, or the only one directly below (a package made with its folder)."""
    if (folder / MLMODEL).is_file():
        return folder
    found = [file.parent for file in folder.glob(f"*/{MLMODEL}")] if folder.is_dir() else []
    if len(found) != 1:
        raise NoModelThere(f"{folder} has no {MLMODEL} file")
    return found[0]


def _resolved(uri: str) -> str:
    """An alias becomes the version that it stands for now."""
    if not uri.startswith("models:/") or "@" not in uri:
        return uri
    name, alias = uri.removeprefix("models:/").split("@", 1)
    found = mlflow.MlflowClient().get_model_version_by_alias(name, alias)
    return f"models:/{name}/{found.version}"


def _downloaded(uri: str, scratch: Path) -> Path:
    models = scratch / "models"
    models.mkdir(parents=True, exist_ok=True)
    # Another registry has another first version of a model of the same name.
    known_as = f"{mlflow.get_tracking_uri()} {mlflow.get_registry_uri()} {uri}"
    folder = models / hashlib.sha256(known_as.encode()).hexdigest()[:16]
    with open(models / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _forget_old(models)
            partial = models / f"{folder.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(partial))
            partial.rename(folder)
        os.utime(folder)
    return _model_folder(folder)


def _forget_old(models: Path) -> None:
    for folder in models.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _of_example(meta: Any, read: Callable[[], Any]) -> Any:
    if not meta.saved_input_example_info:
        return None
    try:
        return read()
    except Exception as error:  # An example that cannot be read must not keep its model from being served.
        _log.warning("the model's input example cannot be read", extra={"error": str(error)})
        return None
