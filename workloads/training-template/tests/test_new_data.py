"""New rows beside those of the live version, before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import CONFIGS, TABLES, Root
from mlplatform.baseline import FILE_NAME

Trained = Callable[[str], Root]
BOTH = ("--max-drift=0.2", "--min-drift=0.02")


def validated(root: Root, live: Path | None, frame: Any, *flags: str, project: str = "churn") -> dict[str, Any]:
    root.data(frame)
    root.environment.setenv("SM_HP_PROJECT", project)
    if live is not None:
        root.package("champion", live)
    assert root.run("validate", *flags) == 0, "a verdict is no failure"
    return root.report("validation.json")


@pytest.mark.parametrize("project", CONFIGS)
def test_other_rows_of_the_same_kind_have_not_moved_whatever_chance_makes_of_them(
    root: Root, trained: Trained, project: str
) -> None:
    report = validated(root, trained(project).paths.model, TABLES[project](3000, 8), *BOTH, project=project)
    assert (report["passed"], report["drifted"], report["unchanged"]) == (True, [], True)
    target = {"churn": "churned", "attrition": "resigned", "delivery": "minutes", "tariff": "tariff"}[project]
    assert target in report["drift"] and set(report["drift"]) == set(report["drift_by_chance"])


def test_a_column_that_moved_keeps_them_from_being_trained_on_with_the_words_of_the_gate(
    root: Root, trained: Trained
) -> None:
    frame = TABLES["churn"](3000, 8)
    frame["monthly_charge"] *= 3
    report = validated(root, trained("churn").paths.model, frame, *BOTH)
    [problem] = report["problems"]
    assert problem.startswith("drift of monthly_charge is ") and problem.endswith("at most 0.2000 is allowed")
    assert (report["passed"], report["baseline"], report["unchanged"]) == (False, False, False)


def test_a_warning_is_written_down_and_lets_them_pass(root: Root, trained: Trained) -> None:
    frame = TABLES["churn"](3000, 8)
    frame["monthly_charge"] *= 3
    report = validated(root, trained("churn").paths.model, frame, "--max-drift=0.2", "--drift-effect=warn")
    assert (report["passed"], report["problems"], len(report["drifted"])) == (True, [], 1)


def test_a_declared_column_is_not_compared(root: Root, trained: Trained) -> None:
    frame = TABLES["churn"](3000, 8)
    frame["monthly_charge"] *= 3
    report = validated(root, trained("churn").paths.model, frame, *BOTH, "--ignore=monthly_charge")
    assert report["passed"] is True and "monthly_charge" not in report["drift"]


def test_answers_that_became_others_are_a_change_though_no_input_has_moved(root: Root, trained: Trained) -> None:
    frame = TABLES["churn"](3000, 8)
    frame["churned"] = 1 - frame["churned"]
    report = validated(root, trained("churn").paths.model, frame, *BOTH)
    assert [each.split()[2] for each in report["drifted"]] == ["churned"] and report["unchanged"] is False


def test_the_first_version_has_nothing_to_be_compared_with(root: Root) -> None:
    report = validated(root, None, TABLES["churn"](1500, 5), *BOTH)
    assert (report["passed"], report["drift"], report["unchanged"]) == (True, None, False)


@pytest.mark.parametrize(
    ("kept", "why"),
    [(None, f"it has no {FILE_NAME}"), ("{}", "this is no drift baseline: it is not JSON with a `format`")],
)
def test_a_live_version_that_cannot_be_compared_with_lets_nothing_pass(
    root: Root, tmp_path: Path, kept: str | None, why: str
) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}")
    if kept is not None:
        (tmp_path / FILE_NAME).write_text(kept)
    report = validated(root, tmp_path, TABLES["churn"](1500, 5), *BOTH)
    assert report["problems"] == [f"the rows cannot be compared with those of the live version: {why}"]
    assert report["passed"] is False and report["unchanged"] is False


def test_a_version_of_before_targets_were_kept_is_never_called_unchanged(
    root: Root, trained: Trained, tmp_path: Path
) -> None:
    kept = json.loads((trained("churn").paths.model / FILE_NAME).read_text())
    kept.pop("target")
    (tmp_path / "MLmodel").write_text("flavors: {}")
    (tmp_path / FILE_NAME).write_text(json.dumps(kept))
    report = validated(root, tmp_path, TABLES["churn"](3000, 8), *BOTH)
    assert (report["passed"], report["unchanged"]) == (True, False)


def test_nobody_who_does_not_ask_is_told(root: Root, trained: Trained) -> None:
    report = validated(root, trained("churn").paths.model, TABLES["churn"](1500, 5))
    assert "drift" not in report
