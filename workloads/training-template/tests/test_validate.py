from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import CONFIGS, TABLES, Root
from training_template.projects import churn
from training_template.tables import Schema


@pytest.mark.parametrize("project", CONFIGS)
def test_data_that_are_as_they_should_be_pass(root: Root, project: str) -> None:
    root.data(TABLES[project](1500, 5))
    root.environment.setenv("SM_HP_PROJECT", project)
    assert root.run("validate") == 0
    report = root.report("validation.json")
    assert (report["passed"], report["problems"], report["rows"]) == (True, [], 1500)
    assert set(report["splits"]) == {"train", "validation", "test"}


def changed(column: str, value: Any, rows: int, project: str = "churn") -> pd.DataFrame:
    frame = TABLES[project](1500, 5).astype({column: object})
    frame.loc[: rows - 1, column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (TABLES["churn"](1500, 5).drop(columns="plan"), "column plan is missing"),
        (changed("monthly_charge", "free", 1500), "monthly_charge is no number in"),
        (changed("autopay", "maybe", 1500), "first 'maybe'"),
        (changed("churned", 2, 1500), "churned is neither 0 nor 1 in"),
        (changed("churned", 0, 1500), "churned is always 0: there is nothing to learn"),
        (changed("usage_gib", np.nan, 1500), "usage_gib is missing in 100% of the rows, more than 50%"),
        (TABLES["churn"](20, 5), "at least 50 are needed"),
    ],
    ids=["column", "number", "flag", "target", "one answer", "missing", "few"],
)
def test_data_that_are_not_are_reported_with_every_reason(root: Root, frame: pd.DataFrame, problem: str) -> None:
    root.data(frame)
    root.environment.setenv("SM_HP_PROJECT", "churn")
    assert root.run("validate") == 0, "a verdict is no failure"
    report = root.report("validation.json")
    assert report["passed"] is False
    assert any(problem in each for each in report["problems"])
    assert {each.split("/")[0] for each in report["problems"]} == {"train", "validation", "test"}


def test_a_split_that_is_not_there_or_cannot_be_read_is_a_problem(root: Root) -> None:
    root.put(root.paths.processing("data") / "train", TABLES["churn"](300, 5))
    folder = root.paths.processing("data") / "test"
    folder.mkdir()
    (folder / "part-0.parquet").write_bytes(b"no parquet")
    root.environment.setenv("SM_HP_PROJECT", "churn")
    root.run("validate")
    first, second = root.report("validation.json")["problems"]
    assert first == "there is no .csv, .jsonl, .ndjson or .json, each also .gz, or .parquet in validation/"
    assert second.startswith("part-0.parquet cannot be read")


def test_parquet_is_read_as_csv_is(root: Root) -> None:
    for split in ("train", "validation", "test"):
        folder = root.paths.processing("data") / split / "deeper"
        folder.mkdir(parents=True)
        TABLES["attrition"](300, 5).to_parquet(folder / "part-0.parquet")
    root.environment.setenv("SM_HP_PROJECT", "attrition")
    root.run("validate")
    assert root.report("validation.json")["passed"] is True


def test_without_a_project_it_fails_and_says_so(root: Root) -> None:
    assert root.run("validate") == 1
    assert "hyperparameter project" in root.failure()


