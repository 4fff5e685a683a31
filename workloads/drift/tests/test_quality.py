import json
import os
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from conftest import NOW
from drift import configuration
from drift.configuration import ConfigurationError
from drift.events import EventBus, decayed
from drift.metrics import Latest
from drift.monitor import Monitor
from drift.quality.cloud_watch import CloudWatchSeries
from drift.quality.decay import Bound, Decay, judge
from drift.quality.looks import Look
from drift.quality.metrics import LatestQuality
from drift.quality.series import Series
from drift.store import Bucket

HOUR = timedelta(hours=1)
EVALUATED = {"roc_auc": 0.9, "log_loss": 0.3, "f1_macro": 0.8, "rmse": 10.0}


def measured(metric, value, evaluated=True):
    return {
        "rows": 400,
        "metric": metric,
        "metrics": {metric: value},
        **({"evaluated": {metric: EVALUATED[metric]}} if evaluated else {}),
    }


@pytest.mark.parametrize(
    ("bound", "quality", "limit", "beyond"),
    [
        (Bound(), measured("roc_auc", 0.8101), 0.81, False),
        (Bound(), measured("roc_auc", 0.8099), 0.81, True),
        (Bound(), measured("f1_macro", 0.7), 0.72, True),
        (Bound(), measured("rmse", 10.9), 11.0, False),
        (Bound(), measured("rmse", 11.1), 11.0, True),
        (Bound(max_drop_percent=50), measured("log_loss", 0.44), 0.45, False),
        (Bound("roc_auc", 0.7), measured("roc_auc", 0.7), 0.7, False),
        (Bound("roc_auc", 0.7), measured("roc_auc", 0.69, evaluated=False), 0.7, True),
        (Bound("rmse", 12.0), measured("rmse", 12.5), 12.0, True),
    ],
)
def test_a_metric_is_judged_in_its_own_direction(bound, quality, limit, beyond):
    judged = judge(bound, quality)
    assert (judged.limit, judged.beyond) == (pytest.approx(limit), beyond)


@pytest.mark.parametrize(
    "quality",
    [
        {},
        {"rows": 40},
        measured("roc_auc", 0.8, evaluated=False),
        measured("roc_auc", float("nan")),
        {**measured("roc_auc", 0.8), "metrics": {"accuracy": 0.9}},
    ],
)
def test_what_was_not_measured_is_not_judged(quality):
    assert judge(Bound("roc_auc"), quality) is None


def test_a_report_of_an_older_image_is_judged_by_its_one_metric():
    assert judge(Bound(), {"metric": "roc_auc", "baseline": 0.9, "metrics": {"roc_auc": 0.8}}).beyond


B, G, U = True, False, None


@pytest.mark.parametrize(
    ("looks", "bad"),
    [([B, B], 2), ([B, B, B, B], 4), ([B, B, G, B], 1), ([B, U, B, U], 2), ([U, U], 0), ([G], 0)],
)
def test_looks_in_a_row_are_counted_and_a_good_one_ends_them(looks, bad):
    decay = Decay()
    for beyond in looks:
        decay = decay.after("3", beyond)
    assert decay == Decay("3", bad)


def test_another_version_begins_anew_and_a_look_without_one_changes_nothing():
    decay = Decay("3", 2, "2026-03-02")
    assert decay.after(None, True) == decay
    assert decay.after("4", True) == Decay("4", 1)
    assert decay.after("3", False) == Decay("3")


def test_training_is_asked_for_once_in_a_row():
    assert [Decay("3", bad).due(3) for bad in (2, 3, 9)] == [False, True, True]
    assert not Decay("3", 9, "2026-03-02").due(3)


class Told:
    def __init__(self, fails=0):
        self.decays, self.kept, self.fails = [], [], fails

    def tell(self, report):
        raise AssertionError("no drift here")

    def tell_decay(self, model, series, bound):
        if self.fails > 0:
            self.fails -= 1
            raise ConnectionError("no answer")
        self.decays.append(decayed("dev", model, series, bound))

    def keep(self, model, series, quality, now):
        self.kept.append((model, series.decay.bad))


