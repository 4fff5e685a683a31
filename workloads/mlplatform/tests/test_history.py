"""The record of a training: what is taken down, what is refused, and where MLflow shows it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LinearRegression

from mlplatform.history import manifest as manifests
from mlplatform.history import record as records
from mlplatform.history import writing
from mlplatform.history.manifest import Manifest, ReadObject, of_file
from mlplatform.history.record import Hyperparameters, ReadFile, TrainingRecord, Unreadable
from mlplatform.history.recording import commit_of, files_below, log_step, recording
from mlplatform.history.tracked import keep
from mlplatform.registry import register

RECORD = TrainingRecord(
    run="churn-1",
    engine="airflow",
    commit="a" * 40,
    hyperparameters=Hyperparameters({"max_iter": "60"}, {"max_iter": 60, "seed": 7}),
    started_at="2026-01-01T00:00:00.000+00:00",
    ended_at="2026-01-01T00:01:00.000+00:00",
    metrics={"validation": {"roc_auc": 0.8}},
    history={"train/log_loss": [(20, 0.5, 1767225600000), (40, 0.4, 1767225601000)]},
    files=[ReadFile("train/a.csv", 3, "0" * 64)],
)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / records.RECORD_FILE).write_text(RECORD.to_json())
    assert records.read(tmp_path) == RECORD
    assert records.read(tmp_path / "elsewhere") is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "a newer platform wrote it"),
        ({"commit": 7}, "commit is no text"),
        ({"started_at": "yesterday"}, "another shape"),
        ({"started_at": "2026-01-01T00:00:00"}, "no time zone"),
        ({"metrics": {"validation": {"roc_auc": "good"}}}, "no finite number"),
        ({"history": {"loss": [[1, float("inf"), 0]]}}, "no finite number"),
        ({"hyperparameters": {"given": [1]}}, "a table of it is none"),
        ({"files": [{"path": "a"}]}, "another shape"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(change: dict, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        TrainingRecord.from_json(json.dumps({**json.loads(RECORD.to_json()), **change}))


def test_steps_are_heard_within_a_recording_and_nowhere_else() -> None:
    log_step("loss", 1.0, 0)
    with recording() as noted:
        log_step("loss", 0.5, 1)
        log_step("loss", float("nan"), 2)
    log_step("loss", 0.1, 3)
    record = noted.done(project="p", metrics={"validation": {"a": 1.0, "b": float("nan")}}, used={"seed": 7, "x": 1})
    assert [(step, value) for step, value, _ in record.history["loss"]] == [(1, 0.5)]
    assert (record.metrics, record.seeds) == ({"validation": {"a": 1.0}}, {"seed": 7})
    assert record.started_at <= record.ended_at and "python" in record.packages


def test_the_commit_is_the_images_or_the_repositorys_and_else_it_is_said_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_COMMIT", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of(tmp_path)[0] == "" and "no Git repository" in commit_of(tmp_path)[2]
    assert "the image does not say it" in commit_of(None)[2]
    (tmp_path / "train.py").write_text("1")
    author = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    commit, changed, why = commit_of(tmp_path)
    assert (len(commit), changed, why) == (40, False, "")
    (tmp_path / "train.py").write_text("2")
    assert commit_of(tmp_path) == (commit, True, "")
    monkeypatch.setenv("GIT_COMMIT", "b" * 40)
    assert commit_of(tmp_path) == ("b" * 40, False, "")


def test_what_the_engine_knows_is_not_for_the_training_to_say() -> None:
    forged = TrainingRecord(
        image="mine@sha256:0",
        run="another",
        data="s3://elsewhere/",
        hyperparameters=Hyperparameters({"depth": "9", "problem_type": "x"}),
    )
    told = {
        "run": "r",
        "image": "r@sha256:1",
        "data": "s3://d/",
        "engine": "airflow",
        "hyperparameters": {"Depth": "4"},
    }
    known = writing.completed(forged, told, {"asked_by": "nobody did"})
    assert (known.run, known.image, known.data, known.engine) == ("r", "r@sha256:1", "s3://d/", "airflow")
    assert (known.hyperparameters.fixed, known.hyperparameters.found) == ({"depth": "4"}, {"depth": "9"})
    assert known.unknown == {"asked_by": "nobody did"}
    untold = writing.completed(forged, {**told, "hyperparameters": {}}, {})
    assert untold.hyperparameters.found == {} and "did not say" in untold.unknown["hyperparameters"]


def test_parameters_have_names_and_lengths_that_mlflow_takes() -> None:
    given = {"image": "resnet", "a:b": "1", "long": "x" * 9000}
    found = writing.parameters_of(TrainingRecord(hyperparameters=Hyperparameters(given)))
    assert set(found) == {"hyperparameter.image", "a_b", "long"}
    assert len(found["long"]) == 5000


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = Manifest("s3://d/x/", [ReadObject("s3://d/x/a", 3, "v1", "e", "0")], unknown={"prepared_from": "none"})
    (tmp_path / manifests.MANIFEST_FILE).write_text(found.to_json())
    assert manifests.read(tmp_path) == found
    with pytest.raises(Unreadable, match="another shape"):
        Manifest.from_json('{"format": 1, "objects": [{}]}')


def test_files_have_their_digests(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.csv").write_bytes(b"rows")
    assert files_below(tmp_path, "train", "validation") == [
        ReadFile("train/a.csv", 4, hashlib.sha256(b"rows").hexdigest())
    ]


def test_a_notebooks_helper_leaves_the_record_on_run_model_and_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("GIT_COMMIT", "c" * 40)
    monkeypatch.setenv("JUPYTERHUB_USER", "ann@example.com")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    try:
        experiment = mlflow.create_experiment("tests", artifact_location=(tmp_path / "artifacts").as_uri())
        frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
        with mlflow.start_run(experiment_id=experiment), recording() as noted:
            mlflow.log_params({"seed": 7})
            log_step("train/rmse", 0.5, 1)
            fitted = LinearRegression().fit(frame, frame["x"])
            model = mlflow.sklearn.log_model(fitted, name="model", pip_requirements=[])
            keep(
                noted,
                model,
                project="line",
                metrics={"validation": {"rmse": 0.25}},
                parameters={"seed": 7},
                data=of_file("rows.csv", b"rows"),
                engine="notebook",
                source="line.ipynb",
            )
        version = register("line", model)
        client = MlflowClient()
        run = client.get_run(version.run_id).data
        assert run.params == {"seed": "7"}
        assert run.metrics == {"validation/rmse": 0.25, "train/rmse": 0.5}
        assert (run.tags["mlflow.source.type"], run.tags["mlflow.source.name"]) == ("NOTEBOOK", "line.ipynb")
        assert run.tags["mlflow.source.git.commit"] == "c" * 40
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/line/{version.version}", dst_path=str(tmp_path)))
        record, manifest = records.read(folder), manifests.read(folder)
        assert record and manifest and record.asked_by == "ann@example.com" and "image" in record.unknown
        assert manifest.objects == [ReadObject("rows.csv", 4, sha256=hashlib.sha256(b"rows").hexdigest())]
        for tag, file in (
            (writing.RECORD_SHA256, records.RECORD_FILE),
            (writing.MANIFEST_SHA256, manifests.MANIFEST_FILE),
        ):
            assert version.tags[tag] == hashlib.sha256((folder / file).read_bytes()).hexdigest()
        assert "Validation: rmse 0.25." in version.description
    finally:
        mlflow.set_tracking_uri(before)


def test_the_table_of_the_docs_has_every_field_of_a_record() -> None:
    lines = (Path(__file__).parents[3] / "docs" / "history.md").read_text().splitlines()
    named = [line.split("`")[1] for line in lines if line.startswith("| `")]
    # Of these the text beside the table tells.
    assert {*named, "changed", "unknown"} == {field.name for field in fields(TrainingRecord)}


def test_the_docs_own_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[3] / "docs" / "history.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    try:
        mlflow.create_experiment("line", artifact_location=(tmp_path / "artifacts").as_uri())
        for block in blocks:
            exec(block, {})
        version = MlflowClient().get_model_version("line", "1")
        assert version.tags["history.engine"] == "script" and writing.MANIFEST_SHA256 in version.tags
        folder = Path(mlflow.artifacts.download_artifacts("models:/line/1", dst_path=str(tmp_path)))
        record = records.read(folder)
        assert record is not None
        place = next(row for row in text.splitlines() if row.startswith("| Field")).split("|").index(" notebook ")
        for line in (line for line in text.splitlines() if line.startswith("| `")):
            field, cell = line.split("`")[1], line.split("|")[place].strip()
            if cell.startswith("no"):
                assert getattr(record, field) in ("", []), field
    finally:
        mlflow.set_tracking_uri(before)
