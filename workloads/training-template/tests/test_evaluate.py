from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from conftest import CONFIGS, TABLES, Root
from mlplatform.problems import metrics_of
from mlplatform.training_gate import judge
from training_template import projects
from training_template.paths import Paths

GATE = {"metric": "roc_auc", "atLeast": 0.6, "beatChampion": True, "maxDriftPsi": 0.25}


def ready(root: Root, model: Path, rows: pd.DataFrame) -> None:
    root.package("candidate", model)
    root.put(root.paths.processing("test"), rows)


def sampled(root: Root, rows: pd.DataFrame) -> None:
    """As the model server keeps them."""
    folder = root.paths.processing("samples")
    folder.mkdir(parents=True)
    lines = [
        json.dumps({"ts": "2026-03-02T12:00:00Z", "inputs": row}) for row in json.loads(rows.to_json(orient="records"))
    ]
    (folder / "120000-pod-1-0.jsonl.gz").write_bytes(gzip.compress("\n".join([*lines, "{damaged"]).encode()))


@pytest.mark.parametrize("project", CONFIGS)
def test_a_first_version_is_measured_and_nothing_is_live(
    project: str, root: Root, trained: Callable[[str], Root]
) -> None:
    ready(root, trained(project).paths.model, TABLES[project](1500, 11))
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert (report["rows"], report["champion"], report["drift"], report["problems"]) == (1500, None, None, [])
    problem_type = projects.find(CONFIGS[project])[1].schema.problem_type
    assert report["problem_type"] == problem_type
    assert sorted(report["candidate"]) == sorted(metrics_of(problem_type))
    metric, worst, best = {"delivery": ("r2", 0.6, 1), "tariff": ("f1_macro", 0.6, 1)}.get(project, ("roc_auc", 0.6, 1))
    assert worst < report["candidate"][metric] < best
    for column in report["groups"].values():
        assert sum(group["rows"] for group in column.values()) == 1500
    gate = {**GATE, "metric": metric}
    assert judge({**gate, "maxDriftPsi": None}, report).passed
    assert judge(gate, report).reasons == ("drift was not measured",)


def test_checks_are_made_and_kept_with_what_was_found(root: Root, trained: Callable[[str], Root]) -> None:
    ready(root, trained("churn").paths.model, TABLES["churn"](600, 11))
    checks = [
        "kind=metric,metric=log_loss,atMost=0.01,effect=warn",
        "kind=fairness,column=contract,measure=predicted,maxDifference=1",
        "kind=latency,maxP99Millis=60000",
        "kind=size,maxMiB=0.0001",
    ]
    assert root.run("evaluate", *(f"--check={each}" for each in checks)) == 0
    report = root.report("evaluation.json")
    assert [(each["asked"], each["effect"], each["passed"]) for each in report["checks"]] == [
        (checks[0], "warn", False),
        (checks[1], "block", True),
        (checks[2], "block", True),
        (checks[3], "block", False),
    ]
    assert 0 < report["serving"]["p99_millis"] < 60000 and 0 < report["serving"]["size_mib"] < 100
    gate = {"metric": "roc_auc", "atLeast": 0.6}
    assert judge(gate, report, checks).reasons == (report["checks"][3]["reason"],)
    assert judge(gate, report, checks[:3]).passed


def test_a_check_that_is_none_ends_the_command(root: Root, trained: Callable[[str], Root]) -> None:
    ready(root, trained("churn").paths.model, TABLES["churn"](100, 11))
    assert root.run("evaluate", "--check=kind=speed") == 1
    assert "kind is one of" in root.paths.failures[0].read_text()


def test_answers_are_kept_row_by_row_with_what_each_feature_added(root: Root, trained: Callable[[str], Root]) -> None:
    rows = TABLES["attrition"](300, 11)
    ready(root, trained("attrition").paths.model, rows)
    assert root.run("evaluate") == 0
    kept = pd.read_csv(root.paths.processing("output") / "predictions.csv")
    assert len(kept) == 300 and kept["resigned"].tolist() == rows["resigned"].tolist()
    assert {"probability", "base", "contribution_overtime", "contribution_department"} <= set(kept.columns)


def test_the_live_version_is_measured_on_the_same_rows_and_its_equal_does_not_beat_it(
    root: Root, trained: Callable[[str], Root]
) -> None:
    model = trained("churn").paths.model
    ready(root, model, TABLES["churn"](1500, 11))
    root.package("champion", model)
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert report["champion"] == report["candidate"]
    assert not judge({"metric": "roc_auc", "beatChampion": True}, report).passed


def broken_package(root: Root, model: Path) -> None:
    copy = root.paths.root / "copy"
    shutil.copytree(model, copy)
    for file in copy.glob("*.skops"):
        file.write_bytes(b"damaged")
    root.package("champion", copy)


