"""A training done again: equal to the last digit, and refused where something is another."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from conftest import Root
from mlplatform.history import record as records
from mlplatform.history import retraining
from mlplatform.history.manifest import of_store
from mlplatform.history.record import TrainingRecord

COMMIT = "c" * 40
PATHS = [
    Path(__file__).parents[2] / name
    for name in ("training-template/src", "examples", "mlplatform/src", "drift/src", "model-server/src")
]


@pytest.fixture
def record(trained: Callable[[str], Root], monkeypatch: pytest.MonkeyPatch) -> TrainingRecord:
    """Of a loop's training, as the registrar completes it."""
    monkeypatch.setenv("GIT_COMMIT", COMMIT)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, PATHS)))
    found = records.read(trained("churn").paths.model)
    assert found is not None
    return replace(found, engine="airflow", commit=COMMIT, unknown={})


def test_the_same_data_code_and_values_give_the_same_metrics_to_the_last_digit(
    trained: Callable[[str], Root], record: TrainingRecord, tmp_path: Path
) -> None:
    data = trained("churn").paths.channels
    assert retraining.unlike(record, tmp_path) == []
    assert retraining.from_folder(record, data, tmp_path / "input" / "data") == []
    rows = retraining.compare(record, retraining.train(record, tmp_path))
    assert {"train/roc_auc", "validation/roc_auc"} <= {row.metric for row in rows}
    assert [row for row in rows if not row.within(0.0)] == []
    other = replace(record, metrics={"validation": {**record.metrics["validation"], "roc_auc": 0.5}})
    assert not all(row.within(0.1) for row in retraining.compare(other, record))


def test_a_file_that_is_not_there_or_another_is_refused(
    trained: Callable[[str], Root], record: TrainingRecord, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    (data / "train").mkdir(parents=True)
    (data / "train" / "part-0.csv").write_text("other rows")
    reasons = retraining.from_folder(record, data, tmp_path / "to")
    assert len(reasons) == 2
    assert reasons[0].startswith("train/part-0.csv is not what the training read: its SHA-256 is")
    assert reasons[1] == "validation/part-0.csv is not in the folder"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"engine": "notebook"}, "a notebook made it, and nothing says by which command"),
        ({"commit": "d" * 40}, f"the code here is at {COMMIT}: git checkout {'d' * 40}"),
        (
            {"commit": "", "unknown": {"commit": "the image does not say it"}},
            "its commit is not known: the image does not say it",
        ),
        ({"changed": True}, "with files that differed"),
        ({"packages": {"numpy": "0.1"}}, "packages are others: numpy 0.1 (here "),
        ({"project": ""}, "the training has not said what it did"),
    ],
)
def test_what_is_not_as_it_was_is_refused_with_the_reason(
    record: TrainingRecord, tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    [said] = retraining.unlike(replace(record, **change), tmp_path)
    assert reason in said
    if "packages" in change:
        assert retraining.unlike(replace(record, **change), tmp_path, other_packages=True) == []


def test_a_record_that_leads_out_of_its_folder_is_refused(record: TrainingRecord, tmp_path: Path) -> None:
    forged = replace(record, files=[replace(record.files[0], path="../../etc/passwd")])
    with pytest.raises(retraining.NotRepeatable, match="leads out of its folder"):
        retraining.from_folder(forged, tmp_path, tmp_path / "to")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
        yield client


def test_objects_come_in_the_version_that_was_read_though_they_were_overwritten_since(
    trained: Callable[[str], Root], record: TrainingRecord, s3: Any, tmp_path: Path
) -> None:
    folder = trained("churn").paths.channels
    for file in record.files:
        s3.put_object(Bucket="data", Key=f"data/churn/{file.path}", Body=(folder / file.path).read_bytes())
    manifest = of_store(s3, "s3://data/data/churn/", "", record.files)
    for file in record.files:
        s3.put_object(Bucket="data", Key=f"data/churn/{file.path}", Body=b"overwritten")
    assert retraining.from_store(record, manifest, s3, tmp_path) == []
    for file in record.files:
        assert hashlib.sha256((tmp_path / file.path).read_bytes()).hexdigest() == file.sha256
    one = manifest.objects[0]
    s3.delete_object(Bucket="data", Key=one.uri.removeprefix("s3://data/"), VersionId=one.version_id)
    [gone] = retraining.from_store(record, manifest, s3, tmp_path)
    assert gone.startswith(f"{one.uri}, version {one.version_id} is gone")
    unversioned = replace(manifest, objects=[replace(each, version_id="") for each in manifest.objects])
    assert all("is another object now" in why for why in retraining.from_store(record, unversioned, s3, tmp_path))


def test_without_a_manifest_or_credentials_it_is_said_how_to_bring_the_files(
    record: TrainingRecord, tmp_path: Path
) -> None:
    [unknown] = retraining.from_store(record, None, None, tmp_path)
    assert "which objects it read is not known" in unknown and "--data FOLDER" in unknown
