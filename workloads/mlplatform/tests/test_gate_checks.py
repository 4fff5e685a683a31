import pytest

from mlplatform.gate_checks import made, parse

REPORT = {
    "candidate": {"auc": 0.9, "log_loss": 0.4},
    "champion": {"auc": 0.85, "log_loss": 0.4},
    "groups": {
        "plan": {
            "a": {"rows": 500, "predicted": 0.4, "mae": None},
            "b": {"rows": 400, "predicted": 0.3, "mae": 2.0},
            "few": {"rows": 29, "predicted": 0.9, "mae": 9.0},
        },
        "kind": {
            "x": {"rows": 100, "predicted": {"no": 0.5, "yes": 0.5}},
            "y": {"rows": 100, "predicted": {"no": 0.2, "yes": 0.8}},
        },
        "alone": {"only": {"rows": 100, "predicted": 0.4}},
    },
    "serving": {"p99_millis": 12.0, "size_mib": 3.5},
}


def answers(text, report=REPORT):
    return [(each["name"], each["value"], each["passed"]) for each in made([parse(text)], report)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind=metric,metric=log_loss,atMost=0.4", [("log_loss", 0.4, True)]),
        ("kind=metric,metric=log_loss,atMost=0.39", [("log_loss", 0.4, False)]),
        ("kind=metric,metric=auc,atLeast=0.8,atMost=0.85", [("auc", 0.9, True), ("auc", 0.9, False)]),
        ("kind=metric,metric=auc,beatChampion=true", [("auc beside the live version", 0.9, True)]),
        ("kind=metric,metric=log_loss,beatChampion=true", [("log_loss beside the live version", 0.4, False)]),
        ("kind=metric,metric=f1,atLeast=0.1", [("f1", None, False)]),
        ("kind=latency,maxP99Millis=12", [("p99 of one row in ms", 12.0, True)]),
        ("kind=latency,maxP99Millis=11.9", [("p99 of one row in ms", 12.0, False)]),
        ("kind=size,maxMiB=3", [("size of the model in MiB", 3.5, False)]),
    ],
)
def test_each_bound_has_its_answer(text, expected):
    assert answers(text) == expected


@pytest.mark.parametrize(
    ("asked", "value", "passed"),
    [
        ("column=plan,measure=predicted,maxDifference=0.11", 0.1, True),
        ("column=plan,measure=predicted,maxDifference=0.09", 0.1, False),
        ("column=plan,measure=predicted,minRatio=0.74", 0.75, True),
        ("column=plan,measure=predicted,minRatio=0.8", 0.75, False),
        ("column=kind,measure=predicted,maxDifference=0.2", 0.3, False),
        ("column=kind,measure=predicted,minRatio=0.4", 0.4, True),
        ("column=plan,measure=mae,maxDifference=9", None, False),
        ("column=alone,measure=predicted,maxDifference=0.5", None, False),
        ("column=other,measure=predicted,maxDifference=0.5", None, False),
    ],
)
def test_groups_are_compared_by_what_was_measured_of_them(asked, value, passed):
    [(_, found, went)] = answers(f"kind=fairness,{asked}")
    assert (found, went) == (None if value is None else pytest.approx(value), passed)


def test_a_ratio_of_numbers_below_zero_is_none_and_of_nothing_at_all_is_one():
    def of(low, high):
        groups = {"plan": {"a": {"rows": 50, "mean_error": low}, "b": {"rows": 50, "mean_error": high}}}
        return answers("kind=fairness,column=plan,measure=mean_error,minRatio=0.5", {"groups": groups})[0][1:]

    assert (of(-1.0, 1.0), of(0.0, 0.0), of(0.0, 1.0)) == ((None, False), (1.0, True), (0.0, False))


def test_a_failed_check_says_name_value_and_bound():
    [check] = made([parse("kind=size,maxMiB=3,effect=warn")], REPORT)
    assert check == {
        "asked": "kind=size,maxMiB=3,effect=warn",
        "name": "size of the model in MiB",
        "effect": "warn",
        "passed": False,
        "value": 3.5,
        "bound": "at most 3.0000",
        "reason": "size of the model in MiB is 3.5000, at most 3.0000 is asked",
    }
    assert made([parse("kind=size,maxMiB=3")], {})[0]["reason"] == "size of the model in MiB was not measured"


def test_the_first_version_has_none_to_be_better_than():
    first = answers("kind=metric,metric=auc,beatChampion=true", {**REPORT, "champion": None})
    assert first == [("auc beside the live version", 0.9, True)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kind=speed,maxP99Millis=1",
        "kind=size",
        "kind=size,maxMiB=many",
        "kind=size,maxMiB=nan",
        "kind=size,maxMiB=1,effect=tell",
    ],
)
def test_what_is_no_check_is_refused(text):
    with pytest.raises(ValueError):
        parse(text)
