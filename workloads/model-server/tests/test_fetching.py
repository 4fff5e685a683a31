"""What is fetched stays while it is used, and a registry or a store that does not answer is named as such."""

import errno
import fcntl
import json
import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import mlflow
import mlflow.artifacts
import pytest
import requests
from mlflow.protos import databricks_pb2

from conftest import Made
from model_server import fetching
from model_server.fetching import Unreachable, fetch
from model_server.model_folder import NoModelThere
from server import Server


@pytest.fixture
def registry(models: dict[str, Made], monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Every download is one model, registered when the registry says, if it answers."""
    told = SimpleNamespace(registered=1, answers=True, code=None)

    def download(artifact_uri: str, dst_path: str) -> str:
        (Path(dst_path) / "MLmodel").write_text(f"{artifact_uri} of {told.registered}")
        return dst_path

    def version(name: str, number: str) -> SimpleNamespace:
        if not told.answers:
            raise mlflow.MlflowException("no answer") from requests.exceptions.ConnectionError()
        if told.code is not None:
            raise mlflow.MlflowException("no", error_code=told.code)
        return SimpleNamespace(creation_timestamp=told.registered, tags={})

    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", download)
    monkeypatch.setattr(mlflow, "MlflowClient", lambda: SimpleNamespace(get_model_version=version))
    return told


def test_a_model_that_was_deleted_and_made_again_is_fetched_again(registry: SimpleNamespace, tmp_path: Path) -> None:
    old = fetch("models:/churn/1", None, tmp_path)
    registry.registered = 2
    new = fetch("models:/churn/1", None, tmp_path)
    assert (new.folder / "MLmodel").read_text() == "models:/churn/1 of 2"
    assert (old.folder / "MLmodel").read_text() == "models:/churn/1 of 1", "whoever serves it still does"
    assert new.version == old.version == "1"


def test_while_the_registry_is_away_what_was_fetched_last_is_there(registry: SimpleNamespace, tmp_path: Path) -> None:
    for registry.registered in (2, 10):
        fetch("models:/churn/1", None, tmp_path)
    registry.answers = False
    assert (fetch("models:/churn/1", None, tmp_path).folder / "MLmodel").read_text() == "models:/churn/1 of 10"
    with pytest.raises(Unreachable):
        fetch("models:/churn/2", None, tmp_path)


@pytest.mark.parametrize("code", [databricks_pb2.TEMPORARILY_UNAVAILABLE, databricks_pb2.INTERNAL_ERROR])
def test_a_registry_that_fails_takes_away_nothing(registry: SimpleNamespace, tmp_path: Path, code: int) -> None:
    fetch("models:/churn/1", None, tmp_path)
    registry.code = code
    assert (fetch("models:/churn/1", None, tmp_path).folder / "MLmodel").read_text() == "models:/churn/1 of 1"


@pytest.mark.parametrize("code", [databricks_pb2.RESOURCE_DOES_NOT_EXIST, databricks_pb2.PERMISSION_DENIED])
def test_a_version_that_is_gone_is_not_served_from_the_disk(
    registry: SimpleNamespace, tmp_path: Path, code: int
) -> None:
    fetch("models:/churn/1", None, tmp_path)
    registry.code = code
    with pytest.raises(mlflow.MlflowException):
        fetch("models:/churn/1", None, tmp_path)


def test_what_a_process_uses_is_never_deleted_and_what_nobody_uses_is(
    registry: SimpleNamespace, tmp_path: Path
) -> None:
    served, left = (fetch(f"models:/churn/{version}", None, tmp_path) for version in (1, 2))
    os.close(left.lock)
    for each in (served, left):
        os.utime(each.folder, (0, time.time() - 7200))
    wanted = fetch("models:/churn/3", None, tmp_path)
    assert (served.folder / "MLmodel").exists() and (wanted.folder / "MLmodel").exists()
    assert not left.folder.exists()
    # Until its process has ended, whatever became of it.
    os.close(served.lock)
    os.utime(served.folder, (0, time.time() - 7200))
    fetch("models:/churn/4", None, tmp_path)
    assert not served.folder.exists()


def test_of_a_version_that_a_full_disk_does_not_take_nothing_is_left(
    registry: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served = fetch("models:/churn/1", None, tmp_path)

    def half(artifact_uri: str, dst_path: str) -> str:
        (Path(dst_path) / "weights").write_bytes(b"0" * 1000)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(mlflow.artifacts, "download_artifacts", half)
        with pytest.raises(OSError, match="No space left"):
            fetch("models:/churn/2", None, tmp_path)
    assert [each for each in (tmp_path / "models").iterdir() if each.is_dir()] == [served.folder]
    assert (fetch("models:/churn/2", None, tmp_path).folder / "MLmodel").exists()


@pytest.mark.parametrize("uri", ["s3://models/churn", "models:/churn/1"])
def test_a_store_that_has_nothing_yet_is_asked_again(
    registry: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uri: str
) -> None:
    with monkeypatch.context() as empty:
        empty.setattr(mlflow.artifacts, "download_artifacts", lambda artifact_uri, dst_path: dst_path)
        with pytest.raises(NoModelThere, match=f"{uri} has no MLmodel file"):
            fetch(uri, None, tmp_path)
    assert (fetch(uri, None, tmp_path).folder / "MLmodel").exists()


def test_a_registry_that_answers_nothing_does_not_answer(
    registry: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = SimpleNamespace(get_model_version_by_alias=lambda name, alias: SimpleNamespace(version=""))
    monkeypatch.setattr(mlflow, "MlflowClient", lambda: client)
    with pytest.raises(Unreachable, match="it names no version for models:/churn@champion"):
        fetch("models:/churn@champion", None, tmp_path)


def test_a_folder_that_another_process_fetches_is_waited_for(registry: SimpleNamespace, tmp_path: Path) -> None:
    first = fetch("models:/churn/1", None, tmp_path)
    second = fetch("models:/churn/1", None, tmp_path)
    assert second.folder == first.folder
    with open(fetching._lock_file(first.folder)) as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_store_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from botocore.exceptions import EndpointConnectionError

    def no_answer(uri: str, scratch: Path) -> None:
        raise RuntimeError("download failed") from EndpointConnectionError(endpoint_url="https://s3.example")

    monkeypatch.setattr(fetching, "_downloaded", no_answer)
    with pytest.raises(Unreachable, match="the store of s3://models/churn does not answer"):
        fetch("s3://models/churn", None, tmp_path)


def test_a_registry_that_is_down_is_said_to_be_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    variables = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    with Server(SOURCE="models:/churn@champion", variables=variables) as server:
        seen = set()

        def status() -> str:
            seen.add(json.loads(server.get("/health/ready")[2])["status"])
            return max(seen, key=lambda each: "does not answer" in each)

        server.until(lambda: "does not answer" in status())
        assert f"the registry http://127.0.0.1:{port} does not answer" in status()
        assert not any("no version yet" in each for each in seen), seen
        assert server.get("/ping")[0] == 503
