"""What a version says of how it was trained: by a real MLflow server, with data in a bucket of moto's that keeps versions."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from conftest import bucket
from local_platform.mlflow_server import MlflowServer
from mlplatform.history import manifest as manifests
from mlplatform.history import record as records
from mlplatform.history import writing
from mlplatform.history.manifest import of_store
from mlplatform.history.record import Hyperparameters, ReadFile, TrainingRecord
from mlplatform.history.recording import now
from model_release.registrar import Registrar
from model_release.registrar_config import RegistrarConfig, TrainedModel

BUCKET = "history"
DIGEST = hashlib.sha256(b"first").hexdigest()


@pytest.fixture(scope="module")
def s3(aws: str) -> Iterator[Any]:
    with bucket(aws, BUCKET) as client:
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client
        for each in client.list_object_versions(Bucket=BUCKET).get("Versions", []):
            client.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
        for each in client.list_object_versions(Bucket=BUCKET).get("DeleteMarkers", []):
            client.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])


@pytest.fixture(scope="module")
def client(mlflow_server: MlflowServer) -> MlflowClient:
    mlflow.set_tracking_uri(mlflow_server.uri)
    return MlflowClient()


def put(s3: Any, key: str, content: bytes) -> str:
    return str(s3.put_object(Bucket=BUCKET, Key=key, Body=content)["VersionId"])


def a_second_later() -> str:
    """A moment between two writes: S3 tells seconds."""
    time.sleep(1.1)
    moment = now()
    time.sleep(1.1)
    return moment


def test_a_manifest_names_the_versions_of_when_training_began(s3: Any) -> None:
    old = put(s3, "data/a/train/1.csv", b"first")
    put(s3, "data/a/train/gone.csv", b"gone")
    s3.delete_object(Bucket=BUCKET, Key="data/a/train/gone.csv")
    put(s3, "data/ab/train/other.csv", b"of another model")
    begun = a_second_later()
    put(s3, "data/a/train/1.csv", b"overwritten since")
    put(s3, "data/a/train/2.csv", b"new since")
    seen = [ReadFile("train/1.csv", 5, DIGEST), ReadFile("train/9.csv", 1, DIGEST)]
    found = of_store(s3, f"s3://{BUCKET}/data/a/", begun, seen)
    [one] = found.objects
    assert (one.uri, one.version_id, one.bytes) == (f"s3://{BUCKET}/data/a/train/1.csv", old, 5)
    assert (one.etag, one.sha256) == (hashlib.md5(b"first").hexdigest(), DIGEST)
    assert found.differs == ["the training read train/9.csv, of which no object is known"]


def test_an_object_that_is_not_what_the_training_read_is_told(s3: Any) -> None:
    put(s3, "data/b/train/1.csv", b"longer than that")
    found = of_store(s3, f"s3://{BUCKET}/data/b/", "", [ReadFile("train/1.csv", 5, DIGEST)])
    assert found.differs == [f"s3://{BUCKET}/data/b/train/1.csv had 16 bytes, and the training read 5"]
    assert "did not say when it began" in found.unknown["moment"]


def test_a_digest_goes_to_no_version_that_the_training_may_not_have_read(s3: Any) -> None:
    """Overwritten by as many bytes after the data were brought, and before the code said that it began."""
    old = put(s3, "data/e/train/1.csv", b"first")
    put(s3, "data/e/train/2.csv", b"alone")
    put(s3, "data/e/train/3.csv", b"again")
    s3.delete_object(Bucket=BUCKET, Key="data/e/train/3.csv")
    a_second_later()
    new = put(s3, "data/e/train/1.csv", b"other")
    put(s3, "data/e/train/3.csv", b"later")
    begun = a_second_later()
    seen = [ReadFile(f"train/{number}.csv", 5, DIGEST) for number in (1, 2, 3)]
    found = of_store(s3, f"s3://{BUCKET}/data/e/", begun, seen)
    first, alone, again = found.objects
    assert [(first.version_id, first.sha256), alone.sha256, again.sha256] == [(new, ""), DIGEST, ""]
    assert sorted(found.unknown) == [first.uri, again.uri] and found.differs == []
    assert found.unknown[first.uri].endswith(f"its data were brought before, perhaps in version {old}")
    after_an_hour = (datetime.fromisoformat(begun) + timedelta(hours=1)).isoformat()
    found = of_store(s3, f"s3://{BUCKET}/data/e/", after_an_hour, seen)
    assert [each.sha256 for each in found.objects] == [DIGEST] * 3 and found.unknown == {}


def test_where_the_store_keeps_no_versions_a_digest_goes_to_no_object_that_was_just_written(aws: str) -> None:
    with bucket(aws, "unversioned") as s3:
        s3.put_object(Bucket="unversioned", Key="data/a/train/1.csv", Body=b"first")
        found = of_store(s3, "s3://unversioned/data/a/", a_second_later(), [ReadFile("train/1.csv", 5, DIGEST)])
    [one] = found.objects
    assert one.sha256 == "" and found.unknown[one.uri].endswith("the store keeps no versions of it")


def test_what_prepared_data_were_made_of_is_in_the_manifest(s3: Any) -> None:
    made_of = [{"uri": "s3://b/raw.csv", "bytes": 3, "version_id": "v", "etag": "e", "sha256": DIGEST}]
    put(s3, "extracts/c/run/train/part-00000.csv", b"rows")
    put(s3, "extracts/c/run/prepared_from.json", json.dumps({"format": 1, "objects": made_of}).encode())
    found = of_store(s3, f"s3://{BUCKET}/extracts/c/run/", "", [])
    assert [each.uri for each in found.prepared_from] == ["s3://b/raw.csv"]
    assert [each.uri for each in found.objects] == [f"s3://{BUCKET}/extracts/c/run/train/part-00000.csv"]
    put(s3, "extracts/d/run/train/part-00000.csv", b"rows")
    assert (
        "left no prepared_from.json" in of_store(s3, f"s3://{BUCKET}/extracts/d/run/", "", []).unknown["prepared_from"]
    )


def test_a_store_that_does_not_tell_is_no_end_of_a_registration(s3: Any) -> None:
    found = of_store(s3, "s3://no-such-bucket/data/", "", [])
    assert found.objects == [] and "does not list their versions" in found.unknown["objects"]


def table(engine: str) -> dict[str, str]:
    """What docs/history.md says of each field."""
    lines = (Path(__file__).parents[3] / "docs" / "history.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    place = rows[0].index(engine)
    return {row[0].strip("`"): row[place] for row in rows[2:]}


def empty(value: Any) -> bool:
    return value in ("", {}, [], Hyperparameters())


def trained(tmp_path: Path, s3: Any, record: TrainingRecord | str | None) -> str:
    """A package as a job leaves it, with a record, with something else in its place, or without."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {python_function: {loader_module: mlflow.sklearn}}\n")
    if record is not None:
        text = record if isinstance(record, str) else record.to_json()
        (folder / records.RECORD_FILE).write_text(text)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, arcname=".")
    put(s3, f"models/{tmp_path.name}/model.tar.gz", packed.getvalue())
    return f"s3://{BUCKET}/models/{tmp_path.name}/model.tar.gz"