class Watch:
    """A monitor whose looks the test writes, on a clock that the test moves."""

    def __init__(self, tmp_path, decay=None, events=True, fails=0):
        self.tmp_path, self.now, self.told = tmp_path, NOW, Told(fails)
        quality = {"everyHours": 6, "maxDropPercent": 10, **({"decay": decay} if decay else {})}
        model = {"name": "churn", "from": "models:/churn@champion", "drift": {"maxPsi": 0.2, "everyHours": 999}}
        config = {
            **{name: str(tmp_path / name) for name in ("samples", "reports", "looks")},
            **({"events": {"bus": "default", "stack": "dev"}} if events else {}),
            "cloudWatch": {"namespace": "mlplatform", "stack": "dev"},
            "models": [{**model, "quality": quality}, {**model, "name": "fraud"}],
        }
        (tmp_path / "models.json").write_text(json.dumps(config))
        self.start()

    def start(self):
        self.registry = CollectorRegistry()
        opened = {"open_bus": lambda *_: self.told, "open_keeper": lambda *_: self.told}
        self.monitor = Monitor(
            self.tmp_path / "models.json",
            Latest(),
            None,
            lambda: self.now,
            quality=LatestQuality(self.registry),
            **opened,
        )

    def look(self, value, version="3", metric="roc_auc"):
        """One more window, and the monitor's next turn."""
        self.now += 6 * HOUR
        file = self.tmp_path / "looks" / "churn" / "answers" / f"{self.now:%d%H}" / "monitor.json"
        file.parent.mkdir(parents=True)
        quality = {} if value is None else {"modelQuality": measured(metric, value)}
        file.write_text(json.dumps({"version": version, "rows": 900, "violations": [], "end": "then", **quality}))
        os.utime(file, (self.now.timestamp(), self.now.timestamp()))
        self.monitor.step()

    def value(self, name, **labels):
        return self.registry.get_sample_value(name, {"model": "churn", **labels})


THREE = {"windows": 3}


def test_each_look_is_a_value_of_the_series(tmp_path):
    watch = Watch(tmp_path)
    watch.look(0.85)
    live = {"version": "3"}
    assert watch.value("model_quality", metric="roc_auc", **live) == 0.85
    assert watch.value("model_quality_evaluated", metric="roc_auc", **live) == 0.9
    assert watch.value("model_quality_limit", metric="roc_auc", **live) == pytest.approx(0.81)
    assert watch.value("model_quality_beyond_bound", **live) == 0
    assert watch.value("model_quality_labelled_rows", **live) == 400
    assert watch.value("model_quality_rows", **live) == 900
    assert watch.value("model_quality_last_look_timestamp_seconds") == watch.now.timestamp()
    watch.look(0.7)
    assert watch.value("model_quality_beyond_bound", **live) == 1
    watch.start()
    watch.monitor.step()
    assert watch.value("model_quality", metric="roc_auc", **live) == 0.7
    assert watch.value("model_quality_bad_windows", **live) == 1


def test_before_the_first_look_the_waiting_is_told(tmp_path):
    watch = Watch(tmp_path)
    watch.monitor.step()
    since = watch.now
    watch.now += 50 * HOUR
    watch.start()
    watch.monitor.step()
    assert watch.value("model_quality_last_look_timestamp_seconds") == since.timestamp()


def test_windows_less_one_start_none_and_as_many_start_exactly_one(tmp_path):
    watch = Watch(tmp_path, THREE)
    for bad, starts in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 1)]:
        watch.look(0.7)
        assert (watch.value("model_quality_bad_windows", version="3"), len(watch.told.decays)) == (bad, starts)
        watch.start()  # A restart forgets nothing.
    assert watch.told.decays == [
        {"stack": "dev", "model": "churn", "version": "3", "windows": 3,
         "metric": "roc_auc", "value": 0.7, "limit": pytest.approx(0.81), "until": "then"},
    ]  # fmt: skip


def test_a_good_window_begins_anew_and_one_without_labels_does_not(tmp_path):
    watch = Watch(tmp_path, THREE)
    for value in [0.7, 0.7, 0.88, 0.7, 0.7]:
        watch.look(value)
    assert watch.told.decays == []
    watch.look(None)
    assert watch.told.decays == []
    watch.look(0.7)
    assert len(watch.told.decays) == 1
    for value in [0.88, 0.7, 0.7, 0.7]:
        watch.look(value)
    assert len(watch.told.decays) == 2


def test_a_new_version_has_windows_of_its_own(tmp_path):
    watch = Watch(tmp_path, THREE)
    for version in ["3", "3", "4", "4"]:
        watch.look(0.7, version)
    assert watch.told.decays == []
    watch.look(0.7, "4")
    assert [told["version"] for told in watch.told.decays] == ["4"]


