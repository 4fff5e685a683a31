import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from conftest import NOW
from drift import configuration
from drift.configuration import ConfigurationError
from drift.events import EventBus, decayed
from drift.metrics import Latest
from drift.monitor import Monitor
from drift.quality.cloud_watch import CloudWatchSeries, values_of
from drift.quality.decay import Bound, Decay, Window, judge
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
PATIENCE = 13 * HOUR


def window(begin, hours=6):
    """As many hours after midnight."""
    since = datetime(2026, 3, 2, tzinfo=UTC) + begin * HOUR
    return Window(since, since + hours * HOUR)


@pytest.mark.parametrize(
    ("looks", "bad"),
    [([B, B], 2), ([B, B, B, B], 4), ([B, B, G, B], 1), ([B, U, B, U], 2), ([U, U], 0), ([G], 0)],
)
def test_looks_in_a_row_are_counted_and_a_good_one_ends_them(looks, bad):
    decay = Decay()
    for place, beyond in enumerate(looks):
        decay = decay.after("3", beyond, window(6 * place), PATIENCE)
    assert (decay.version, decay.bad) == ("3", bad)


@pytest.mark.parametrize(
    ("begins", "bad"),
    [
        ([0, 6, 12], 3),
        ([0, 0, 0], 1),
        ([0, 1, 2], 1),
        ([0, 1, 6], 2),
        ([12, 0, 6], 1),
        ([0, 18], 2),
        ([0, 19], 2),
        ([0, 20], 1),
        ([0, 6, 26, 32], 2),
    ],
)
def test_a_time_counts_once_and_windows_on_both_sides_of_a_gap_are_not_in_a_row(begins, bad):
    decay = Decay()
    for begin in begins:
        decay = decay.after("3", True, window(begin), PATIENCE)
    assert decay.bad == bad


def test_a_window_that_could_not_be_judged_is_counted_when_its_labels_have_come():
    decay = Decay().after("3", None, window(0), PATIENCE).after("3", True, window(0), PATIENCE)
    assert decay == Decay("3", 1, until=window(0).end.isoformat())


def test_windows_without_labels_do_not_bridge_a_gap():
    decay = Decay().after("3", True, window(0), PATIENCE)
    for begin in (6, 12, 18):
        decay = decay.after("3", None, window(begin), PATIENCE)
    assert decay.bad == 1
    assert decay.after("3", None, window(24), PATIENCE).bad == 0


def test_another_version_begins_anew_and_a_look_without_one_changes_nothing():
    decay = Decay("3", 2, "2026-03-02")
    until = window(0).end.isoformat()
    assert decay.after(None, True, window(0), PATIENCE) == decay
    assert decay.after("4", True, window(0), PATIENCE) == Decay("4", 1, until=until)
    assert decay.after("3", False, window(0), PATIENCE) == Decay("3", until=until)


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


def of_window(end):
    """Of a report: the six hours before."""
    return {"begin": (end - 6 * HOUR).isoformat(), "end": end.isoformat()}


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

    def look(self, value, version="3", metric="roc_auc", after=6 * HOUR, violations=()):
        """One more window, and the monitor's next turn."""
        self.now += after
        file = self.tmp_path / "looks" / "churn" / "answers" / f"{self.now:%m%d%H%M}" / "monitor.json"
        file.parent.mkdir(parents=True)
        quality = {} if value is None else {"modelQuality": measured(metric, value)}
        report = {"version": version, "rows": 900, "violations": list(violations), **of_window(self.now), **quality}
        file.write_text(json.dumps(report))
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
    for _ in range(50):
        watch.now += HOUR
        watch.monitor.step()
    watch.start()
    watch.monitor.step()
    assert watch.value("model_quality_last_look_timestamp_seconds") == since.timestamp()


def test_one_window_that_is_looked_at_three_times_counts_once(tmp_path):
    watch = Watch(tmp_path, THREE)
    for after in (6 * HOUR, HOUR, HOUR):
        watch.look(0.7, after=after)
    assert (watch.value("model_quality_bad_windows", version="3"), watch.told.decays) == (1, [])


def test_bad_windows_weeks_apart_start_nothing(tmp_path):
    watch = Watch(tmp_path, THREE)
    for after in (6 * HOUR, 6 * HOUR, 24 * 21 * HOUR):
        watch.look(0.7, after=after)
    assert (watch.value("model_quality_bad_windows", version="3"), watch.told.decays) == (1, [])


def test_what_was_known_before_nobody_looked_any_more_is_forgotten(tmp_path):
    watch = Watch(tmp_path, {"windows": 2})
    watch.look(0.7)
    watch.now += 24 * 21 * HOUR
    for _ in range(2):
        watch.start()
        watch.monitor.step()
        assert watch.value("model_quality_last_look_timestamp_seconds") == watch.now.timestamp()
        assert watch.value("model_quality_bad_windows", version="3") is None
    watch.look(0.7)
    assert (watch.value("model_quality_bad_windows", version="3"), watch.told.decays) == (1, [])


