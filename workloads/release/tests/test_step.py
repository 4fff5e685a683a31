"""Steps of a run in the cluster, on a bucket that moto simulates; of MLflow only what it is asked."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from model_release import staging
from model_release.registrar import NotRegistered, Refused
from model_release.registrar_config import RegistrarConfig
from model_release.staging import Missing
from model_release.step import UNCHANGED, Failed, NothingAsked, Step

REPORTS = "s3://data/outputs/churn/run-1/"
PACKAGE = "s3://data/models/churn/run-1/output/model.tar.gz"
KEPT = "s3://data/models/churn/run-1/baseline/"
REQUEST = {
    "reports": REPORTS,
    "package": PACKAGE,
    "record": "s3://data/metadata/churn/runs/run-1.json",
    "image": "training:1",
    "keep": {"to": KEPT, "files": ["evaluation.json"], "optional": ["baseline/statistics.json"]},
    "registry": {
        "stack": "dev",
        "region": "eu-west-1",
        "packages": "s3://data/models",
        "name": "churn",
        "from": "models:/churn@champion",
        "targets": ["kubernetes"],
    },
}
GATE = {"metric": "auc", "atLeast": 0.8, "beatChampion": True, "maxDriftPsi": 0.2}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-1")
        client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


class Registry:
    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []
        self.config: RegistrarConfig | None = None

    def __call__(self, config: RegistrarConfig) -> Any:
        self.config = config

        def answer(request: dict[str, Any]) -> dict[str, Any]:
            self.asked.append(request)
            return self.answers[request["action"]]

        return answer


def a_step(s3: Any, root: Path, registry: Registry | None = None, **more: Any) -> Step:
    given = {"run": "run-1", "reason": "schedule", "hyperparameters": {}, "states": {}, **more}
    return Step(s3, registry or Registry(), root=root, **given)


def put(s3: Any, uri: str, body: Any) -> None:
    bucket, key = staging.address(uri)
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(body).encode())


def report(s3: Any, name: str) -> Any:
    bucket, key = staging.address(name if name.startswith("s3://") else REPORTS + name)
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def test_data_are_fetched_where_the_command_looks_and_others_may_write_there(s3: Any, tmp_path: Path) -> None:
    for key in ("data/churn/train/a.csv", "data/churn/train/deep/b.csv", "data/churn/training/other.csv"):
        s3.put_object(Bucket="data", Key=key, Body=b"rows")
    inputs = [{"uri": "s3://data/data/churn/train/", "path": "input/data/train"}]
    a_step(s3, tmp_path, hyperparameters={"depth": "4"}).do({"action": "fetch", "inputs": inputs})
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == [
        "input/config/hyperparameters.json",
        "input/data/train/a.csv",
        "input/data/train/deep/b.csv",
    ]
    assert json.loads((tmp_path / "input/config/hyperparameters.json").read_text()) == {"depth": "4"}
    for folder in ("model", "processing/output", "input/data/train/deep"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o777


def test_data_that_are_not_there_end_the_run_and_optional_ones_do_not(s3: Any, tmp_path: Path) -> None:
    given = {"uri": "s3://data/data/churn/train/", "path": "processing/data"}
    with pytest.raises(Missing, match="nothing at s3://data/data/churn/train/"):
        a_step(s3, tmp_path).do({"action": "fetch", "inputs": [given]})
    a_step(s3, tmp_path).do({"action": "fetch", "inputs": [{**given, "optional": True}]})


def test_a_key_that_leads_out_of_the_folder_is_refused(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket="data", Key="data/churn/../../../escaped.csv", Body=b"rows")
    inputs = [{"uri": "s3://data/data/churn/", "path": "processing/data"}]
    with pytest.raises(Missing, match="leads out"):
        a_step(s3, tmp_path).do({"action": "fetch", "inputs": inputs})


def test_the_live_version_is_fetched_where_there_is_one_and_only_there(s3: Any, tmp_path: Path) -> None:
    told = {"told": {"report": REPORTS + "champion.json", "key": "packageUri"}, "path": "processing/champion"}
    with pytest.raises(Missing, match="champion.json"):
        a_step(s3, tmp_path).do({"action": "fetch", "inputs": [told]})
    put(s3, REPORTS + "champion.json", {"version": None, "packageUri": None})
    a_step(s3, tmp_path).do({"action": "fetch", "inputs": [told]})
    assert not (tmp_path / "processing/champion").exists()
    s3.put_object(Bucket="data", Key="models/churn/champion/3/model.tar.gz", Body=b"packed")
    packed = "s3://data/models/churn/champion/3/model.tar.gz"
    put(s3, REPORTS + "champion.json", {"version": "3", "packageUri": packed})
    a_step(s3, tmp_path).do({"action": "fetch", "inputs": [told]})
    assert (tmp_path / "processing/champion/model.tar.gz").read_bytes() == b"packed"


def test_a_model_is_packed_with_its_files_at_the_root_and_none_is_an_error(s3: Any, tmp_path: Path) -> None:
    request = {"action": "store", "package": {"path": "model", "uri": PACKAGE}}
    (tmp_path / "model").mkdir()
    with pytest.raises(Missing, match="no model"):
        a_step(s3, tmp_path).do(request)
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}")
    a_step(s3, tmp_path).do(request)
    s3.download_file("data", "models/churn/run-1/output/model.tar.gz", str(tmp_path / "packed"))
    with tarfile.open(tmp_path / "packed") as archive:
        assert archive.getnames() == ["MLmodel"]


@pytest.mark.parametrize("said", [None, {"passed": False, "problems": ["no rows"]}, {"passed": "yes"}, ["passed"]])
def test_data_pass_only_where_the_report_says_so(s3: Any, tmp_path: Path, said: Any) -> None:
    if said is not None:
        put(s3, REPORTS + "validation.json", said)
    with pytest.raises(Failed) as failed:
        a_step(s3, tmp_path).do({**REQUEST, "action": "checkData"})
    assert failed.value.error == "DataRejected"
    assert report(s3, "failure.json")["cause"] == str(failed.value)
    put(s3, REPORTS + "validation.json", {"passed": True})
    a_step(s3, tmp_path).do({**REQUEST, "action": "checkData"})


COMPARING = {**REQUEST, "action": "checkData", "compared": True, "putOff": ["schedule", "newData"]}


def test_rows_that_were_to_be_compared_pass_only_where_the_report_says_that_they_were(s3: Any, tmp_path: Path) -> None:
    put(s3, REPORTS + "validation.json", {"passed": True})
    a_step(s3, tmp_path).do({**REQUEST, "action": "checkData"})
    with pytest.raises(Failed, match="does not say how far the rows are"):
        a_step(s3, tmp_path).do(COMPARING)
    put(s3, REPORTS + "validation.json", {"passed": True, "drift": None})
    a_step(s3, tmp_path).do(COMPARING)


def test_rows_without_anything_new_end_a_run_that_nobody_asked_for_and_its_record_says_so(
    s3: Any, tmp_path: Path
) -> None:
    put(s3, REPORTS + "validation.json", {"passed": True, "drift": {"tenure": 0.0}, "unchanged": True})
    put(s3, REPORTS + "live.json", {"version": "3", "packageUri": PACKAGE})
    with pytest.raises(NothingAsked, match=UNCHANGED):
        a_step(s3, tmp_path).do(COMPARING)
    a_step(s3, tmp_path, reason="decay").do(COMPARING)
    a_step(s3, tmp_path).do({**COMPARING, "putOff": []})
    states = {"check_data": "skipped", "train": "skipped", "promote": "skipped"}
    a_step(s3, tmp_path, states=states).do({**REQUEST, "action": "record"})
    record = report(s3, REQUEST["record"])
    assert record["verdict"] == {"outcome": "skipped", "cause": UNCHANGED}
    assert (record["live"]["version"], record["validation"]["drift"]) == ("3", {"tenure": 0.0})


def test_which_version_is_live_is_kept_under_the_name_that_is_asked_for(s3: Any, tmp_path: Path) -> None:
    registry = Registry(champion={"version": "3", "packageUri": PACKAGE})
    a_step(s3, tmp_path, registry).do({**REQUEST, "action": "champion", "report": "live.json"})
    assert report(s3, "live.json") == {"version": "3", "packageUri": PACKAGE}


def test_the_gate_judges_by_the_report_and_fails_closed_without_one(s3: Any, tmp_path: Path) -> None:
    judging = {**REQUEST, "action": "judge", "gate": GATE}
    put(s3, REPORTS + "champion.json", {"version": "3", "packageUri": "s3://data/x.tar.gz"})
    with pytest.raises(Failed, match="auc was not measured"):
        a_step(s3, tmp_path).do(judging)
    measured = {"rows": 100, "candidate": {"auc": 0.9}, "champion": {"auc": 0.85}, "drift": None}
    put(s3, REPORTS + "evaluation.json", measured)
    with pytest.raises(Failed, match="drift was not measured"):
        a_step(s3, tmp_path).do(judging)
    put(s3, REPORTS + "evaluation.json", {**measured, "drift": {"age": 0.1}})
    a_step(s3, tmp_path).do(judging)
    assert report(s3, "verdict.json")["passed"] is True
    put(s3, REPORTS + "evaluation.json", {**measured, "drift": {"age": 0.1}, "champion": {"auc": 0.95}})
    with pytest.raises(Failed, match="the live version has that"):
        a_step(s3, tmp_path).do(judging)


def test_the_first_version_has_no_traffic_to_have_drifted_from(s3: Any, tmp_path: Path) -> None:
    put(s3, REPORTS + "champion.json", {"version": None, "packageUri": None})
    put(s3, REPORTS + "evaluation.json", {"rows": 9, "candidate": {"auc": 0.9}, "champion": None, "drift": None})
    a_step(s3, tmp_path).do({**REQUEST, "action": "judge", "gate": GATE})
    assert report(s3, "verdict.json")["passed"] is True


def test_a_version_is_registered_with_what_was_measured_and_anew_when_trained_anew(s3: Any, tmp_path: Path) -> None:
    registry = Registry(register={"version": "4", "uri": "models:/churn/4"})
    put(s3, REPORTS + "verdict.json", {"passed": True, "metrics": {"candidate": {"auc": 0.9}, "champion": {}}})
    put(s3, REPORTS + "evaluation.json", {"rows": 9})
    runs = []
    for body in (b"one", b"one", b"another"):
        s3.put_object(Bucket="data", Key="models/churn/run-1/output/model.tar.gz", Body=body)
        a_step(s3, tmp_path, registry).do({**REQUEST, "action": "register"})
        runs.append(registry.asked[-1]["runId"])
    assert runs[0] == runs[1] != runs[2]
    assert registry.asked[0].items() >= {"metrics": {"auc": 0.9}, "reason": "schedule", "image": "training:1"}.items()
    assert registry.config is not None and registry.config.models["churn"].alias == "champion"
    assert report(s3, "registered.json")["version"] == "4"


def test_what_was_measured_of_a_version_stays_beside_its_model_before_it_is_one(s3: Any, tmp_path: Path) -> None:
    s3.put_object(Bucket="data", Key="models/churn/run-1/output/model.tar.gz", Body=b"packed")
    registry = Registry(register={"version": "4"})
    with pytest.raises(Missing, match="there is no s3://data/outputs/churn/run-1/evaluation.json"):
        a_step(s3, tmp_path, registry).do({**REQUEST, "action": "register"})
    assert registry.asked == []
    measured = {"rows": 100, "candidate": {"auc": 0.9}, "champion": None, "groups": {"contract": {"yearly": 0.25}}}
    put(s3, REPORTS + "evaluation.json", measured)
    a_step(s3, tmp_path, registry).do({**REQUEST, "action": "register"})
    assert report(s3, KEPT + "evaluation.json") == measured
    # An image of somebody's own may say nothing of its rows.
    assert s3.list_objects_v2(Bucket="data", Prefix="models/churn/run-1/baseline/")["KeyCount"] == 1
    put(s3, REPORTS + "baseline/statistics.json", {"version": 0.0})
    a_step(s3, tmp_path, registry).do({**REQUEST, "action": "register"})
    assert report(s3, KEPT + "statistics.json") == {"version": 0.0}


def test_a_version_that_was_rolled_back_ends_the_run(s3: Any, tmp_path: Path) -> None:
    put(s3, REPORTS + "registered.json", {"version": "4"})
    registry = Registry(promote={"outcome": "rolled-back: errors"})
    with pytest.raises(Failed, match="Version 4: rolled-back: errors"):
        a_step(s3, tmp_path, registry).do({**REQUEST, "action": "promote"})
    assert report(s3, "failure.json")["error"] == "RolledBack"


ANSWERED = {"status": "Approved", "by": "ann@example.com", "at": "2026-12-01T03:04:05+00:00"}


def test_who_has_approved_stands_on_the_version_before_it_goes_live(s3: Any, tmp_path: Path) -> None:
    put(s3, REPORTS + "registered.json", {"version": "4"})
    registry = Registry(decided={"noted": True}, promote={"outcome": "live"})
    a_step(s3, tmp_path, registry, answered=ANSWERED).do({**REQUEST, "action": "promote"})
    told = {"action": "decided", "packageUri": PACKAGE, "version": "4", **ANSWERED, "model": "churn"}
    assert registry.asked == [told, {"action": "promote", "version": "4", "model": "churn"}]
    record = Registry()
    a_step(s3, tmp_path, record, answered=ANSWERED).do({**REQUEST, "action": "record"})
    assert report(s3, REQUEST["record"])["answered"] == ANSWERED
    assert record.asked == []


def test_who_has_rejected_stands_on_the_version_and_in_the_record(s3: Any, tmp_path: Path) -> None:
    put(s3, REPORTS + "registered.json", {"version": "4"})
    said = {**ANSWERED, "status": "Rejected"}
    registry = Registry(decided={"noted": True})
    states = {"approve": "failed", "promote": "upstream_failed"}
    with pytest.raises(Failed, match="approve: failed"):
        a_step(s3, tmp_path, registry, answered=said, states=states).do({**REQUEST, "action": "record"})
    assert [(each["action"], each["status"], each["by"]) for each in registry.asked] == [
        ("decided", "Rejected", "ann@example.com")
    ]
    assert report(s3, REQUEST["record"])["answered"] == said


@pytest.mark.parametrize("refusal", [Refused("at: it was another version's"), NotRegistered("no version is of it")])
def test_an_answer_that_is_of_no_version_does_not_hide_why_the_run_ended(
    s3: Any, tmp_path: Path, refusal: Exception
) -> None:
    put(s3, REPORTS + "registered.json", {"version": "4"})
    put(s3, REPORTS + "failure.json", {"step": "judge", "error": "GateRejected", "cause": "auc is 0.5"})

    class Refuses(Registry):
        def __call__(self, config: RegistrarConfig) -> Any:
            def answer(request: dict[str, Any]) -> dict[str, Any]:
                raise refusal

            return answer

    step = a_step(s3, tmp_path, Refuses(), answered=ANSWERED, states={"judge": "failed"})
    with pytest.raises(Failed, match=f"^auc is 0.5. What was answered was not passed on: {refusal}$") as failed:
        step.do({**REQUEST, "action": "record"})
    assert failed.value.error == "GateRejected"
    assert report(s3, REQUEST["record"])["verdict"]["cause"] == "auc is 0.5"


def test_a_rejection_of_the_version_of_another_attempt_is_passed_on_though_the_one_before_went_live(
    s3: Any, tmp_path: Path
) -> None:
    put(s3, REPORTS + "registered.json", {"version": "4"})
    live = Registry(decided={"noted": True}, promote={"outcome": "live"})
    a_step(s3, tmp_path, live, answered=ANSWERED).do({**REQUEST, "action": "promote"})
    # Somebody has cleared the run from its training on.
    put(s3, REPORTS + "registered.json", {"version": "5"})
    again = Registry(decided={"noted": True})
    step = a_step(
        s3,
        tmp_path,
        again,
        answered={**ANSWERED, "status": "Rejected"},
        states={"approve": "failed", "promote": "upstream_failed"},
    )
    with pytest.raises(Failed, match="approve: failed"):
        step.do({**REQUEST, "action": "record"})
    assert [(each["status"], each["version"]) for each in again.asked] == [("Rejected", "5")]


@pytest.mark.parametrize("answered", [{}, {**ANSWERED, "status": "Rejected"}])
def test_a_step_that_was_marked_as_passed_is_no_approval(s3: Any, tmp_path: Path, answered: dict[str, str]) -> None:
    put(s3, REPORTS + "registered.json", {"version": "4"})
    registry = Registry()
    with pytest.raises(Failed, match="nobody who has approved"):
        a_step(s3, tmp_path, registry, answered=answered).do({**REQUEST, "action": "promote", "approved": True})
    assert registry.asked == []
    assert report(s3, "failure.json")["error"] == "ApprovalMissing"


def test_the_record_says_how_it_ended_and_fails_where_no_version_is_live(s3: Any, tmp_path: Path) -> None:
    states = {"train": "failed", "register": "upstream_failed", "record": "running"}
    recording = {**REQUEST, "action": "record"}
    with pytest.raises(Failed, match="the run ended with train: failed"):
        a_step(s3, tmp_path, states=states).do(recording)
    found = report(s3, REQUEST["record"])
    assert found["verdict"]["error"] == "TrainingFailed"
    assert found["reason"] == "schedule"
    put(s3, REPORTS + "failure.json", {"error": "GateRejected", "cause": "auc is low"})
    with pytest.raises(Failed, match="auc is low"):
        a_step(s3, tmp_path, states={"gate": "failed"}).do(recording)


def test_the_record_of_a_version_that_is_live_knows_no_failure_of_an_attempt_before(s3: Any, tmp_path: Path) -> None:
    put(s3, REPORTS + "failure.json", {"error": "GateRejected", "cause": "auc is low"})
    put(s3, REPORTS + "registered.json", {"version": "4"})
    put(s3, REPORTS + "released.json", {"outcome": "live"})
    a_step(s3, tmp_path, states={"promote": "success"}).do({**REQUEST, "action": "record"})
    found = report(s3, REQUEST["record"])
    assert found["verdict"] == {"outcome": "live", "cause": "version 4 is live"}
    assert "failure" not in found


def test_a_step_that_nobody_knows_is_refused(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allowed: fetch, store"):
        a_step(s3, tmp_path).do({"action": "guess"})
