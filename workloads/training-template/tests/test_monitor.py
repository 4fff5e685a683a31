from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import boto3
import numpy as np
import pandas as pd
import pytest
from moto import mock_aws

from conftest import CONFIGS, TABLES, USUAL, Root
from training_template import monitor, package, quality
from training_template.problems.binary import Binary
from training_template.problems.multiclass import Multiclass
from training_template.problems.regression import Regression

NOW = datetime.now(UTC).replace(microsecond=0)
#: Labels of moto are as old as the test, so the window ends where it begins.
ANSWERED = NOW - timedelta(hours=2)
BUCKET = "data"


class Bucket:
    """The data bucket, with what the server, the owner of labels and training put there."""

    def __init__(self, root: Root, model: str) -> None:
        self.root, self.model, self.folder = root, model, ""
        self.s3 = boto3.client("s3", region_name="eu-west-1")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put(self, key: str, body: str | bytes) -> None:
        self.s3.put_object(
            Bucket=BUCKET, Key=self.folder + key, Body=body if isinstance(body, bytes) else body.encode()
        )

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
        table = pd.DataFrame(requests).assign(label=truth.to_numpy())
        text = table.to_csv(index=False) if kind == "csv" else table.to_json(orient="records", lines=True)
        self.put(f"labels/{self.model}/{name}.{kind}", text)

    def run(self, *checks: str) -> int:
        window = ["--at", NOW.isoformat(), "--every-hours", "48", "--label-delay-hours", "1"]
        names = ["--bucket", BUCKET, "--model", self.model, "--labels", f"labels/{self.model}/"]
        prefix = ["--prefix", self.folder] if self.folder else []
        return self.root.run("monitor", *names, *prefix, *window, *checks)

    @property
    def message(self) -> str:
        return self.root.paths.failures[1].read_text()


#: For what does not depend on the type of the problem.
@pytest.fixture(params=["churn", "attrition"])
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
    named = {"churn": "contract", "attrition": "department", "delivery": "vehicle", "tariff": "region"}
    return [each.format(column=named[model]) for each in ALL]


every = pytest.mark.parametrize("bucket", CONFIGS, indirect=True)


@every
def test_a_version_that_answers_as_it_was_judged_has_nothing_wrong(
    bucket: Bucket, trained: Callable[[str], Root]
) -> None:
    model = trained(bucket.model).paths.model
    report = bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.labels(truth, kind="csv" if bucket.model in ("churn", "tariff") else "jsonl")
    assert bucket.run(*columns(bucket.model)) == 0
    found = bucket.root.report("monitor.json")
    assert (found["version"], found["rows"], found["violations"]) == ("4", 2000, [])
    assert found["modelQuality"]["rows"] == 2000
    assert found["modelQuality"]["metric"] == USUAL[bucket.model]
    assert found["modelQuality"]["baseline"] == report["candidate"][USUAL[bucket.model]]
    assert set(found["modelQuality"]["metrics"]) == set(report["candidate"])
    assert bucket.message == "Completed: 2000 rows, nothing wrong"


@every
def test_labels_that_say_otherwise_are_a_violation(bucket: Bucket, trained: Callable[[str], Root]) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.labels(truth.sample(frac=1, random_state=1))
    assert bucket.run("--max-drop-percent", "15") == 0
    assert "% worse than" in bucket.root.report("monitor.json")["violations"][0]
    assert bucket.message.startswith(f"CompletedWithViolations: {USUAL[bucket.model]} is ")


def numeric(label: Any) -> bool:
    return str(label).replace(".", "", 1).isdigit()


def put_awkwardly(bucket: Bucket, labels: pd.DataFrame) -> None:
    """The same labels, a part of them in each of the ways in which people write them, with what lies beside them."""
    parts = np.array_split(np.arange(len(labels)), 8)

    def part(place: int, said: Callable[[Any], Any] = lambda label: label) -> pd.DataFrame:
        rows = labels.iloc[parts[place]]
        return rows.assign(label=pd.Series([said(label) for label in rows["label"]], rows.index, dtype=object))

    def text(rows: pd.DataFrame, **how: Any) -> bytes:
        return rows.to_csv(index=False, **how).encode()

    codes = BytesIO()
    part(5, str).astype({"label": "category", "request_id": "category"}).to_parquet(codes)
    words = {1: "True", 0: "FALSE"} if bucket.model in ("churn", "attrition") else {}
    gaps = part(7).assign(label="")
    for name, body in {
        "0.csv": b"\xef\xbb\xbf" + text(part(0)),
        "1.csv": text(part(1, lambda label: f" {label} " if numeric(label) else label), lineterminator="\r\n"),
        "2.csv": text(part(2, lambda label: str(float(label)) if numeric(label) else label), quoting=csv.QUOTE_ALL),
        "3.csv": text(part(3, lambda label: words.get(label, label))[["label", "row", "request_id"]].assign(who="")),
        "4.ndjson": part(4, str).to_json(orient="records", lines=True).encode(),
        "5.parquet": codes.getvalue(),
        "6.csv.gz": gzip.compress(text(part(6))),
        "7.csv": text(pd.concat([gaps, part(7), gaps])),
        ".ipynb_checkpoints/0-checkpoint.csv": text(part(0, lambda label: "wrong")),
        "README.md": b"where labels come from",
        "_SUCCESS": b"",
        "8.csv": b"",
    }.items():
        bucket.put(f"labels/{bucket.model}/{name}", body)


