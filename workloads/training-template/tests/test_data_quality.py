from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from conftest import TABLES, Root
from test_monitor import Bucket, bucket, traffic  # noqa: F401
from training_template.data_quality import Limits, data_quality
from training_template.tables import Schema

CODES = Schema("left", ["age", "debt"], ["branch"], ["member"])
LIMITS = Limits(max_missing_increase=10, max_unexpected=1)
FEATURES: list[dict[str, Any]] = [
    {"name": "age", "inferred_type": "Integral", "completeness": 1.0, "num_constraints": {"is_non_negative": True}},
    {"name": "branch", "inferred_type": "String", "completeness": 1.0, "string_constraints": {"domains": ["7", "8"]}},
    {"name": "debt", "inferred_type": "Fractional", "completeness": 0.9, "num_constraints": {"is_non_negative": False}},
    {
        "name": "member",
        "inferred_type": "String",
        "completeness": 1,
        "string_constraints": {"domains": ["False", "True"]},
    },
]
USUAL = {"age": 3, "branch": 7, "debt": -2.5, "member": True}


def found(
    *groups: tuple[int, dict[str, Any]], limits: Limits = LIMITS, features: Any = FEATURES
) -> list[dict[str, str]]:
    rows = [row for times, row in groups for row in [row] * times]
    requests = CODES.asked(pd.DataFrame(rows, dtype=object))
    report, said = data_quality(requests, {"features": features}, limits)
    assert len(said) == len(report["violations"]) and report["rows"] == len(rows)
    return report["violations"]


def checks(violations: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(each["feature_name"], each["constraint_check_type"]) for each in violations]


def test_what_means_the_same_is_the_same_however_a_request_writes_it() -> None:
    alike = [
        {"branch": 7.0},
        {"branch": "8"},
        {"member": "True"},
        {"member": 0},
        {"age": 4.0},
        {"age": "4"},
        {"debt": 3},
    ]
    assert found(*[(20, {**USUAL, **each}) for each in alike]) == []


@pytest.mark.parametrize(
    ("change", "expected", "said"),
    [
        ({"branch": 9}, ("branch", "categorical_values_check"), "2.0 % of the values are unknown, 2 of 100"),
        ({"member": "maybe"}, ("member", "categorical_values_check"), "2.0 % of the values are unknown, 2 of 100"),
        ({"age": 3.5}, ("age", "data_type_check"), "2.0 % of the values are no whole numbers, 2 of 100"),
        ({"age": "old"}, ("age", "data_type_check"), "2.0 % of the values are no whole numbers, 2 of 100"),
        ({"debt": True}, ("debt", "data_type_check"), "2.0 % of the values are no numbers, 2 of 100"),
        ({"age": -1}, ("age", "non_negative_check"), "2.0 % of the values are below zero, 2 of 100"),
        ({"colour": "red"}, ("colour", "extra_column_check"), "training had no such column"),
    ],
)
def test_what_training_never_had_is_a_violation_by_its_name(change: dict[str, Any], expected: Any, said: str) -> None:
    (violation,) = found((98, USUAL), (2, {**USUAL, **change}))
    assert (violation["feature_name"], violation["constraint_check_type"]) == expected
    assert said in violation["description"]
    assert str(*change.values()) not in violation["description"]
    assert found((99, USUAL), (1, {**USUAL, **change})) == [], "one in a hundred is not more than one percent"


def test_columns_that_nobody_sends_and_values_that_are_missing_more_often_than_in_training() -> None:
    without = {name: value for name, value in USUAL.items() if name != "branch"}
    assert checks(found((100, without))) == [("branch", "missing_column_check")]
    gaps = [(80, USUAL), (20, {**without, "debt": None})]
    assert checks(found(*gaps)) == [("branch", "completeness_check")]
    assert "20.0 % of the values are missing, 0.0 % in training" in found(*gaps)[0]["description"]
    assert checks(found(*gaps, limits=Limits(30, 1))) == []
    assert checks(found(*gaps, limits=Limits(5, 1))) == [
        ("branch", "completeness_check"),
        ("debt", "completeness_check"),
    ]


def test_many_columns_that_are_new_are_not_all_told() -> None:
    assert len(found((100, {**USUAL, **{f"new{place}": 1 for place in range(50)}}))) == 20


def test_columns_without_a_type_or_a_list_of_values_are_only_asked_to_be_there() -> None:
    features = [
        {"name": "age", "inferred_type": "Unknown", "completeness": 0.0},
        {"name": "branch", "inferred_type": "String", "completeness": 1.0},
    ]
    assert found((100, {"age": "x", "branch": "anything"}), features=features) == []
    assert checks(found((100, {"age": "x"}), features=features)) == [("branch", "missing_column_check")]


def kept(bucket: Bucket, root: Root) -> None:
    """As training's machine keeps what `validate` left of the rows that a version was trained on."""
    root.data(TABLES[bucket.model](4000, 7))
    assert root.run("validate") == 0
    text = (root.paths.processing("output") / "baseline" / "constraints.json").read_text()
    bucket.put(f"models/{bucket.model}/run-4/baseline/constraints.json", text)
    bucket.put(f"metadata/{bucket.model}/runs/run-4.json", '{"run": "run-4", "registered": {"version": "4"}}')


ASKED = ["--max-missing-increase", "10", "--max-unexpected", "1"]


def test_requests_of_a_version_are_as_its_training_rows_and_need_neither_labels_nor_an_evaluation(
    bucket: Bucket,
    root: Root,
    trained: Callable[[str], Root],
) -> None:
    kept(bucket, root)
    rows, _ = traffic(bucket.model)
    bucket.served(rows, trained(bucket.model).paths.model)
    assert bucket.run(*ASKED) == 0
    report = root.report("monitor.json")
    assert report["dataQuality"] == {"rows": 2000, "violations": []}
    assert (report["violations"], "modelQuality" in report) == ([], False)


def test_requests_that_are_not_are_violations_that_are_told(
    bucket: Bucket,
    root: Root,
    trained: Callable[[str], Root],
) -> None:
    kept(bucket, root)
    rows, _ = traffic(bucket.model)
    gap, text = {"churn": ("usage_gib", "plan"), "attrition": ("commute_km", "department")}[bucket.model]
    moved = rows.astype({text: object})
    moved.loc[:500, text] = "unheard of"
    moved.loc[:900, gap] = np.nan
    bucket.served(moved, trained(bucket.model).paths.model)
    assert bucket.run(*ASKED) == 0
    assert set(checks(root.report("monitor.json")["dataQuality"]["violations"])) == {
        (gap, "completeness_check"), (text, "categorical_values_check"),
    }  # fmt: skip
    assert bucket.message.startswith("CompletedWithViolations: ")
    assert f"{text}: 25.1 % of the values are unknown, 501 of 2000 (categorical_values_check)" in bucket.message
    assert "unheard of" not in bucket.message + json.dumps(root.report("monitor.json")), "whose value that is"


def test_a_version_of_whose_rows_nothing_was_kept_is_said_and_its_answers_are_judged_all_the_same(
    bucket: Bucket,
    root: Root,
    trained: Callable[[str], Root],
) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.labels(truth)
    assert bucket.run(*ASKED, "--max-drop-percent", "15") == 0
    report = root.report("monitor.json")
    assert report["modelQuality"]["rows"] == 2000
    assert report["modelQuality"]["worsePercent"] <= 15
    assert "dataQuality" not in report
    (said,) = report["violations"]
    assert said.startswith("data quality was not judged: s3://data/models/") and said.endswith("is not there")