@pytest.mark.parametrize(
    ("project", "frame", "problem"),
    [
        ("delivery", changed("minutes", "soon", 400, "delivery"), "minutes is no number in"),
        ("delivery", changed("minutes", None, 400, "delivery"), "minutes is no number in"),
        ("delivery", changed("minutes", "inf", 400, "delivery"), "minutes is no number in"),
        ("delivery", changed("minutes", 1e39, 400, "delivery"), "minutes is too large for 32 bits in"),
        ("delivery", changed("minutes", 5, 1500, "delivery"), "minutes is always 5: there is nothing to learn"),
        ("tariff", changed("tariff", "gold", 400, "tariff"), "tariff is none of premium, 1, 2 in"),
        ("tariff", changed("tariff", None, 400, "tariff"), "tariff is none of premium, 1, 2 in"),
        ("tariff", changed("tariff", "2", 1500, "tariff"), "tariff is always 2: there is nothing to learn"),
    ],
)
def test_answers_that_are_none_of_the_project_s_problem_are_reported_of_every_split(
    root: Root, project: str, frame: pd.DataFrame, problem: str
) -> None:
    root.data(frame)
    root.environment.setenv("SM_HP_PROJECT", project)
    assert root.run("validate") == 0
    report = root.report("validation.json")
    assert any(problem in each for each in report["problems"])
    assert {each.split("/")[0] for each in report["problems"]} == {"train", "validation", "test"}


def test_a_class_that_is_never_learnt_is_a_problem_of_train_alone(root: Root) -> None:
    frame = TABLES["tariff"](3000, 5)
    root.data(frame[frame["tariff"] != "premium"])
    root.environment.setenv("SM_HP_PROJECT", "tariff")
    assert root.run("validate") == 0
    assert root.report("validation.json")["problems"] == ["train/: tariff is never premium: it could not be learnt"]


def test_whole_numbers_are_an_answer_and_names_of_classes_are_text_whatever_a_file_makes_of_them(root: Root) -> None:
    root.data(TABLES["delivery"](1500, 5).assign(minutes=lambda frame: frame["minutes"].round().astype(int)))
    root.environment.setenv("SM_HP_PROJECT", "delivery")
    assert root.run("validate") == 0 and root.report("validation.json")["passed"]
    for split in ("train", "validation", "test"):
        folder = root.paths.processing("data") / split
        (folder / "part-0.csv").unlink()
        only_numbers = TABLES["tariff"](900, 5).query("tariff != 'premium'")
        only_numbers.to_csv(folder / "part-0.csv", index=False)
        TABLES["tariff"](900, 6).query("tariff == 'premium'").to_csv(folder / "part-1.csv", index=False)
    root.environment.setenv("SM_HP_PROJECT", "tariff")
    assert root.run("validate") == 0
    assert root.report("validation.json")["problems"] == []


@pytest.mark.parametrize(
    ("project", "told", "reason"),
    [
        ("churn", "regression", "write problemType: binaryClassification beside training"),
        ("delivery", "binaryClassification", "its problem type is regression, and the stack says binaryClassification"),
    ],
)
def test_a_stack_that_asks_another_question_than_the_project_fails_before_data_are_read(
    root: Root, project: str, told: str, reason: str
) -> None:
    root.environment.setenv("SM_HP_PROJECT", project)
    root.environment.setenv("SM_HP_PROBLEM_TYPE", told)
    assert root.run("validate") == 1
    assert reason in root.failure()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"codes": ["plan", "storey"]}, "codes and columns name storey; allowed: columns that the model is asked with"),
        ({"columns": {"churned": "ignore"}}, "codes and columns name churned; allowed"),
        ({"columns": {"plan": "skip"}}, "columns: plan: 'skip'; allowed: ignore, compare"),
    ],
)
def test_a_project_that_says_something_of_a_column_that_is_none_is_refused_before_it_is_paid_for(
    root: Root, change: dict[str, Any], reason: str
) -> None:
    for name, value in change.items():
        root.environment.setattr(churn.project, name, value, raising=False)
    root.told(project="churn")
    for command in ("validate", "train"):
        assert root.run(command) == 1
        assert reason in root.failure() and "Traceback" not in root.failure()


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (("y", ["a", "b"], ["b"], []), "b: allowed is one place among the target, numbers, categories and flags"),
        (("y", ["a", "y"], [], []), "y: allowed is one place"),
        (("y", ["a"], "age", []), "categories: 'age'; allowed: a list of names"),
    ],
)
def test_a_column_stands_once_in_a_schema(columns: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Schema(*columns)
