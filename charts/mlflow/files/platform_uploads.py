"""Uploads that last: a file that began to come before its place was registered is refused when it has come.

Whether it may be written is decided when its request begins, and a client may send the last byte hours later.
"""

import asyncio
import posixpath
from functools import wraps

import platform_registry as registry
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED
from mlflow.server import handlers

_get = handlers._get_artifact_repo_mlflow_artifacts


def _look(folder, name):
    path = posixpath.normpath(posixpath.join(folder or "", name)).strip("/")
    if versions := registry.versions_at(path, and_below=False):
        raise MlflowException(
            f"{path} belongs to {registry.named(versions)}, which was registered while the file came",
            error_code=PERMISSION_DENIED,
        )


def _guard(repo):
    """Has a repository look once more, when a file is here and before it is written where it is read."""
    write = repo.log_artifact

    @wraps(write)
    def log_artifact(local_file, artifact_path=None):
        _look(artifact_path, posixpath.basename(local_file))
        return write(local_file, artifact_path)

    repo.log_artifact = log_artifact
    if not hasattr(repo, "log_artifact_from_async_stream"):
        return
    write_stream = repo.log_artifact_from_async_stream

    @wraps(write_stream)
    async def log_artifact_from_async_stream(chunks, artifact_file_name, artifact_path=None):
        async def all_of_it():
            async for chunk in chunks:
                yield chunk
            await asyncio.to_thread(_look, artifact_path, artifact_file_name)

        await write_stream(all_of_it(), artifact_file_name, artifact_path)

    repo.log_artifact_from_async_stream = log_artifact_from_async_stream


@wraps(_get)
def _guarded():
    repo = _get()
    if not getattr(repo, "platform_guarded", False):
        _guard(repo)
        repo.platform_guarded = True
    return repo


handlers._get_artifact_repo_mlflow_artifacts = _guarded
