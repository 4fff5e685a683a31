"""Records of versions of a real MLflow server, whose files change behind it; the bucket is moto's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from conftest import bucket
from local_platform.mlflow_server import MlflowServer
from mlplatform.integrity import INTEGRITY_TAG, FilesChanged
from model_release.command import main
from model_release.integrity import SEED_VARIABLE, Integrity, from_environment
from model_release.metrics import Metrics
from model_release.pack import pack
from model_release.registrar import Registrar
from model_release.registrar_config import RegistrarConfig, model
from model_release.version import exact
from model_release.wanted_files import EVERY_SECONDS, WantedFiles

SEED = "made-up-secret-of-a-test"
BUCKET = "packages"


@pytest.fixture
def s3(aws: str) -> Any:
    with bucket(aws, BUCKET) as client:
        yield client


class Version:
    """A version of its own, and the file of it in the server's store."""

    def __init__(self, server: MlflowServer, name: str) -> None:
        mlflow.set_tracking_uri(server.uri)
        self.client = MlflowClient()
        experiment = self.client.create_experiment(name)
        logged = self.client.create_logged_model(experiment, "model")
        self.file = server.folder / f"artifacts/{experiment}/models/{logged.model_id}/artifacts/data/model.pkl"
        self.file.parent.mkdir(parents=True)
        self.file.write_bytes(b"weights")
        (self.file.parents[1] / "MLmodel").write_text("flavors: {}\n")
        self.client.finalize_logged_model(logged.model_id, "READY")
        self.client.create_registered_model(name)
        self.name = name
        self.registered(logged.model_uri)

    def registered(self, source: str) -> None:
        self.source = source
        made = self.client.create_model_version(self.name, source=source, model_id=source.removeprefix("models:/"))
        self.number = made.version
        self.uri = f"models:/{self.name}/{self.number}"

    def record(self) -> dict[str, Any]:
        tags = self.client.get_model_version(self.name, self.number).tags
        found: dict[str, Any] = json.loads(json.loads(tags[INTEGRITY_TAG])["statement"])
        return found


@pytest.fixture
def version(mlflow_server: MlflowServer, request: pytest.FixtureRequest) -> Version:
    return Version(mlflow_server, request.node.name.replace("[", "-").replace("]", ""))


@pytest.fixture
def integrity(version: Version) -> Iterator[Integrity]:
    os.environ[SEED_VARIABLE] = SEED
    made = from_environment(version.client, "release-controller")
    assert made is not None
    yield made
    del os.environ[SEED_VARIABLE]


def test_what_is_recorded_is_every_file_once(version: Version, integrity: Integrity) -> None:
    digest = integrity.ensure(version.uri)
    said = version.record()
    assert (said["digest"], said["files"], said["by"]) == (digest, 2, "release-controller")
    assert (said["name"], said["version"]) == (version.name, str(version.number))
    version.file.write_bytes(b"weights of somebody else")
    assert integrity.ensure(version.uri) == digest
    with pytest.raises(FilesChanged, match="have changed since they were recorded"):
        integrity.verify(version.uri)


def test_a_file_that_is_added_or_gone_is_a_change(version: Version, integrity: Integrity) -> None:
    integrity.ensure(version.uri)
    integrity.verify(version.uri)
    more = version.file.with_name("more.py")
    more.write_text("import os")
    with pytest.raises(FilesChanged):
        integrity.verify(version.uri)
    more.unlink()
    version.file.unlink()
    with pytest.raises(FilesChanged):
        integrity.verify(version.uri)


def test_the_record_of_another_version_is_refused(version: Version, integrity: Integrity) -> None:
    integrity.ensure(version.uri)
    record = version.client.get_model_version(version.name, version.number).tags[INTEGRITY_TAG]
    version.registered(version.client.get_model_version(version.name, version.number).source)
    version.client.set_model_version_tag(version.name, version.number, INTEGRITY_TAG, record)
    with pytest.raises(FilesChanged, match="is one of version 1"):
        integrity.ensure(version.uri)


def test_a_record_by_another_key_is_refused(version: Version, integrity: Integrity) -> None:
    Integrity(version.client, "somebody else's", "nobody").ensure(version.uri)
    with pytest.raises(FilesChanged, match="not signed by the release path"):
        integrity.ensure(version.uri)


