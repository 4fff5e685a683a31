"""Drift as an event: to a bus that moto simulates, once for the drift of a version."""

import json
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws
from prometheus_client import CollectorRegistry

from conftest import NOW, answers, table
from drift.check import Report
from drift.configuration import ConfigurationError, Events, load
from drift.events import EventBus, NotTaken
from drift.metrics import Latest
from drift.monitor import Monitor
from test_monitor import Clock


@pytest.fixture
def aws(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def received(aws):
    """What a rule for churn in the stack `dev` catches, as training listens."""
    sqs = boto3.client("sqs", region_name="eu-west-1")
    events = boto3.client("events", region_name="eu-west-1")
    queue = sqs.create_queue(QueueName="caught")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["mlplatform.drift"],
        "detail-type": ["Drift detected"],
        "detail": {"stack": ["dev"], "model": ["churn"]},
    }
    events.put_rule(Name="drift", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="drift", Targets=[{"Id": "caught", "Arn": arn}])
    caught = []

    def look():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            caught.append(json.loads(message["Body"])["detail"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return caught

    return look


class Watch:
    """A monitor that checks every six hours, on a clock that the test moves."""

    def __init__(self, tmp_path, known, stack="dev", events=True):
        self.path, self.known, self.clock = tmp_path / "models.json", known, Clock(NOW)
        self.reports = tmp_path / "drift"
        model = {"name": "churn", "from": "models:/churn@champion", "drift": {"maxPsi": 0.2, "everyHours": 6}}
        given = {"samples": str(tmp_path / "samples"), "reports": str(self.reports), "models": [model]}
        self.path.write_text(
            json.dumps({**given, **({"events": {"bus": "default", "stack": stack}} if events else {})})
        )
        self.start()

    def start(self, **more):
        self.registry = CollectorRegistry()
        self.monitor = Monitor(self.path, Latest(self.registry), self.known, self.clock, **more)

    def step(self, hours=0.0):
        self.clock.now += timedelta(hours=hours)
        self.monitor.step()

    def latest(self):
        return json.loads((self.reports / "churn/latest.json").read_text())


@pytest.fixture
def watch(tmp_path, known, aws):
    return Watch(tmp_path, known)


def asked(log, at, shift=0.0, version="3", rows=1000):
    log.write(table(rows, 7, shift=shift), answers(rows, 7), at=at, version=version)


def test_drift_is_told_once_with_what_moved_and_how_far(log, watch, received):
    asked(log, NOW - timedelta(hours=1), shift=20)
    watch.step()
    (event,) = received()
    assert event == {
        "stack": "dev",
        "model": "churn",
        "version": "3",
        "psi": watch.latest()["features"]["amount"]["psi"],
        "drifted": ["features.amount"],
        "until": watch.latest()["until"],
    }
    for check in range(1, 4):
        asked(log, NOW + timedelta(hours=6.2 * check - 1), shift=20)
        watch.step(6.2)
        assert watch.latest()["verdict"] == "drift"
    assert len(received()) == 1


def test_a_restart_and_checks_without_rows_tell_nothing_again(log, watch, received):
    asked(log, NOW - timedelta(hours=1), shift=20)
    watch.step()
    watch.start()
    watch.step()
    watch.step(6.2)
    assert watch.latest()["verdict"] == "notEnoughData"
    asked(log, NOW + timedelta(hours=11), shift=20)
    watch.step(6.2)
    assert watch.latest()["verdict"] == "drift"
    assert len(received()) == 1


def test_another_version_that_drifts_and_drift_that_comes_back_are_told(log, watch, received, baseline):
    watch.known.versions["4"] = baseline
    asked(log, NOW - timedelta(hours=1), shift=20)
    watch.step()
    asked(log, NOW + timedelta(hours=5), shift=20, version="4")
    watch.step(6.2)
    assert [event["version"] for event in received()] == ["3", "4"]
    asked(log, NOW + timedelta(hours=11), version="4")
    watch.step(6.2)
    assert watch.latest()["verdict"] == "stable" and "told" not in watch.latest()
    asked(log, NOW + timedelta(hours=17), shift=20, version="4")
    watch.step(6.2)
    assert [event["version"] for event in received()] == ["3", "4", "4"]


@pytest.mark.parametrize(("stack", "events"), [("other", True), ("dev", False)])
def test_another_stack_hears_nothing_and_nothing_is_told_where_nothing_waits(
    log, tmp_path, known, received, stack, events
):
    asked(log, NOW - timedelta(hours=1), shift=20)
    Watch(tmp_path, known, stack, events).step()
    assert received() == []


def test_an_event_that_is_not_taken_is_told_later_and_the_report_is_there_at_once(log, watch, received):
    class Away:
        def __init__(self, *_):
            pass

        def tell(self, report):
            raise ConnectionError("EventBridge is away")

    asked(log, NOW - timedelta(hours=1), shift=20)
    watch.start(open_bus=Away)
    watch.step()
    assert watch.latest()["verdict"] == "drift" and "told" not in watch.latest()
    assert watch.registry.get_sample_value("model_drift_detected", {"model": "churn", "version": "3"}) == 1
    assert watch.registry.get_sample_value("model_drift_check_failures_total", {"model": "churn"}) == 1
    watch.start()
    watch.step(0.1)
    assert len(received()) == 1 and watch.latest()["told"] == "3"
    assert len(list(watch.reports.rglob("report.json"))) == 1


def test_a_refusal_of_the_bus_is_an_error():
    class Refusing:
        def put_events(self, Entries):
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "later"}]}

    body = {"model": "churn", "version": "3", "until": NOW.isoformat(), "drifted": ["features.a"]}
    report = Report({**body, "features": {"a": {"psi": 0.4}}})
    with pytest.raises(NotTaken, match="InternalFailure: later"):
        EventBus("default", "dev", Refusing()).tell(report)


def test_many_features_are_named_from_the_one_that_moved_furthest(aws):
    class Taking:
        def put_events(self, Entries):
            self.detail = json.loads(Entries[0]["Detail"])
            return {"FailedEntryCount": 0}

    moved = {f"f.{place}": {"psi": place / 10} for place in range(3, 40)}
    body = {"model": "churn", "version": "3", "until": NOW.isoformat(), "features": moved, "predictions": {}}
    taking = Taking()
    EventBus("default", "dev", taking).tell(Report({**body, "drifted": [f"features.{name}" for name in moved]}))
    assert taking.detail["psi"] == 3.9
    assert taking.detail["drifted"][0] == "features.f.39" and len(taking.detail["drifted"]) == 20


def test_the_configuration_says_which_bus(tmp_path):
    file = tmp_path / "models.json"
    given = {"samples": "s", "reports": "r", "models": []}
    file.write_text(json.dumps({**given, "events": {"bus": "default", "stack": "dev"}}))
    assert load(file).events == Events("default", "dev")
    file.write_text(json.dumps(given))
    assert load(file).events is None
    file.write_text(json.dumps({**given, "events": {"bus": "default"}}))
    with pytest.raises(ConfigurationError, match="stack"):
        load(file)