def test_the_threshold_of_training_is_another_than_that_of_the_alert(tmp_path):
    watch = Watch(tmp_path, {"windows": 1, "metric": "roc_auc", "threshold": 0.6})
    watch.look(0.7)
    assert (watch.value("model_quality_beyond_bound", version="3"), watch.told.decays) == (1, [])
    watch.look(0.59)
    assert len(watch.told.decays) == 1


def test_what_could_not_be_told_is_told_five_minutes_later(tmp_path):
    watch = Watch(tmp_path, {"windows": 1}, fails=1)
    watch.look(0.7)
    assert watch.told.decays == []
    watch.now += timedelta(minutes=6)
    watch.monitor.step()
    watch.now += timedelta(minutes=6)
    watch.monitor.step()
    assert len(watch.told.decays) == 1


def test_where_no_event_starts_a_training_the_series_says_that_one_is_asked_for(tmp_path):
    watch = Watch(tmp_path, {"windows": 1}, events=False)
    watch.look(0.7)
    kept = json.loads((tmp_path / "reports" / "churn" / "quality.json").read_text())
    assert kept["decay"] == {"version": "3", "bad": 1, "asked": watch.now.isoformat()}
    assert watch.told.decays == []


def test_cloudwatch_keeps_each_look_and_a_value_an_hour(tmp_path):
    watch = Watch(tmp_path)
    watch.look(0.7)
    for _ in range(12):
        watch.now += timedelta(minutes=6)
        watch.monitor.step()
    assert watch.told.kept == [("churn", 1), ("churn", 1)]


def test_a_report_that_is_none_is_passed_over(tmp_path):
    watch = Watch(tmp_path)
    for place in ("monitor.json", "0/other.json", "1/monitor.json"):
        file = tmp_path / "looks" / "churn" / "answers" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{damaged")
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    watch.look(0.7)
    assert watch.value("model_quality", metric="roc_auc", version="3") == 0.7


class Client:
    def __init__(self):
        self.calls = []

    def put_metric_data(self, **call):
        self.calls.append(call)

    def put_events(self, Entries):
        self.calls += Entries
        return {"FailedEntryCount": 0}


def test_what_cloudwatch_and_eventbridge_are_asked():
    client = Client()
    quality = configuration._quality({"everyHours": 6, "maxDropPercent": 10, "decay": THREE})
    look = Look(NOW - 2 * HOUR, {"version": "3", "modelQuality": measured("roc_auc", 0.7)})
    series = Series(NOW, look, Decay("3", 3))
    CloudWatchSeries("mlplatform", "dev", client).keep("churn", series, quality, NOW)
    call = client.calls.pop()
    values = {
        (each["MetricName"], *(said["Value"] for said in each["Dimensions"])): each["Value"]
        for each in call["MetricData"]
    }
    assert call["Namespace"] == "mlplatform"
    assert values == {
        ("HoursSinceLook", "dev", "churn"): 2.0,
        ("BadWindows", "dev", "churn"): 3.0,
        ("LabelledRows", "dev", "churn"): 400.0,
        ("BeyondBound", "dev", "churn"): 1.0,
        ("Quality", "dev", "churn", "roc_auc"): 0.7,
        ("Evaluated", "dev", "churn", "roc_auc"): 0.9,
    }
    EventBus("default", "dev", client).tell_decay("churn", series, quality.decay)
    entry = client.calls.pop()
    assert (entry["Source"], entry["DetailType"]) == ("mlplatform.drift", "Quality decayed")
    assert json.loads(entry["Detail"])["windows"] == 3


def test_a_bucket_says_when_an_object_was_written(bucket_of_reports):
    store, at = bucket_of_reports
    assert [entry.changed for entry in store.list("churn/answers/")] == [at]


@pytest.fixture
def bucket_of_reports():
    class Pages:
        def paginate(self, Bucket, Prefix):
            assert (Bucket, Prefix) == ("data", "quality/churn/answers/")
            return [{"Contents": [{"Key": f"{Prefix}1/monitor.json", "Size": 2, "LastModified": NOW}]}]

    class Lists:
        def get_paginator(self, name):
            return Pages()

    return Bucket("data", "quality", Lists()), NOW


def test_a_configuration_without_places_is_refused(tmp_path):
    (tmp_path / "models.json").write_text(json.dumps({"samples": "", "reports": "x", "models": []}))
    with pytest.raises(ConfigurationError):
        configuration.load(tmp_path / "models.json")
