from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from moto import mock_aws

from conftest import CONFIGS, TABLES, Root
from training_template import monitor, package, quality

NOW = datetime.now(UTC).replace(microsecond=0)
#: Labels of moto are as old as the test, so the window ends where it begins.
ANSWERED = NOW - timedelta(hours=2)
BUCKET = "data"


class Bucket:
    """The data bucket, with what the server, the owner of labels and training put there."""

    def __init__(self, root: Root, model: str) -> None:
        self.root, self.model = root, model
        self.s3 = boto3.client("s3", region_name="eu-west-1")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put(self, key: str, body: str | bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body if isinstance(body, bytes) else body.encode())

    def judged(self, model: Any, version: str = "4", run: str = "run-4") -> dict[str, Any]:
        """As training's machine keeps what `evaluate` said of a version."""
        self.root.package("candidate", model)
        self.root.put(self.root.paths.processing("test"), TABLES[self.model](3000, 11))
        assert self.root.run("evaluate") == 0
        report = self.root.report("evaluation.json")
        self.put(f"models/{self.model}/{run}/baseline/evaluation.json", json.dumps(report))
        self.put(f"metadata/{self.model}/runs/{run}.json", json.dumps({"run": run, "registered": {"version": version}}))
        return report

    def served(
        self, rows: pd.DataFrame, model: Any, version: str = "4", name: str = "a", at: datetime = ANSWERED
    ) -> None:
        """As the model server logs what it answered."""
        answers = package.load(model).predict(rows)
        answered = answers.to_dict("records") if isinstance(answers, pd.DataFrame) else np.asarray(answers).tolist()
        inputs = json.loads(rows.to_json(orient="records"))
        head = {"ts": at.isoformat().replace("+00:00", "Z"), "version": version, "model": self.model}
        lines = [
            json.dumps({**head, "request_id": f"{name}{place // 2}", "inputs": row, "prediction": answer})
            for place, (row, answer) in enumerate(zip(inputs, answered, strict=True))
        ]
        text = "\n".join([*lines, "{damaged", '{"ts": "?"}'])
        self.put(f"samples/{self.model}/date={at.date()}/120000-{name}.jsonl.gz", gzip.compress(text.encode()))

    def labels(self, truth: pd.Series, name: str = "a", kind: str = "csv") -> None:
        places = range(len(truth))
        requests = {"request_id": [f"{name}{place // 2}" for place in places], "row": [place % 2 for place in places]}
        table = pd.DataFrame(requests).assign(label=truth.to_numpy().astype(int))
        text = table.to_csv(index=False) if kind == "csv" else table.to_json(orient="records", lines=True)
        self.put(f"labels/{self.model}/{name}.{kind}", text)

    def run(self, *checks: str) -> int:
        window = ["--at", NOW.isoformat(), "--every-hours", "48", "--label-delay-hours", "1"]
        names = ["--bucket", BUCKET, "--model", self.model, "--labels", f"labels/{self.model}/"]
        return self.root.run("monitor", *names, *window, *checks)

    @property
    def message(self) -> str:
        return self.root.paths.failures[1].read_text()


@pytest.fixture(params=list(CONFIGS))
def bucket(request: pytest.FixtureRequest, root: Root, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "simulated")
    with mock_aws():
        made = Bucket(root, request.param)
        root.told(**CONFIGS[request.param])
        yield made


def traffic(model: str, seed: int = 12) -> tuple[pd.DataFrame, pd.Series]:
    from training_template import projects

    rows = TABLES[model](2000, seed)
    _, project = projects.find(CONFIGS[model])
    return rows[project.schema.inputs], rows[project.schema.target]


ALL = ["--max-drop-percent", "15", "--column", "{column}", "--max-bias-increase", "0.1"]


def columns(model: str) -> list[str]:
    return [each.format(column={"churn": "contract", "attrition": "department"}[model]) for each in ALL]


def test_a_version_that_answers_as_it_was_judged_has_nothing_wrong(
    bucket: Bucket, trained: Callable[[str], Root]
) -> None:
    model = trained(bucket.model).paths.model
    report = bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.labels(truth, kind="csv" if bucket.model == "churn" else "jsonl")
    assert bucket.run(*columns(bucket.model)) == 0
    found = bucket.root.report("monitor.json")
    assert (found["version"], found["rows"], found["violations"]) == ("4", 2000, [])
    assert found["modelQuality"]["rows"] == 2000
    assert found["modelQuality"]["baseline"] == report["candidate"]["roc_auc"]
    assert bucket.message == "Completed: 2000 rows, nothing wrong"


def test_labels_that_say_otherwise_are_a_violation(bucket: Bucket, trained: Callable[[str], Root]) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.labels(truth.sample(frac=1, random_state=1))
    assert bucket.run("--max-drop-percent", "15") == 0
    assert "% worse than" in bucket.root.report("monitor.json")["violations"][0]
    assert bucket.message.startswith("CompletedWithViolations: roc_auc is 0.")