def test_a_new_monitor_does_not_take_up_looks_of_weeks_ago(tmp_path):
    watch = Watch(tmp_path, {"windows": 2})
    watch.look(0.7)
    watch.look(0.7)
    (tmp_path / "reports" / "churn" / "quality.json").unlink()
    watch.now += 24 * 21 * HOUR
    told = len(watch.told.decays)
    watch.start()
    for _ in range(2):
        watch.monitor.step()
        watch.now += timedelta(minutes=6)
    assert watch.value("model_quality_bad_windows", version="3") is None
    assert len(watch.told.decays) == told


def test_windows_that_passed_while_the_monitor_was_down_are_counted(tmp_path):
    watch = Watch(tmp_path, THREE)
    watch.look(0.7)
    step, watch.monitor.step = watch.monitor.step, lambda: None
    for _ in range(8):
        watch.look(0.7)
    watch.monitor.step = step
    watch.start()
    watch.monitor.step()
    assert (watch.value("model_quality_bad_windows", version="3"), len(watch.told.decays)) == (9, 1)


FEW = {"modelQuality": {"rows": 20}}


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({**FEW, "violations": ["model quality was not measured", "plan is missing"]}, (0, 1, 1)),
        ({**FEW, "violations": ["model quality was not measured"]}, (0, 1, 0)),
        ({"modelQuality": measured("roc_auc", 0.7), "violations": ["roc_auc is 0.7"]}, (1, 0, 0)),
        ({"modelQuality": measured("roc_auc", 0.7), "violations": ["roc_auc is 0.7", "bias", "order"]}, (1, 0, 2)),
        ({"modelQuality": measured("roc_auc", 0.9), "violations": ["bias"]}, (0, 0, 1)),
        ({"modelQuality": {"rows": 400}, "violations": ["labels of more than one answer are needed"]}, (0, 0, 1)),
        ({"violations": ["answers were not judged"]}, (0, 0, 1)),
        (FEW, (0, 0, 0)),
    ],
)
def test_violations_are_counted_by_what_tells_of_them(report, told):
    series = Series(NOW, Look.of(NOW, {**of_window(NOW), **report}))
    kinds = series.violations(Bound())
    assert (kinds["quality"], kinds["labels"], kinds["other"]) == told


def test_rows_whose_answers_were_not_judged_are_not_called_unlabelled(tmp_path):
    watch = Watch(tmp_path)
    watch.look(None, violations=["answers were not judged: 2 columns"])
    assert watch.value("model_look_violations", version="3", kind="other") == 1
    assert watch.value("model_quality_labelled_rows", version="3") is None


def test_windows_less_one_start_none_and_as_many_start_exactly_one(tmp_path):
    watch, third = Watch(tmp_path, THREE), None
    for bad, starts in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 1)]:
        watch.look(0.7)
        assert (watch.value("model_quality_bad_windows", version="3"), len(watch.told.decays)) == (bad, starts)
        third = watch.now if bad == 3 else third
        watch.start()  # A restart forgets nothing.
    assert watch.told.decays == [
        {"stack": "dev", "model": "churn", "version": "3", "windows": 3,
         "metric": "roc_auc", "value": 0.7, "limit": pytest.approx(0.81), "until": third.isoformat()},
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
    assert kept["decay"] == {"version": "3", "bad": 1, "asked": watch.now.isoformat(), "until": watch.now.isoformat()}
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
    bodies = {
        "0/other.json": "{damaged",
        "monitor.json": "{damaged",
        "1/monitor.json": "[]",
        "2/monitor.json": '{"version": "3"}',
        "3/monitor.json": '{"version": "3", "begin": "2026-03-02T06:00:00", "end": "2026-03-02T12:00:00"}',
    }
    for place, body in bodies.items():
        file = tmp_path / "looks" / "churn" / "answers" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)
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
    several = {**measured("roc_auc", 0.7), "metrics": {"roc_auc": 0.7, "accuracy": 0.8}}
    look = Look.of(NOW - 2 * HOUR, {"version": "3", "modelQuality": several, **of_window(NOW)})
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
        ("Quality", "dev", "churn", "roc_auc"): 0.7,
    }
    names = [
        name for name, _, _ in values_of(series, configuration._quality({"everyHours": 6, "maxDropPercent": 10}), NOW)
    ]
    assert names == ["HoursSinceLook", "Quality"]
    trained = configuration._quality({"everyHours": 6, "maxDropPercent": 10, "decay": {**THREE, "metric": "accuracy"}})
    assert [metric for name, metric, _ in values_of(series, trained, NOW) if name == "Quality"] == [
        "accuracy",
        "roc_auc",
    ]
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