@pytest.mark.parametrize("how", ["damaged", "of other columns", "no package"])
def test_a_live_version_that_cannot_be_measured_is_said_and_not_beaten(
    how: str, root: Root, trained: Callable[[str], Root]
) -> None:
    model = trained("churn").paths.model
    ready(root, model, TABLES["churn"](500, 11))
    if how == "damaged":
        broken_package(root, model)
    elif how == "of other columns":
        root.package("champion", trained("attrition").paths.model)
    else:
        root.put(root.paths.processing("champion"), TABLES["churn"](1, 1))
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert report["champion"] == {} and report["candidate"]["roc_auc"] > 0.6
    assert report["problems"][0].startswith("the live version cannot be measured on these rows: ")
    (reason,) = judge({"metric": "roc_auc", "beatChampion": True}, report).reasons
    assert reason == "roc_auc of the live version was not measured on these rows, so it is not beaten"


def test_traffic_that_has_moved_is_told_by_feature_and_traffic_that_has_not_passes(
    root: Root, trained: Callable[[str], Root], tmp_path: Path
) -> None:
    from churn.data import shifted

    model = trained("churn").paths.model
    traffic = TABLES["churn"](3000, 12).drop(columns="churned")
    ready(root, model, TABLES["churn"](500, 11))
    sampled(root, traffic)
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert set(report["drift"]) == set(traffic.columns) and max(report["drift"].values()) < 0.1
    assert judge(GATE, report).passed

    shutil.rmtree(root.paths.processing("samples"))
    sampled(root, shifted(traffic, "price_rise", 1))
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert [name for name, value in report["drift"].items() if value > 0.25] == ["monthly_charge"]
    (reason,) = judge(GATE, report).reasons
    assert reason.startswith("drift of monthly_charge is ")

    assert root.run("evaluate", "--ignore=monthly_charge", "--ignore=unheard of") == 0
    report = root.report("evaluation.json")
    assert set(report["drift"]) == set(report["drift_by_chance"]) == set(traffic.columns) - {"monthly_charge"}
    assert judge(GATE, report).passed
    assert root.run("evaluate", *(f"--ignore={name}" for name in traffic)) == 0
    (reason,) = judge(GATE, root.report("evaluation.json")).reasons
    assert reason == "drift was not measured"


def test_too_little_traffic_says_nothing(root: Root, trained: Callable[[str], Root]) -> None:
    ready(root, trained("churn").paths.model, TABLES["churn"](500, 11))
    sampled(root, TABLES["churn"](99, 12))
    root.run("evaluate")
    assert root.report("evaluation.json")["drift"] is None


def test_without_test_rows_nothing_was_measured_and_nothing_passes(root: Root, trained: Callable[[str], Root]) -> None:
    root.package("candidate", trained("churn").paths.model)
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert (report["rows"], report["candidate"]) == (0, {})
    assert not judge({"metric": "roc_auc", "atLeast": 0}, report).passed


def test_a_metric_that_the_rows_do_not_have_is_null(root: Root, trained: Callable[[str], Root]) -> None:
    rows = TABLES["churn"](500, 11)
    ready(root, trained("churn").paths.model, rows)
    (root.paths.processing("test") / "part-0.csv").unlink()
    few = pd.concat([rows[rows["churned"] == 0].head(60), rows[rows["churned"] == 1].head(1)])
    root.put(root.paths.processing("test"), few)
    assert root.run("evaluate") == 0
    groups = root.report("evaluation.json")["groups"]["plan"].values()
    assert any(group["roc_auc"] is None for group in groups)


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda root: shutil.rmtree(root.paths.processing("candidate")), "candidate/ holds 0 packages"),
        (lambda root: (root.paths.processing("candidate") / "model.tar.gz").write_bytes(b"x"), "cannot be unpacked"),
        (lambda root: (root.paths.processing("test") / "part-0.csv").write_text("a,b\n1,2\n"), "column tenure_months"),
    ],
    ids=["no candidate", "damaged candidate", "other columns"],
)
def test_a_candidate_or_rows_that_cannot_be_used_fail_with_the_reason(
    root: Root, trained: Callable[[str], Root], break_it: Callable[[Root], None], reason: str
) -> None:
    ready(root, trained("churn").paths.model, TABLES["churn"](100, 11))
    break_it(root)
    assert root.run("evaluate") == 1
    assert reason in root.failure()
    assert not (root.paths.processing("output") / "evaluation.json").exists()