def test_nothing_is_packed_of_changed_files(version: Version, integrity: Integrity, s3: Any) -> None:
    target = f"s3://{BUCKET}/models/model.tar.gz"
    assert pack(version.uri, target, s3, recorded=integrity.ensure).uploaded
    s3.delete_object(Bucket=BUCKET, Key="models/model.tar.gz")
    version.file.write_bytes(b"WEIGHTS")  # As long as before.
    with pytest.raises(FilesChanged):
        pack(version.uri, target, s3, recorded=integrity.ensure)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_the_packers_command_ends_with_the_reason(
    version: Version, integrity: Integrity, s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("model_release.commands.pack.aws", lambda *_: s3)
    integrity.ensure(version.uri)
    version.file.write_bytes(b"WEIGHTS")
    assert main(["pack", "churn", "--from", version.uri, "--to", f"s3://{BUCKET}/model.tar.gz"]) == 1
    assert "have changed since they were recorded" in "".join(capsys.readouterr())


def test_the_registrar_records_what_it_is_asked_about(version: Version, integrity: Integrity, s3: Any) -> None:
    version.client.set_registered_model_alias(version.name, "champion", version.number)
    trained = model("churn", f"models:/{version.name}@champion", [])
    config = RegistrarConfig("dev", "", "eu-west-1", f"s3://{BUCKET}", {"churn": trained})
    registrar = Registrar(lambda: config, version.client, s3, integrity=integrity)
    answer = registrar.answer({"model": "churn", "action": "champion"}, lambda: False, lambda _: None)
    assert answer["version"] == str(version.number)
    assert version.record()["files"] == 2


class TestWantedFiles:
    @pytest.fixture(autouse=True)
    def _wanted(self, version: Version, integrity: Integrity) -> None:
        self.now, self.metrics = 1000.0, Metrics()
        self.version, self.wanted = version, exact(version.uri)
        self.files = WantedFiles(integrity, self.metrics, lambda: self.now)

    def told(self) -> float | None:
        labels = {"model": "churn", "version": self.wanted.key}
        return self.metrics.registry.get_sample_value("model_files_changed", labels)

    def test_are_recorded_when_they_are_wanted_and_looked_at_again_later(self) -> None:
        assert self.files.unchanged("churn", self.wanted)
        assert self.told() == 0
        self.version.file.write_bytes(b"weights of somebody else")
        assert self.files.unchanged("churn", self.wanted)
        self.now += EVERY_SECONDS
        assert not self.files.unchanged("churn", self.wanted)
        assert self.told() == 1

    def test_of_a_model_that_was_deleted_and_made_again_are_looked_at_at_once(self) -> None:
        client, name = self.version.client, self.version.name
        assert self.files.unchanged("churn", self.wanted)
        first = client.get_model_version(name, self.version.number)
        client.delete_registered_model(name)
        client.create_registered_model(name)
        self.version.registered(self.version.source)
        assert self.version.uri == self.wanted.uri, "numbers start anew"
        # Somebody brings the record of the first one along.
        client.set_model_version_tag(name, self.version.number, INTEGRITY_TAG, first.tags[INTEGRITY_TAG])
        assert not self.files.unchanged("churn", self.wanted)
        assert self.told() == 1
        client.delete_model_version_tag(name, self.version.number, INTEGRITY_TAG)
        self.now += EVERY_SECONDS
        assert self.files.unchanged("churn", self.wanted)
        assert (
            self.version.record()["registered"]
            != json.loads(json.loads(first.tags[INTEGRITY_TAG])["statement"])["registered"]
        )

    def test_are_looked_at_when_the_controller_starts(self) -> None:
        assert self.files.unchanged("churn", self.wanted)
        self.version.file.write_bytes(b"weights of somebody else")
        again = WantedFiles(Integrity(self.version.client, SEED, "test"), self.metrics, lambda: self.now)
        assert not again.unchanged("churn", self.wanted)

    def test_of_another_version_leave_no_alert_behind(self) -> None:
        self.files.unchanged("churn", self.wanted)
        first = self.wanted.key
        self.version.registered(self.version.client.get_model_version(self.version.name, self.version.number).source)
        assert self.files.unchanged("churn", exact(self.version.uri))
        gone = self.metrics.registry.get_sample_value("model_files_changed", {"model": "churn", "version": first})
        assert gone is None

    def test_of_a_model_that_has_gone_leave_no_alert_behind(self) -> None:
        self.files.unchanged("churn", self.wanted)
        self.files.forget_others({"churn", "attrition"})
        assert self.told() == 0
        self.files.forget_others({"attrition"})
        assert self.told() is None

    def test_of_what_is_not_registered_are_nobodys(self, tmp_path: Path) -> None:
        assert self.files.unchanged("churn", exact("s3://somewhere/model"))