def registered(client: MlflowClient, s3: Any, name: str, package: str, **more: Any) -> Any:
    config = RegistrarConfig(
        "dev",
        "arn",
        "eu-west-1",
        f"s3://{BUCKET}/models",
        {name: TrainedModel(name, name, "champion", ("kubernetes",))},
    )
    request = {
        **{"action": "register", "model": name, "modelPackage": package, "runId": f"{name}-1", "reason": "drift"},
        **{"image": "registry/training@sha256:1", "data": f"s3://{BUCKET}/data/{name}/", "metrics": {"roc_auc": 0.9}},
        **{"engine": "stepFunctions", "source": "arn:execution:1", "hyperparameters": {"depth": "4"}, **more},
    }
    Registrar(lambda: config, client, s3).answer(request, lambda: False, lambda _: None)
    return client.get_model_version(name, "1")


@pytest.mark.parametrize("engine", ["stepFunctions", "sagemakerPipelines", "airflow"])
def test_every_engine_leaves_the_same_on_run_and_version(
    engine: str, tmp_path: Path, client: MlflowClient, s3: Any
) -> None:
    name = f"recorded-{engine}"
    put(s3, f"data/{name}/train/1.csv", b"first")
    said = TrainingRecord(
        packages={"python": "3.11.14"},
        **{"commit": "a" * 40, "project": "churn", "seeds": {"seed": 7}, "engine": "mine", "image": "mine"},
        hyperparameters=Hyperparameters({"depth": "4", "rate": "0.1"}, {"depth": 4, "rate": 0.1, "seed": 7}),
        **{"started_at": a_second_later(), "ended_at": now(), "files": [ReadFile("train/1.csv", 5, DIGEST)]},
        metrics={"validation": {"roc_auc": 0.8}},
        history={"train/log_loss": [(20, 0.5, 1767225600000), (40, 0.4, 1767225601000)]},
    )
    asked = {"askedBy": "ann@example.com"} if engine == "airflow" else {}
    version = registered(client, s3, name, trained(tmp_path, s3, said), engine=engine, **asked)
    run = client.get_run(version.run_id)
    assert {"depth": "4", "rate": "0.1", "seed": "7"}.items() <= run.data.params.items()
    assert run.data.metrics == {"roc_auc": 0.9, "validation/roc_auc": 0.8, "train/log_loss": 0.4}
    steps = client.get_metric_history(version.run_id, "train/log_loss")
    assert [(each.step, each.value) for each in steps] == [(20, 0.5), (40, 0.4)]
    assert run.info.start_time == records.milliseconds(said.started_at)
    assert run.info.end_time == records.milliseconds(said.ended_at)
    assert run.data.tags["mlflow.source.git.commit"] == version.tags["history.commit"] == "a" * 40
    assert (run.data.tags["mlflow.source.name"], run.data.tags["mlflow.source.type"]) == ("arn:execution:1", "JOB")
    assert version.tags["history.engine"] == engine and "registry/training@sha256:1" in version.description
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=str(tmp_path / "down")))
    record, manifest = records.read(folder), manifests.read(folder)
    assert record is not None and manifest is not None
    assert (record.engine, record.image, record.run) == (engine, "registry/training@sha256:1", f"{name}-1")
    both = ({"depth": "4", "rate": "0.1"}, {}) if engine == "airflow" else ({"depth": "4"}, {"rate": "0.1"})
    assert (record.hyperparameters.fixed, record.hyperparameters.found) == both
    assert [(each.sha256, each.bytes) for each in manifest.objects] == [(DIGEST, 5)] and manifest.differs == []
    assert (record.asked_by == "ann@example.com") == (engine == "airflow")
    assert ("asked_by" in record.unknown) == (engine != "airflow")
    for field, cell in table(engine).items():
        assert empty(getattr(record, field)) != cell.startswith("yes"), field
    for tag, file in ((writing.RECORD_SHA256, records.RECORD_FILE), (writing.MANIFEST_SHA256, manifests.MANIFEST_FILE)):
        assert version.tags[tag] == hashlib.sha256((folder / file).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("left", "why"), [(None, "written none"), ("{}", "cannot be read"), ('{"format":', "cannot be read")]
)
def test_without_a_record_of_the_training_a_version_says_what_the_engine_knows_and_what_is_not_known(
    left: str | None, why: str, tmp_path: Path, client: MlflowClient, s3: Any
) -> None:
    name = tmp_path.name.replace("_", "-")
    put(s3, f"data/{name}/train/1.csv", b"first")
    version = registered(client, s3, name, trained(tmp_path, s3, left))
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=str(tmp_path / "down")))
    record = records.read(folder)
    assert record is not None and why in record.unknown["record"] and "found" in record.unknown
    assert client.get_run(version.run_id).data.params["depth"] == "4"
    assert record.source == version.tags["history.source"] == "arn:execution:1"
