from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from conftest import ANSWERS, CONFIGS, TABLES, Root
from mlplatform.baseline import FILE_NAME, Baseline
from mlplatform.history import record as records
from mlplatform.integrity import sha256_of
from training_template.checkpoint import Checkpoint
from training_template.command import INTERRUPTED
from training_template.paths import Paths
from training_template.splits import split_rows
from training_template.tables import Schema

both = pytest.mark.parametrize("project", CONFIGS)


@both
def test_a_model_directory_loads_and_holds_what_it_was_trained_on(project: str, trained: Callable[[str], Root]) -> None:
    folder = trained(project).paths.model
    model = mlflow.pyfunc.load_model(str(folder))
    assert model.metadata.metadata["project"] == project
    rows = TABLES[project](50, 3)
    answers = model.predict(rows[model.metadata.get_input_schema().input_names()])
    assert len(answers) == 50
    baseline = Baseline.from_json((folder / FILE_NAME).read_text())
    assert set(baseline.features) == set(model.metadata.get_input_schema().input_names())
    assert set(baseline.predictions) == ANSWERS[project]
    assert not (folder / "output").exists()


def test_what_was_missing_in_a_row_of_train_alone_may_be_missing_in_what_is_asked(root: Root) -> None:
    root.told(project="attrition")
    parts = split_rows(TABLES["attrition"](2000, 5).dropna())
    gapped = parts["train"].index[0]
    parts["train"].loc[gapped, "department"] = None
    for split, part in parts.items():
        root.put(root.paths.channel(split), part)
    assert root.run("train") == 0, root.failure()
    schema = mlflow.pyfunc.load_model(str(root.paths.model)).metadata.get_input_schema()
    assert [spec.name for spec in schema.inputs if not spec.required] == ["department"]


def test_the_record_beside_a_model_says_what_was_done(trained: Callable[[str], Root]) -> None:
    root = trained("churn")
    record = records.read(root.paths.model)
    assert record is not None
    assert record.hyperparameters.given == CONFIGS["churn"]
    assert record.hyperparameters.used == {"seed": 7, "max_iter": 60, "learning_rate": 0.08}
    assert (record.project, record.seeds) == ("churn", {"seed": 7})
    assert [step for step, _, _ in record.history["train/log_loss"]] == [20, 40, 60]
    losses = [value for _, value, _ in record.history["train/log_loss"]]
    assert losses == sorted(losses, reverse=True)
    assert set(record.metrics) == {"train", "validation"} and record.started_at < record.ended_at
    assert {"train/part-0.csv", "validation/part-0.csv"} == {file.path for file in record.files}
    [own] = [file for file in record.files if file.path.startswith("train/")]
    assert own.sha256 == sha256_of(root.paths.channel("train") / "part-0.csv")


def test_answers_of_attrition_say_what_each_feature_added(trained: Callable[[str], Root]) -> None:
    model = mlflow.pyfunc.load_model(str(trained("attrition").paths.model))
    names = model.metadata.get_input_schema().input_names()
    answers = model.predict(TABLES["attrition"](100, 3)[names])
    parts = answers[[f"contribution_{name}" for name in names]].sum(axis=1) + answers["base"]
    assert np.allclose(1 / (1 + np.exp(-parts)), answers["probability"])


def test_metrics_are_told_as_sagemaker_reads_them(root: Root, capsys: pytest.CaptureFixture[str]) -> None:
    root.told(**CONFIGS["attrition"])
    root.channels(TABLES["attrition"](2000, 7))
    assert root.run("train") == 0
    log = capsys.readouterr().out
    for line in log.splitlines():
        assert {"time", "level", "message"} <= json.loads(line).keys()
    # As components/contracts/trainingLoop.ts asks for them.
    for name in ("validation:roc_auc", "roc_auc", "log_loss"):
        found = re.search(rf"(?:^|[\s;]){name}=([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?);", log)
        assert found and 0 < float(found[1]) < 1


def test_errors_of_a_regression_are_told_as_sagemaker_reads_them(
    root: Root, capsys: pytest.CaptureFixture[str]
) -> None:
    root.told(project="delivery", max_iter="20", problem_type="regression")
    frame = TABLES["delivery"](1000, 7)
    frame.loc[frame.index[:300], "minutes"] = 0.0  # Of what is zero nobody is a share off.
    root.channels(frame)
    assert root.run("train") == 0
    log = capsys.readouterr().out
    for name in ("validation:rmse", "rmse", "mae", "r2"):
        found = re.search(rf"(?:^|[\s;]){name}=([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?);", log)
        assert found and math.isfinite(float(found[1]))
    assert "mape=" not in log


def channels_of_broken(root: Root) -> None:
    frame = TABLES["churn"](1000, 7)
    root.channels(frame.rename(columns={"plan": "tariff"}))