def test_too_few_labels_are_said_and_too_little_traffic_is_not(bucket: Bucket, trained: Callable[[str], Root]) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows.head(50), model)
    assert bucket.run("--max-drop-percent", "15") == 0
    assert bucket.root.report("monitor.json")["violations"] == []
    bucket.served(rows, model, name="b")
    bucket.labels(truth.head(20), name="b")
    assert bucket.run("--max-drop-percent", "15") == 0
    assert "20 labelled rows, 100 of both answers are needed" in bucket.message


def test_only_the_last_version_and_only_the_window_count(bucket: Bucket, trained: Callable[[str], Root]) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.served(rows.head(300), model, version="3", name="old", at=ANSWERED - timedelta(minutes=5))
    bucket.served(rows.head(300), model, name="young", at=NOW - timedelta(minutes=5))
    bucket.served(rows.head(300), model, name="ancient", at=NOW - timedelta(hours=60))
    bucket.labels(truth)
    assert bucket.run("--max-drop-percent", "15") == 0
    assert bucket.root.report("monitor.json")["rows"] == 2000


def test_the_newest_rows_are_read_where_there_are_too_many(
    bucket: Bucket, trained: Callable[[str], Root], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "MOST_ROWS", 1000)
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows.head(1000), model, version="3", name="z", at=ANSWERED - timedelta(days=1))
    bucket.served(rows.head(1000), model, version="3", name="a", at=ANSWERED - timedelta(minutes=5))
    bucket.served(rows.head(300), model, name="b")
    bucket.labels(truth.head(300), name="b")
    assert bucket.run("--max-drop-percent", "90") == 0
    found = bucket.root.report("monitor.json")
    assert (found["version"], found["rows"], found["modelQuality"]["rows"]) == ("4", 300, 300)


def test_a_version_that_no_run_made_and_labels_that_are_none_are_failures(
    bucket: Bucket, trained: Callable[[str], Root]
) -> None:
    model = trained(bucket.model).paths.model
    rows, _ = traffic(bucket.model)
    bucket.served(rows, model, version="9")
    assert bucket.run("--max-drop-percent", "15") == 1
    assert "version 9 of" in bucket.root.failure() and "no run of training" in bucket.root.failure()
    bucket.judged(model, version="9")
    bucket.put(f"labels/{bucket.model}/a.csv", "id,label\n1,1\n")
    assert bucket.run("--max-drop-percent", "15") == 1
    assert "each needs request_id and label" in bucket.root.failure()


def test_order_of_features(bucket: Bucket, trained: Callable[[str], Root]) -> None:
    model = trained(bucket.model).paths.model
    report = bucket.judged(model)
    rows, _ = traffic(bucket.model)
    bucket.served(rows, model)
    assert bucket.run("--min-ndcg", "0.9") == 0
    found = bucket.root.report("monitor.json")
    if bucket.model == "churn":
        assert report["contributions"] is None
        assert found["violations"] == ["explainability was not measured: answers do not say what each feature added"]
    else:
        assert sum(report["contributions"].values()) == pytest.approx(1, abs=1e-4)
        assert found["explainability"]["ndcg"] > 0.95 and found["violations"] == []


def test_groups_told_further_apart_than_before_are_a_violation() -> None:
    groups = {
        name: {"rows": rows, "predicted": mean} for name, rows, mean in [("a", 99, 0.5), ("b", 99, 0.45), ("c", 3, 0)]
    }
    baseline = {"groups": {"sex": groups}}
    rows = pd.DataFrame({"sex": ["a"] * 50 + ["b"] * 50 + ["c"] * 50 + ["d"] * 5})
    apart = np.repeat([0.7, 0.4, 0.0, 0.0], [50, 50, 50, 5])
    report, wrong = quality.bias(rows, apart, ["sex"], 0.1, baseline)
    assert wrong == ["groups of sex are 0.300 apart, 0.050 when the version was judged"]
    assert set(report["sex"]["groups"]) == {"a", "b", "c"}
    assert quality.bias(rows, apart, ["sex"], 0.3, baseline)[1] == []
    _, unknown = quality.bias(rows, apart, ["age"], 0.3, baseline)
    assert unknown == ["bias by age was not measured: its evaluation has no such column"]


def test_features_in_reverse_order_are_worth_less() -> None:
    before = {"a": 0.7, "b": 0.2, "c": 0.1}
    assert quality.ndcg(before, before) == 1
    assert quality.ndcg({"c": 0.7, "b": 0.2, "a": 0.1}, before) < 0.9
    answers = pd.DataFrame({"probability": [0.1]}).assign(contribution_a=-0.1, contribution_b=0.2, contribution_c=0.7)
    assert "another order" in quality.explainability(answers, 0.9, {"contributions": before})[1][0]


@pytest.mark.parametrize(
    ("metric", "reached", "percent"), [("roc_auc", 0.72, 10), ("brier", 0.88, 10), ("roc_auc", 0.88, -10)]
)
def test_worse_is_less_of_a_score_and_more_of_a_loss(metric: str, reached: float, percent: float) -> None:
    assert quality.worse(metric, reached, 0.8) == pytest.approx(percent)
