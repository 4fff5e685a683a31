"""A version with its evidence as one archive, of a registry of MLflow's own code; the store is played by a client in memory."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from history_versions import OBJECT, registry, version
from mlplatform.command import main
from mlplatform.history.audit import collect
from mlplatform.history.manifest import Manifest
from mlplatform.history.versions import find, told
from mlplatform.integrity import INTEGRITY_TAG, Statement, digest_of_folder, public_key_of, sign

SEED = "a secret of the test"
PACKAGE = "s3://data/models/line/line-1/job/output/model.tar.gz"


class Store:
    """Has the loop's record and evaluation, and lets the rest be read by nobody."""

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in ("metadata/line/runs/line-1.json", "models/line/line-1/baseline/evaluation.json"):
            error = RuntimeError("denied")
            error.response = {
                "Error": {"Code": "AccessDenied", "Message": "Access Denied"},
                "RequestId": str(id(error)),
            }  # type: ignore[attr-defined]
            raise error
        check = {"name": "size", "value": 3.5, "bound": "at most 3.0000", "passed": False, "effect": "warn"}
        return {"Body": io.BytesIO(json.dumps({"of": f"{Bucket}/{Key}", "checks": [check]}).encode())}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowClient]:
    """A model `line`: version 1 is signed, as a loop leaves it; of 2 a file was replaced since; 3 is not signed."""
    folder = tmp_path_factory.mktemp("audit")
    with pytest.MonkeyPatch.context() as environment, registry(folder) as experiment:
        environment.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            environment.delenv(name, raising=False)
        client = MlflowClient()
        for number in ("1", "2", "3"):
            made = version(
                experiment, "line", Manifest("s3://lake/churn/", [OBJECT]), reason="<script>alert(1)</script>"
            )
            if number != "3":
                client.set_model_version_tag("line", number, "mlplatform.package", PACKAGE)
                there = Path(
                    mlflow.artifacts.download_artifacts(f"models:/line/{number}", dst_path=str(folder / number))
                )
                digest, files = digest_of_folder(there)
                said = Statement("line", number, made.creation_timestamp, digest, files, "registrar", "2026-01-01")
                client.set_model_version_tag("line", number, INTEGRITY_TAG, sign(said, SEED))
        changed = folder / "MLmodel"
        changed.write_text("flavors: {}\n")
        client.log_model_artifact(client.get_model_version("line", "2").source.removeprefix("models:/"), str(changed))
        yield client


def archived(
    client: MlflowClient, reference: str, file: Path, public_key: str = public_key_of(SEED)
) -> dict[str, bytes]:
    archive = collect(client, told(client, find(client, reference)), public_key, Store())
    archive.write(file)
    with zipfile.ZipFile(file) as written:
        return {name: written.read(name) for name in written.namelist()}


def test_an_archive_has_the_evidence_and_a_digest_of_every_entry(client: MlflowClient, tmp_path: Path) -> None:
    entries = archived(client, "line/1", tmp_path / "a.zip")
    assert {
        *{"version.json", "trace.json", "integrity.json", "model_files.json", "run.json", "index.html", "SHA256SUMS"},
        *{
            "model/training_record.json",
            "model/data_manifest.json",
            "evidence/run_record.json",
            "evidence/evaluation.json",
        },
    } <= set(entries)
    sums = dict(line.split("  ")[::-1] for line in entries["SHA256SUMS"].decode().splitlines())
    assert sums == {name: hashlib.sha256(body).hexdigest() for name, body in entries.items() if name != "SHA256SUMS"}
    assert json.loads(entries["integrity.json"])["state"] == "valid: signed by registrar at 2026-01-01"
    run = json.loads(entries["run.json"])
    assert run["parameters"] == {"seed": "7"} and [each[1] for each in run["metrics"]["validation/rmse"]] == [0.25]
    listed = {each["path"]: each["sha256"] for each in json.loads(entries["model_files.json"])}
    assert listed["training_record.json"] == hashlib.sha256(entries["model/training_record.json"]).hexdigest()


def test_the_same_version_has_the_same_bytes(client: MlflowClient, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        archived(client, "line/1", tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_what_could_not_be_read_is_named_with_the_reason(client: MlflowClient, tmp_path: Path) -> None:
    entries = archived(client, "line/1", tmp_path / "a.zip")
    denied = json.loads(entries["not_read.json"])
    assert denied["s3://data/models/line/line-1/baseline/constraints.json"] == "AccessDenied: Access Denied"
    assert b"AccessDenied" in entries["index.html"]
    assert b"<th>size</th><td>3.5000, at most 3.0000: only warned</td>" in entries["index.html"]


def test_the_page_runs_nothing_whatever_a_version_says_of_itself(client: MlflowClient, tmp_path: Path) -> None:
    page = archived(client, "line/1", tmp_path / "a.zip")["index.html"].decode()
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert not re.search(r"(src|href)=", page) and "default-src 'none'" in page


@pytest.mark.parametrize(
    ("reference", "key", "state"),
    [
        ("line/2", public_key_of(SEED), "not valid: the files have changed since 2026-01-01"),
        ("line/1", public_key_of("another"), "not valid: the record of the files of version 1 of line is not signed"),
        ("line/1", "", "not checked: no public key was given"),
        ("line/3", public_key_of(SEED), "not signed"),
    ],
)
def test_a_signature_that_says_nothing_is_told_as_such(
    client: MlflowClient, tmp_path: Path, reference: str, key: str, state: str
) -> None:
    entries = archived(client, reference, tmp_path / "a.zip", key)
    assert json.loads(entries["integrity.json"])["state"].startswith(state)


def test_the_command_writes_a_file_once_and_ends_by_what_it_found(
    client: MlflowClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = ["--public-key", public_key_of(SEED)]
    assert main(["audit", "line/1", "--out", str(tmp_path / "1.zip"), *key]) == 0
    assert "Signature: valid" in capsys.readouterr().out
    assert main(["audit", "line/2", "--out", str(tmp_path / "2.zip"), *key]) == 1
    assert main(["audit", "line/1", "--out", str(tmp_path / "1.zip")]) == 2
    assert "it is there already" in capsys.readouterr().err
    assert main(["audit", "line/9", "--out", str(tmp_path / "9.zip")]) == 2
    assert not (tmp_path / "9.zip").exists()
