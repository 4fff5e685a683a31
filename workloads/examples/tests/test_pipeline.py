import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient

import pipeline
from mlplatform.registry import GateClosed, champion

QUICK = {"churn": {"max_iter": 30}, "attrition": {"strength": 1.0}, "delivery": {"max_iter": 40}}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Experiments that steps make keep their artifacts below the folder that they run in."""
    monkeypatch.chdir(tmp_path)


def started(example: str, run: str = "manual__1", rows: int = 3000, shift: str = "none") -> pipeline.Data:
    return pipeline.check(pipeline.extract(example, rows, 7, shift, f"{example}_training", run))


@pytest.mark.parametrize("example", QUICK)
def test_from_rows_to_a_live_version_the_same_way_for_every_example(tracking, example):
    data = started(example)
    trained = pipeline.train(data, QUICK[example])
    verdict = pipeline.judge(data, trained, example)
    version = pipeline.register(trained, example)
    assert pipeline.go_live(example, version, verdict) == {"version": "1", "before": None}
    live = champion(example)
    assert (str(live.version), live.run_id, live.tags["mlplatform.gate"]) == ("1", data["run"], "passed")
    run = MlflowClient().get_run(data["run"])
    assert run.data.tags["airflow.dag_run_id"] == "manual__1"
    assert run.data.metrics["r2" if example == "delivery" else "roc_auc"] > 0.6
    named = {"churn": "customers", "attrition": "employees", "delivery": "deliveries"}[example]
    assert [each.dataset.name for each in run.inputs.dataset_inputs] == [named]


def test_a_step_that_is_tried_again_makes_nothing_twice(tracking):
    data = started("churn")
    assert started("churn") == data
    trained = pipeline.train(data, QUICK["churn"])
    assert pipeline.register(trained, "churn") == pipeline.register(trained, "churn") == "1"
    assert started("churn", "manual__2")["run"] != data["run"]


def test_every_step_sees_the_same_rows(tracking):
    data = started("churn", shift="lost_usage")
    file = mlflow.artifacts.download_artifacts(f"runs:/{data['run']}/{pipeline.DATA_FILE}")
    from churn.train import sample

    pd.testing.assert_frame_equal(pd.read_parquet(file), sample(3000, 7, "lost_usage"), check_dtype=False)


def test_what_cannot_be_learned_from_is_refused_before_training_with_every_reason(tracking, monkeypatch):
    from churn import train

    def broken(rows, seed, shift):
        frame = train.customers(rows, seed).drop(columns="plan").assign(churned=0)
        frame.loc[:600, "usage_gib"] = None
        return frame

    monkeypatch.setattr(train, "sample", broken)
    monkeypatch.setattr(train, "track_data", lambda *_: None)
    with pytest.raises(pipeline.DataRefused) as refused:
        started("churn", rows=900)
    for reason in ("column plan is not there", "900 rows", "churned is 1 in 0.00%", "usage_gib is missing in"):
        assert reason in str(refused.value)


def test_the_best_candidate_wins_and_each_is_a_run_below_the_training(tracking):
    data = started("churn")
    settings = {"stump": {"max_iter": 2}, "forty": {"max_iter": 40}}
    trained = [pipeline.train(data, parameters, name) for name, parameters in settings.items()]
    assert pipeline.train(data, settings["stump"], "stump")["run"] == trained[0]["run"]
    first, second = sorted(trained, key=lambda each: each["metrics"]["model"]["roc_auc"], reverse=True)
    assert first["metrics"]["model"]["roc_auc"] > second["metrics"]["model"]["roc_auc"]
    assert pipeline.best(data, trained) == pipeline.best(data, trained[::-1]) == first
    parents = {MlflowClient().get_run(each["run"]).data.tags["mlflow.parentRunId"] for each in trained}
    assert parents == {data["run"]}


def test_the_best_of_a_regression_has_the_least_error(tracking):
    data = {"example": "delivery", "run": mlflow.start_run().info.run_id, "seed": 7, "rows": 10}
    mlflow.end_run()
    far, near = (
        {"run": name, "model": name, "metrics": {"model": {"rmse": rmse}}} for name, rmse in (("a", 9.0), ("b", 6.0))
    )
    assert pipeline.best(data, [far, near]) == near


@pytest.mark.parametrize(
    ("problem_type", "target", "reason"),
    [
        ("binaryClassification", [0] * 999 + [1], "answer is 1 in 0.10% of the rows"),
        ("multiclassClassification", ["a"] * 500 + ["b"] * 497 + ["c"] * 3, "answer is c in 0.30% of the rows"),
        ("multiclassClassification", ["a"] * 1000, "answer has 1 classes, at least 2 are needed"),
        ("regression", [1.5] * 998 + [None, float("inf")], "answer is no number in 2 rows"),
        ("regression", [1.5] * 1000, "answer is the same in all rows"),
    ],
)
def test_what_keeps_a_target_from_being_learnt_follows_from_the_type_of_the_problem(problem_type, target, reason):
    found = pipeline.CHECKS[problem_type](pd.Series(target, name="answer"))
    assert found == [reason]


def test_a_closed_gate_leaves_the_alias_and_says_why_on_the_version(tracking):
    data = started("churn")
    trained = pipeline.train(data, {"max_iter": 1, "learning_rate": 0.0001})
    verdict = pipeline.judge(data, trained, "churn")
    version = pipeline.register(trained, "churn")
    with pytest.raises(GateClosed, match="log_loss|roc_auc"):
        pipeline.go_live("churn", version, verdict)
    assert champion("churn") is None
    assert "is asked" in MlflowClient().get_model_version("churn", version).tags["mlplatform.gate"]