@pytest.mark.parametrize(
    ("project", "section", "names"),
    [
        (
            "churn",
            "binary_classification_metrics",
            {"confusion_matrix", "recall", "precision", "accuracy", "auc", "f1"},
        ),
        (
            "tariff",
            "multiclass_classification_metrics",
            {"confusion_matrix", "accuracy", "weighted_recall", "weighted_f1"},
        ),
        ("delivery", "regression_metrics", {"mae", "mse", "rmse", "r2"}),
    ],
)
def test_metrics_are_told_as_model_monitor_names_them_too(
    project: str, section: str, names: set[str], root: Root, trained: Callable[[str], Root]
) -> None:
    for rows in (600, 150):
        ready(root, trained(project).paths.model, TABLES[project](rows, 11))
        assert root.run("evaluate") == 0
        report = root.report("evaluation.json")
        assert [name for name in report if name.endswith("_metrics")] == [section]
        found = report[section]
        assert names <= set(found)
        same = {"churn": ("auc", "roc_auc"), "tariff": ("accuracy", "accuracy"), "delivery": ("rmse", "rmse")}[project]
        assert found[same[0]]["value"] == pytest.approx(report["candidate"][same[1]])
        spread = found[same[0]]["standard_deviation"]
        assert spread == "NaN" if rows < 200 else 0 < spread < found[same[0]]["value"]
        if project != "delivery":
            assert sum(sum(said.values()) for said in found["confusion_matrix"].values()) == rows


def test_errors_of_a_regression_are_told_by_group_in_the_target_s_own_unit(
    root: Root, trained: Callable[[str], Root]
) -> None:
    rows = TABLES["delivery"](2000, 11)
    on_bike = rows["vehicle"] == "bike"
    # The world has changed for one group: the model says too little there, and nowhere else.
    ready(root, trained("delivery").paths.model, rows.assign(minutes=rows["minutes"] + 30 * on_bike))
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    groups = report["groups"]["vehicle"]
    assert groups["bike"]["mean_error"] == pytest.approx(-30, abs=2) and groups["bike"]["mae"] > 25
    assert abs(groups["van"]["mean_error"]) < 2
    assert groups["bike"]["mean"] - groups["bike"]["predicted"] == pytest.approx(
        -groups["bike"]["mean_error"], abs=1e-4
    )
    assert report["target"] == {"mean": pytest.approx(rows["minutes"].mean() + 30 * on_bike.mean(), rel=0.01),
                                "std_dev": pytest.approx(float((rows["minutes"] + 30 * on_bike).std()), rel=0.01)}  # fmt: skip
    kept = pd.read_csv(root.paths.processing("output") / "predictions.csv")
    assert list(kept.columns)[-1] == "prediction" and len(kept) == 2000


def test_of_several_classes_each_has_its_probability_beside_the_row(root: Root, trained: Callable[[str], Root]) -> None:
    rows = TABLES["tariff"](600, 11)
    ready(root, trained("tariff").paths.model, rows)
    assert root.run("evaluate") == 0
    kept = pd.read_csv(root.paths.processing("output") / "predictions.csv", dtype={"tariff": str, "prediction": str})
    likely = kept[["probability_premium", "probability_1", "probability_2"]]
    assert (likely.sum(axis=1) - 1).abs().max() < 1e-6
    report = root.report("evaluation.json")
    assert (kept["prediction"] == kept["tariff"]).mean() == pytest.approx(report["candidate"]["accuracy"])
    shares = report["groups"]["region"]["north"]
    assert sum(shares["predicted"].values()) == pytest.approx(1, abs=1e-4) == sum(shares["shares"].values())


def test_a_live_version_that_answers_another_question_is_not_beaten_and_the_report_says_why(
    root: Root, trained: Callable[[str], Root]
) -> None:
    """As after a project's question was changed, with the columns that it had."""
    ready(root, trained("tariff").paths.model, TABLES["tariff"](500, 11))
    copy = root.paths.root / "copy"
    shutil.copytree(trained("churn").paths.model, copy)
    root.package("champion", copy)
    assert root.run("evaluate") == 0
    report = root.report("evaluation.json")
    assert report["champion"] == {} and len(report["problems"]) == 1
    assert not judge({"metric": "log_loss", "direction": "minimize", "beatChampion": True}, report).passed


def test_less_error_beats_the_live_version_and_more_does_not(root: Root, trained: Callable[[str], Root]) -> None:
    worse = Root(Paths(root.paths.root.parent / "worse"), root.environment)
    worse.told(project="delivery", max_iter="5")
    worse.channels(TABLES["delivery"](1500, 7))
    assert worse.run("train") == 0
    models = {"better": trained("delivery").paths.model, "worse": worse.paths.model}
    gate = {"metric": "rmse", "direction": "minimize", "beatChampion": True}
    for candidate, champion, passes in (("better", "worse", True), ("worse", "better", False)):
        ready(root, models[candidate], TABLES["delivery"](800, 11))
        root.package("champion", models[champion])
        assert root.run("evaluate") == 0
        assert judge(gate, root.report("evaluation.json")).passed is passes
