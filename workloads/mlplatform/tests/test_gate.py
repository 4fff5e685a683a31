import math

import pytest

from mlplatform.gate import Rule, gate

AUC = Rule("auc", beat_baseline_by=0.05, worse_than_champion_by=0.01)
LOSS = Rule("loss", higher_is_better=False, worse_than_champion_by=0.02)


@pytest.mark.parametrize(
    ("rule", "candidate", "baseline", "champion", "passes"),
    [
        (AUC, 0.75, 0.70, None, True),
        (AUC, 0.749, 0.70, None, False),
        (AUC, 0.80, 0.70, 0.81, True),
        (AUC, 0.80, 0.70, 0.82, False),
        (LOSS, 0.40, 0.41, None, True),
        (LOSS, 0.42, 0.41, None, False),
        (LOSS, 0.40, 0.50, 0.38, True),
        (LOSS, 0.41, 0.50, 0.38, False),
        (Rule("auc", bound=0.9), 0.89, 0.5, None, False),
        (Rule("loss", higher_is_better=False, bound=0.1), 0.09, 0.5, None, True),
    ],
)
def test_table(rule, candidate, baseline, champion, passes):
    live = None if champion is None else {rule.metric: champion}
    verdict = gate([rule], {rule.metric: candidate}, {rule.metric: baseline}, live)
    assert verdict.passed is passes
    assert bool(verdict.reasons) is not passes


def test_reasons_name_metric_value_and_what_is_asked():
    verdict = gate([AUC], {"auc": 0.7}, {"auc": 0.7})
    assert verdict.reasons == ("auc is 0.7000, at least 0.7500 is asked: the baseline and its margin",)


@pytest.mark.parametrize("measured", [{}, {"auc": math.nan}, {"auc": math.inf}])
def test_what_was_not_measured_does_not_pass(measured):
    assert gate([AUC], measured, {"auc": 0.5}).reasons == ("auc was not measured",)
    assert not gate([AUC], {"auc": 0.9}, measured).passed
    assert not gate([AUC], {"auc": 0.9}, {"auc": 0.5}, measured).passed


def test_a_gate_without_rules_is_refused():
    with pytest.raises(ValueError, match="at least one rule"):
        gate([], {}, {})


def test_the_direction_of_a_known_metric_need_not_be_said():
    better, worse = {"rmse": 4.0, "r2": 0.8}, {"rmse": 5.0, "r2": 0.7}
    rules = [Rule("rmse"), Rule("r2")]
    assert gate(rules, better, worse).passed
    assert len(gate(rules, worse, better).reasons) == 2
