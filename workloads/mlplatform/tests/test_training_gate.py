import json
from pathlib import Path

import pytest

from mlplatform.problems import MAXIMIZE, METRICS, MINIMIZE, PROBLEM_TYPES, USUAL_METRIC, metrics_of
from mlplatform.training_gate import judge, read_report

#: test/functions/trainingGate.test.ts holds the function of AWS to the same.
CASES = json.loads(Path(__file__).with_name("training_gate_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_table_shared_with_the_function_of_aws(case):
    verdict = judge(case["gate"], case["report"], case.get("checks", []))
    assert list(verdict.reasons) == case["reasons"]
    assert verdict.passed is case["passed"]


def test_what_is_no_number_in_json_was_not_measured():
    report = read_report('{"rows": 10, "candidate": {"auc": NaN}, "champion": {"auc": -Infinity}, "note": "NaN"}')
    assert report["note"] == "NaN"
    gate = {"metric": "auc", "atLeast": 0.1, "beatChampion": True}
    assert judge(gate, report).reasons == ("auc was not measured",)


def test_metrics_that_are_numbers_are_kept():
    report = {"rows": 1, "candidate": {"auc": 0.9, "of": None}, "champion": None}
    assert judge({"metric": "auc", "atLeast": 0.1}, report).metrics == {"candidate": {"auc": 0.9}}


def test_a_gate_that_asks_nothing_is_refused():
    with pytest.raises(ValueError, match="asks nothing"):
        judge({"metric": "auc", "beatChampion": False}, {})


def test_a_direction_that_is_none_is_refused():
    with pytest.raises(ValueError, match="gate.direction: 'up'; allowed: maximize, minimize"):
        judge({"metric": "auc", "direction": "up", "atLeast": 0.1}, {})


def test_every_metric_has_a_direction_and_a_problem_type_and_every_type_its_usual_metric():
    for metric in METRICS.values():
        assert metric["direction"] in (MAXIMIZE, MINIMIZE)
        assert set(metric["problemTypes"]) <= set(PROBLEM_TYPES) and metric["problemTypes"]
    assert all(usual in metrics_of(problem_type) for problem_type, usual in USUAL_METRIC.items())