@every
def test_labels_are_worth_the_same_however_people_write_them(bucket: Bucket, trained: Callable[[str], Root]) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.labels(truth)
    assert bucket.run(*columns(bucket.model)) == 0
    before = bucket.root.report("monitor.json")
    bucket.s3.delete_object(Bucket=BUCKET, Key=f"labels/{bucket.model}/a.csv")
    requests = [(f"a{place // 2}", place % 2) for place in range(len(truth))]
    table = pd.DataFrame(requests, columns=["request_id", "row"]).assign(label=truth.to_numpy())
    put_awkwardly(bucket, table)
    assert bucket.run(*columns(bucket.model)) == 0, bucket.root.failure()
    after = bucket.root.report("monitor.json")
    assert after["labels"]["passedOver"] == {"hidden": 2, "foreign": 1, "empty": 1}
    assert (after["labels"]["read"], after["labels"]["empty"]) == (2000, 500)
    for part in ("modelQuality", "bias", "errors", "violations"):
        assert after[part] == before[part], part


@pytest.mark.parametrize("bucket", ["churn", "tariff", "delivery"], indirect=True)
def test_labels_of_one_answer_alone_say_so_and_an_answer_that_came_once_is_measured(
    bucket: Bucket, trained: Callable[[str], Root]
) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows.head(200), model)
    one, other = pd.unique(truth)[:2]
    bucket.labels(pd.Series([one] * 200))
    assert bucket.run("--max-drop-percent", "15") == 0
    found = bucket.root.report("monitor.json")
    if bucket.model != "delivery":
        assert found["violations"] == [
            "model quality was not measured: 200 labelled rows, 100 of more than one answer are needed"
        ]
    bucket.labels(pd.Series([one] * 199 + [other]))
    assert bucket.run("--max-drop-percent", "15") == 0
    found = bucket.root.report("monitor.json")
    assert found["modelQuality"]["rows"] == 200 and USUAL[bucket.model] in found["modelQuality"]["metrics"]


def test_a_store_that_is_a_folder_of_a_bucket_is_read_there(bucket: Bucket, trained: Callable[[str], Root]) -> None:
    bucket.folder = "platform/"
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, truth = traffic(bucket.model)
    bucket.served(rows, model)
    bucket.labels(truth)
    assert bucket.run("--max-drop-percent", "15") == 0
    found = bucket.root.report("monitor.json")
    assert (found["version"], found["modelQuality"]["rows"], found["violations"]) == ("4", 2000, [])
    assert found["modelQuality"]["evaluated"][USUAL[bucket.model]] == found["modelQuality"]["baseline"]


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
    assert "20 labelled rows, 100 of more than one answer are needed" in bucket.message


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
    report, wrong = quality.bias(Binary(), rows, apart, ["sex"], 0.1, baseline)
    assert wrong == ["groups of sex are 0.300 apart, 0.050 when the version was judged"]
    assert set(report["sex"]["groups"]) == {"a", "b", "c"}
    assert quality.bias(Binary(), rows, apart, ["sex"], 0.3, baseline)[1] == []
    _, unknown = quality.bias(Binary(), rows, apart, ["age"], 0.3, baseline)
    assert unknown == ["bias by age was not measured: its evaluation has no such column"]


def test_features_in_reverse_order_are_worth_less() -> None:
    before = {"a": 0.7, "b": 0.2, "c": 0.1}
    assert quality.ndcg(before, before) == 1
    assert quality.ndcg({"c": 0.7, "b": 0.2, "a": 0.1}, before) < 0.9
    answers = pd.DataFrame({"probability": [0.1]}).assign(contribution_a=-0.1, contribution_b=0.2, contribution_c=0.7)
    assert "another order" in quality.explainability(answers, 0.9, {"contributions": before})[1][0]


