"""What `mlplatform retrain` finds, refuses and tells; that the training itself is repeated is shown where it is installed, in training-template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from history_versions import OBJECT, registry, version
from mlplatform.command import main
from mlplatform.history import retraining
from mlplatform.history.manifest import Manifest
from mlplatform.history.record import ReadFile, TrainingRecord
from mlplatform.integrity import sha256_of

COMMIT = "c" * 40


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A model `line` whose version 1 a loop has made, and 2 a notebook; its data are in `rows`."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("GIT_COMMIT", COMMIT)
    rows = tmp_path / "rows" / "train" / "a.csv"
    rows.parent.mkdir(parents=True)
    rows.write_text("x\n1\n")
    files = [ReadFile("train/a.csv", rows.stat().st_size, sha256_of(rows))]
    with registry(tmp_path) as experiment:
        version(experiment, "line", Manifest("s3://lake/churn/", [OBJECT]), engine="airflow", files=files)
        version(experiment, "line", Manifest("s3://lake/churn/", [OBJECT]), engine="notebook")
        MlflowClient().set_model_version_tag("line", "1", "mlplatform.run", "line-20260101")
        yield tmp_path


def ends(folder: Path, *arguments: str) -> int:
    return main(["retrain", "--data", str(folder / "rows"), *arguments])


@pytest.mark.parametrize(
    ("new", "tolerance", "code"), [(0.25, "0", 0), (0.26, "0", 1), (0.26, "0.1", 0), (0.5, "0.1", 1), (None, "9", 1)]
)
def test_it_ends_by_whether_metrics_are_equal_or_within_a_tolerance(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    new: float | None,
    tolerance: str,
    code: int,
) -> None:
    def train(record: TrainingRecord, root: Path) -> TrainingRecord:
        assert (root / "input/data/train/a.csv").read_text() == "x\n1\n"
        return replace(record, metrics={"validation": {} if new is None else {"rmse": new}})

    monkeypatch.setattr(retraining, "train", train)
    given = ["--run", "line-20260101", "--tolerance", tolerance]
    assert ends(folder, *given) == code
    header, row, *_ = capsys.readouterr().out.splitlines()
    assert header.split() == ["metric", "old", "new", "difference"]
    assert row.split()[:3] == ["validation/rmse", "0.25", str(new)]
    assert ends(folder, *given, "--json") == code
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "version": "line/1",
        "equal": code == 0,
        "metrics": [{"metric": "validation/rmse", "old": 0.25, "new": new}],
    }


def test_a_run_is_found_by_its_id_in_mlflow_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retraining, "train", lambda record, root: record)
    run_id = MlflowClient().get_model_version("line", "1").run_id
    assert ends(folder, "--run", str(run_id)) == 0


def test_what_cannot_be_repeated_is_refused_with_every_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_COMMIT", "d" * 40)
    assert ends(folder, "--run", "line/2") == 2
    told = capsys.readouterr().err
    assert "a notebook made it" in told and "the training has not said what it did" in told
    assert f"git checkout {COMMIT}" in told


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--run", "nobody"], "no version of MLflow was made by it"),
        (["--run", "line/9"], "line/9: "),
        (["--run", "line/1", "--tolerance", "-1"], "allowed: a number from 0"),
        (["--run", "line/1", "--tolerance", "nan"], "allowed: a number from 0"),
        (["--run", "line/1", "--data", "nowhere"], "there is no such folder"),
    ],
)
def test_what_is_not_there_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert ends(folder, *arguments) == 2
    assert reason in capsys.readouterr().err


def test_a_file_that_changed_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rows" / "train" / "a.csv").write_text("x\n2\n")
    assert ends(folder, "--run", "line/1") == 2
    assert "train/a.csv is not what the training read" in capsys.readouterr().err
