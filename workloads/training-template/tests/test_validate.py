from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import CONFIGS, TABLES, Root


@pytest.mark.parametrize("project", CONFIGS)
def test_data_that_are_as_they_should_be_pass(root: Root, project: str) -> None:
    root.data(TABLES[project](1500, 5))
    root.environment.setenv("SM_HP_PROJECT", project)
    assert root.run("validate") == 0
    report = root.report("validation.json")
    assert (report["passed"], report["problems"], report["rows"]) == (True, [], 1500)
    assert set(report["splits"]) == {"train", "validation", "test"}


def changed(column: str, value: Any, rows: int) -> pd.DataFrame:
    frame = TABLES["churn"](1500, 5).astype({column: object})
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
    assert first == "there is no .csv, .csv.gz, .parquet in validation/"
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