@pytest.mark.parametrize(
    ("metric", "reached", "percent"),
    [
        ("roc_auc", 0.72, 10),
        ("brier", 0.88, 10),
        ("roc_auc", 0.88, -10),
        ("rmse", 0.88, 10),
        ("r2", 0.72, 10),
        ("mae", 0.72, -10),
    ],
)
def test_worse_is_less_of_a_score_and_more_of_a_loss(metric: str, reached: float, percent: float) -> None:
    assert quality.worse(metric, reached, 0.8) == pytest.approx(percent)


@pytest.mark.parametrize("bucket", ["delivery", "tariff"], indirect=True)
def test_labels_that_are_none_of_the_problem_fail_with_what_they_have_to_be(
    bucket: Bucket, trained: Callable[[str], Root]
) -> None:
    model = trained(bucket.model).paths.model
    bucket.judged(model)
    rows, _ = traffic(bucket.model)
    bucket.served(rows.head(200), model)
    bucket.put(f"labels/{bucket.model}/a.csv", "request_id,row,label\na0,0,gold\n")
    assert bucket.run("--max-drop-percent", "15") == 1
    needed = {"delivery": "label, a number,", "tariff": "label, one of premium, 1, 2,"}[bucket.model]
    assert needed in bucket.root.failure()


@pytest.mark.parametrize("bucket", ["delivery"], indirect=True)
def test_a_group_whose_deliveries_take_longer_than_said_is_a_violation_of_its_labels_alone(
    bucket: Bucket, trained: Callable[[str], Root]
) -> None:
    model = trained("delivery").paths.model
    evaluation = bucket.judged(model)
    rows, truth = traffic("delivery")
    bucket.served(rows, model)
    bucket.labels(truth + 8.0 * (rows["vehicle"] == "bike"))
    assert bucket.run("--max-drop-percent", "90", "--column", "vehicle", "--max-bias-increase", "0.2") == 0
    found = bucket.root.report("monitor.json")
    assert found["bias"]["vehicle"]["gap"] == pytest.approx(found["bias"]["vehicle"]["baseline"], abs=0.1)
    assert found["errors"]["vehicle"]["groups"]["bike"]["mean_error"] == pytest.approx(-8, abs=1.5)
    (violation,) = found["violations"]
    assert violation.startswith("mean errors of groups of vehicle are 0.")
    assert found["errors"]["vehicle"]["gap"] == pytest.approx(8 / evaluation["target"]["std_dev"], abs=0.15)


def test_gaps_are_the_same_in_minutes_and_hours_and_of_several_classes_the_widest() -> None:
    minutes, hours = [30.0, 45.0], [0.5, 0.75]
    of_minutes = Regression().gap(minutes, {"target": {"std_dev": 20.0}})
    assert of_minutes == pytest.approx(0.75) == Regression().gap(hours, {"target": {"std_dev": 20 / 60}})
    assert Regression().gap(minutes, {}) is None and Regression().gap([30.0], {"target": {"std_dev": 1.0}}) is None
    several = Multiclass(["a", "b", "c"])
    shares = [{"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 0.45, "b": 0.05, "c": 0.5}]
    assert several.gap(shares, {}) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("problem", "predicted", "reason"),
    [
        (Binary(), np.array([0.1, 1.2]), "with a probability"),
        (Regression(), np.array([1.0, np.nan]), "with a number"),
        (Regression(), np.array(["a", "b"], dtype=object), "with a number"),
        (Regression(), np.array([[1.0], [2.0]]), "with a number"),
        (Multiclass(["a", "b", "c"]), np.array([[0.5, 0.5], [0.5, 0.5]]), "with 3 probabilities, of a, b, c"),
        (Multiclass(["a", "b", "c"]), np.array([[0.5, 0.5, 0.5], [0, 0, 1]]), "with 3 probabilities"),
        (Multiclass(["a", "b", "c"]), np.array(["a", "d"], dtype=object), "with one of a, b, c"),
    ],
)  # fmt: skip
def test_answers_to_another_question_are_refused(problem: Any, predicted: np.ndarray, reason: str) -> None:
    assert reason in str(problem.refused(predicted, 2))


def test_classes_alone_are_answers_too_and_have_no_honesty_to_measure() -> None:
    problem = Multiclass(["b", "a", "c"])
    truth = np.array(["a", "b", "c", "c"], dtype=object)
    said = np.array(["a", "b", "c", "a"], dtype=object)
    assert problem.refused(said, 4) is None
    found = problem.metrics(truth, said)
    assert found["accuracy"] == 0.75 and found["balanced_accuracy"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert np.isnan(found["log_loss"]) and np.isnan(found["roc_auc_ovr"])
    sure = np.eye(3)[[1, 0, 2, 2]]
    perfect = problem.metrics(truth, sure)
    assert perfect["log_loss"] == pytest.approx(0, abs=1e-9) and perfect["roc_auc_ovr"] == 1 == perfect["f1_macro"]
