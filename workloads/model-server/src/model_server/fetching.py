"""Brings a model's files to this machine, once for all processes that share a scratch folder."""

import fcntl
import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from model_server.model_folder import REGISTERED_VERSION, NoModelThere, is_local, model_folder

_KEPT_SECONDS = 3600
# MLflow's client asks a registry that does not answer again for minutes; whoever wants the model asks again anyway, and says why.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
# Answers of a registry, and of its sign-in, that say something of the version asked for.
_FINAL = frozenset(("INVALID_PARAMETER_VALUE", "PERMISSION_DENIED", "RESOURCE_DOES_NOT_EXIST"))
# Of requests, urllib3 and botocore; MLflow wraps them.
_UNREACHABLE = frozenset((
    "ConnectionError", "ConnectTimeout", "ReadTimeout", "Timeout", "MaxRetryError", "NewConnectionError",
    "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError",
))  # fmt: skip


@dataclass(frozen=True)
class Fetched:
    """
    `lock` is an open file that others cannot lock alone while this one is open: the folder stays. -1 for what was here already.
    It goes on through fork and exec.
    """

    uri: str
    version: str
    folder: Path
    lock: int


def version_key(uri: str) -> str:
    """`3` for `models:/churn/3`; for anything else the first ten hex digits of the URI's SHA-256."""
    parts = uri.removeprefix("models:/").split("/")
    if uri.startswith("models:/") and len(parts) == 2 and parts[1].isdigit():
        return parts[1]
    return hashlib.sha256(uri.encode()).hexdigest()[:10]


def fetch(uri: str, version: str | None, scratch: Path) -> Fetched:
    """
    Fetches `models:/churn/3`, `models:/churn@champion`, `runs:/…` or `s3://…` below `scratch`; a directory stays where it is.

    Raises NoModelThere for a directory without a model, integrity.FilesChanged for a registered version whose files are not those
    that were recorded, else what MLflow raises.
    """
    if is_local(uri):
        return Fetched(uri, version or version_key(uri), model_folder(Path(uri)), -1)
    for variable, value in _PATIENCE.items():
        os.environ.setdefault(variable, value)
    try:
        resolved = _resolved(uri)
        folder, lock = _downloaded(resolved, scratch)
    except Exception as error:
        if _UNREACHABLE.isdisjoint(_causes(error)):
            raise
        raise Unreachable(f"{_source(uri)} does not answer: {error}") from error
    return Fetched(uri, version or version_key(resolved), model_folder(folder), lock)


class Unreachable(Exception):
    """Nothing is known of the model, for where it lies does not answer."""


def _causes(error: BaseException | None) -> set[str]:
    names = set()
    while error is not None:
        names.add(type(error).__name__)
        error = error.__cause__ or error.__context__
    return names


def _source(uri: str) -> str:
    if not uri.startswith(("models:/", "runs:/")):
        return f"the store of {uri}"
    import mlflow

    parts = urlsplit(mlflow.get_registry_uri())
    return f"the registry {parts._replace(netloc=parts.netloc.rpartition('@')[2]).geturl()}"


def _resolved(uri: str) -> str:
    """An alias becomes the version that it stands for now."""
    if not uri.startswith("models:/") or "@" not in uri:
        return uri
    import mlflow

    name, alias = uri.removeprefix("models:/").split("@", 1)
    found = mlflow.MlflowClient().get_model_version_by_alias(name, alias)
    if (
        not found.version
    ):  # As MLflow reads what is JSON and says nothing, such as an answer of something else at this address.
        raise Unreachable(f"{_source(uri)} does not answer: it names no version for {uri}")
    return f"models:/{name}/{found.version}"


def _downloaded(uri: str, scratch: Path) -> tuple[Path, int]:
    import mlflow
    import mlflow.artifacts

    from model_server import integrity

    models = scratch / "models"
    models.mkdir(parents=True, exist_ok=True)
    # Another registry has another first version of a model of the same name.
    known_as = f"{mlflow.get_tracking_uri()} {mlflow.get_registry_uri()} {uri}"
    folder = _folder(models, hashlib.sha256(known_as.encode()).hexdigest()[:16], uri)
    lock = os.open(_lock_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)  # Others may use it already; only whoever fetches is alone.
        if not folder.exists():
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                _forget_old(models)
                partial = models / f"{folder.name}.partial"
                shutil.rmtree(partial, ignore_errors=True)
                try:
                    partial.mkdir()
                    mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(partial))
                    integrity.check(uri, partial)
                    _has_model(uri, partial)
                    partial.rename(folder)
                except BaseException:  # On a full disk half a model would keep the logs and samples of others out.
                    shutil.rmtree(partial, ignore_errors=True)
                    raise
            fcntl.flock(lock, fcntl.LOCK_SH)
        os.utime(folder)
    except BaseException:
        os.close(lock)
        raise
    return folder, lock


def _has_model(uri: str, folder: Path) -> None:
    """A store that lists nothing yet is no error to MLflow, and what is kept of it would stay."""
    try:
        model_folder(folder)
    except NoModelThere as error:
        raise NoModelThere(f"{uri} has no MLmodel file") from error


def _folder(models: Path, name: str, uri: str) -> Path:
    """
    Of one registration: a model that was deleted and made again has another first version at the same address. While the registry does
    not answer, what was fetched last is what there is.
    """
    found = REGISTERED_VERSION.match(uri)
    if found is None:
        return models / name
    import mlflow

    try:
        version = mlflow.MlflowClient().get_model_version(found["name"], found["version"])
    except Exception as error:
        fetched = [each for each in models.glob(f"{name}-*") if each.suffix == ""]
        # Only an answer about this version is final: a registry that fails knows nothing.
        if getattr(error, "error_code", None) in _FINAL or not fetched:
            raise
        return max(fetched, key=lambda each: int(each.name.rpartition("-")[2]))
    return models / f"{name}-{version.creation_timestamp}"


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name.removesuffix('.partial')}.lock")


def _forget_old(models: Path) -> None:
    """Deletes what nobody has used for an hour; what a process serves or fetches is locked, however old it is."""
    for folder in models.iterdir():
        if not folder.is_dir() or time.time() - folder.stat().st_mtime < _KEPT_SECONDS:
            continue
        with open(_lock_file(folder), "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(folder, ignore_errors=True)