@pytest.mark.parametrize(
    ("config", "channels", "reason"),
    [
        ({}, lambda root: None, r"project: ''; allowed: attrition, churn, delivery, drawn, tariff"),
        ({"project": "../x"}, lambda root: None, r"project: '../x'"),
        ({"project": "delivery", "problem_type": "binaryClassification"}, lambda root: None,
         r"its problem type is regression, and the stack says binaryClassification; write problemType: regression"),
        ({"project": "churn"}, lambda root: None, r"there is no .csv.* in train/"),
        ({"project": "churn"}, channels_of_broken, r"train/: column plan is missing"),
        ({"project": "churn", "max_iter": "many", "learning_rate": "x"}, lambda root: None,
         r"max_iter: 'many'; allowed: a whole number; learning_rate: 'x'; allowed: a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_on_leaves_its_reason_and_no_model(
    root: Root, config: dict[str, str], channels: Callable[[Root], None], reason: str
) -> None:
    root.told(**config)
    channels(root)
    assert root.run("train") == 1
    assert re.search(reason, root.failure())
    assert not root.paths.model.exists()


def test_a_failure_that_nobody_foresaw_leaves_its_reason_too(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.told(**CONFIGS["attrition"])
    root.channels(TABLES["attrition"](1000, 7))
    monkeypatch.setattr("training_template.problems.binary.binary_metrics", lambda *_: 1 / 0)
    assert root.run("train") == 1
    assert root.failure().startswith("ZeroDivisionError")


def test_interrupted_and_started_again_it_becomes_the_same_model(root: Root, tmp_path: Path) -> None:
    whole = Root(Paths(tmp_path / "whole"), root.environment)
    for each in (root, whole):
        each.told(project="churn", max_iter="400")
        each.channels(TABLES["churn"](1500, 7))
    assert whole.run("train") == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "training_template", "train"],
        env={**os.environ, "TRAINING_ROOT": str(root.paths.root), "PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["message"] != "training":
        pass
    process.send_signal(signal.SIGTERM)
    log, _ = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED, log
    assert not root.paths.model.exists() and not root.paths.failures[0].exists()
    assert json.loads((root.paths.checkpoints / "checkpoint.json").read_text())["done"] < 400

    assert root.run("train") == 0
    rows = TABLES["churn"](500, 3).drop(columns="churned")
    resumed, at_once = (mlflow.pyfunc.load_model(str(each.paths.model)).predict(rows) for each in (root, whole))
    assert np.array_equal(resumed, at_once)


def test_a_checkpoint_of_other_data_or_one_that_is_damaged_is_passed_over(tmp_path: Path) -> None:
    Checkpoint(tmp_path, "a").save({"trees": 1}, 10)
    assert Checkpoint(tmp_path, "a").load([]) == (None, 0), "not so soon"
    Checkpoint(tmp_path, "a", every_seconds=0).save({"trees": 3}, 20)
    assert Checkpoint(tmp_path, "a").load([]) == ({"trees": 3}, 20)
    assert Checkpoint(tmp_path, "b").load([]) == (None, 0)
    (tmp_path / "20.skops").write_bytes(b"half")
    assert Checkpoint(tmp_path, "a").load([]) == (None, 0)


def broken(project: str, column: str, value: object, **more: object) -> Callable[[], pd.DataFrame]:
    return lambda: TABLES[project](1500, 7).astype({column: object}).assign(**{column: value, **more})


@pytest.mark.parametrize(
    ("project", "frame"),
    [
        ("churn", lambda: TABLES["churn"](1500, 7).drop(columns=["plan", "region"])),
        ("churn", lambda: TABLES["churn"](150, 7)),
        ("churn", lambda: TABLES["churn"](1500, 7)[:0]),
        ("churn", broken("churn", "monthly_charge", "free", churned=0)),
        ("churn", broken("churn", "monthly_charge", 1e39)),
        ("churn", broken("churn", "usage_gib", None, autopay="maybe")),
        ("churn", broken("churn", "plan", [f"plan {place}" for place in range(1500)])),
        ("attrition", broken("attrition", "resigned", "2")),
        ("delivery", broken("delivery", "minutes", "inf")),
        ("delivery", broken("delivery", "minutes", 5)),
        ("tariff", broken("tariff", "tariff", "gold")),
        ("tariff", lambda: TABLES["tariff"](1500, 7).query("tariff != 'premium'")),
    ],
)
def test_what_validate_reports_train_refuses_in_the_same_words(
    root: Root, project: str, frame: Callable[[], pd.DataFrame]
) -> None:
    root.told(project=project)
    for split, part in split_rows(frame()).items():
        root.put(root.paths.processing("data") / split, part)
        root.put(root.paths.channel(split), part)
    assert root.run("validate") == 0
    problems = root.report("validation.json")["problems"]
    assert problems
    assert root.run("train") == 1
    of_test = [each for each in problems if each.startswith("test/: ")]
    assert root.failure() == "; ".join(each for each in problems if each not in of_test)
    assert not root.paths.model.exists()


def test_classes_that_nearly_all_rows_have_alone_are_refused_with_column_and_reason(root: Root) -> None:
    from training_template.projects import drawn  # type: ignore[attr-defined]

    classes = [f"shop {place}" for place in range(1200)]
    drawn.project.schema = Schema("sold_by", ["amount"], [], [], "multiclassClassification", classes)
    root.told(project="drawn")
    rows = pd.DataFrame({"amount": np.arange(1500.0), "sold_by": [*classes, *classes[:300]]})
    for folder in (root.paths.processing("data"), root.paths.channels):
        root.put(folder / "train", rows)
        for split in ("validation", "test"):
            root.put(folder / split, rows[:100])
    assert root.run("validate") == 0, root.failure()
    [problem] = root.report("validation.json")["problems"]
    assert problem == "train/: sold_by has 1200 classes in 1500 rows, too few of each: leave out the rare ones"
    assert root.run("train") == 1 and root.failure() == problem
