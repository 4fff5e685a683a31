import json
from datetime import timedelta
from threading import Event

import pytest
from prometheus_client import CollectorRegistry

from conftest import NOW, answers, table
from drift.metrics import Latest
from drift.monitor import Monitor
from drift.store import Folder

HOUR = timedelta(hours=1)


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


class Watch:
    """A monitor on a clock that the test moves, and what it shows."""

    def __init__(self, tmp_path, known, models=("churn",), every=6):
        self.path = tmp_path / "models.json"
        self.tmp_path = tmp_path
        self.known = known
        self.clock = Clock(NOW)
        self.configure(models, every)
        self.start()

    def configure(self, models, every=6):
        entries = [
            {"name": name, "from": f"models:/{name}@champion", "drift": {"maxPsi": 0.2, "everyHours": every}}
            for name in models
        ]
        places = {"samples": str(self.tmp_path / "samples"), "reports": str(self.tmp_path / "drift")}
        self.path.write_text(json.dumps({**places, "models": entries}))

    def start(self):
        """As a new process begins."""
        self.registry = CollectorRegistry()
        self.monitor = Monitor(self.path, Latest(self.registry), self.known, self.clock)

    def step(self, hours=0.0):
        self.clock.now += timedelta(hours=hours)
        self.monitor.step()

    def value(self, name, **labels):
        return self.registry.get_sample_value(name, labels)

    def reports(self):
        files = sorted((self.tmp_path / "drift").rglob("report.json"))
        return [json.loads(file.read_text()) for file in files]


@pytest.fixture
def watch(tmp_path, known):
    return Watch(tmp_path, known)


def test_the_metrics_of_a_check_have_their_names_and_labels(log, watch):
    log.write(table(1000, 7, shift=20), answers(1000, 7))
    watch.step()
    live = {"model": "churn", "version": "3"}
    assert (
        watch.value("model_drift_psi", **live, feature="amount")
        > 0.2
        > watch.value("model_drift_psi", **live, feature="plan")
    )
    assert watch.value("model_drift_ks", **live, feature="amount") > 0.3
    assert watch.value("model_drift_ks", **live, feature="plan") is None
    assert watch.value("model_prediction_drift_psi", **live) < 0.2
    assert watch.value("model_drift_rows", **live) == 1000
    assert watch.value("model_drift_detected", **live) == 1
    assert watch.value("model_drift_baseline_missing", **live) == 0
    assert watch.value("model_drift_max_psi", model="churn") == 0.2
    assert watch.value("model_drift_last_check_timestamp_seconds", model="churn") == pytest.approx(
        NOW.timestamp(), abs=300
    )
    assert watch.value("model_drift_check_failures_total", model="churn") == 0


def test_a_version_without_baseline_is_shown_and_not_taken_for_stable(log, watch):
    log.write(table(1000, 7), answers(1000, 7), version="9")
    watch.step()
    assert watch.value("model_drift_baseline_missing", model="churn", version="9") == 1
    assert watch.value("model_drift_psi", model="churn", version="9", feature="amount") is None


def test_a_report_is_kept_by_day_and_time(log, watch, tmp_path):
    log.write(table(1000, 7), answers(1000, 7))
    watch.step()
    assert (tmp_path / "drift/churn/date=2026-03-02/time=115800/report.json").is_file()
    assert json.loads((tmp_path / "drift/churn/latest.json").read_text()) == watch.reports()[0]


def test_a_model_is_checked_when_its_time_has_come(log, watch):
    log.write(table(1000, 7), answers(1000, 7))
    for hours in (0, 1, 4.9, 0.2, 0.1):
        watch.step(hours)
    assert [report["until"][11:16] for report in watch.reports()] == ["11:58", "18:04"]
    assert watch.reports()[1]["from"] == watch.reports()[0]["until"]


def test_a_restart_goes_on_where_the_last_run_ended(log, watch):
    log.write(table(1000, 7, shift=20), answers(1000, 7))
    watch.step()
    watch.start()
    watch.step(1)
    assert len(watch.reports()) == 1
    assert watch.value("model_drift_detected", model="churn", version="3") == 1
    watch.start()
    watch.step(5.1)
    assert len(watch.reports()) == 2 and watch.reports()[1]["from"] == watch.reports()[0]["until"]


def test_where_few_requests_come_rows_are_gathered(log, watch):
    for hours in range(6):
        log.write(table(40, hours), answers(40, hours), at=NOW + timedelta(hours=6 * hours - 1))
    for _ in range(4):
        watch.step()
        watch.clock.now += timedelta(hours=6.1)
    assert [(report["verdict"], report["rows"]) for report in watch.reports()] == [
        ("notEnoughData", 40), ("notEnoughData", 80), ("stable", 120), ("notEnoughData", 40),
    ]  # fmt: skip


def test_they_are_not_gathered_for_more_than_a_week(watch):
    for _ in range(9):
        watch.step()
        watch.clock.now += timedelta(hours=24.1)
    report = watch.reports()[-1]
    assert (
        report["verdict"] == "notEnoughData"
        and report["from"][:10] == "2026-03-03"
        and report["until"][:10] == "2026-03-10"
    )


def test_an_outage_leaves_the_last_report_and_is_tried_again_soon(log, watch):
    log.write(table(1000, 7, shift=20), answers(1000, 7))
    watch.step()
    watch.known.failure = ConnectionError("registry is away")
    log.write(table(1000, 8), answers(1000, 8), at=NOW + 5 * HOUR)
    for hours in (6.1, 0.05, 0.05):
        watch.step(hours)
    assert watch.value("model_drift_check_failures_total", model="churn") == 2
    assert watch.value("model_drift_detected", model="churn", version="3") == 1
    watch.known.failure = None
    watch.step(0.1)
    assert watch.value("model_drift_detected", model="churn", version="3") == 0
    assert len(watch.reports()) == 2


def test_one_models_trouble_is_not_the_others(log, tmp_path, known):
    log.store.write("broken/latest.json", b"")
    watch = Watch(tmp_path, known, models=("churn", "broken"))
    of = known.of
    known.of = lambda model, *rest: of(model, *rest) if model == "churn" else 1 / 0
    log.write(table(1000, 7), answers(1000, 7))
    Folder(tmp_path / "samples").write(
        "broken/date=2026-03-02/110000-a-1-0.jsonl.gz", next((tmp_path / "samples/churn").rglob("*.gz")).read_bytes()
    )
    watch.step()
    assert watch.value("model_drift_check_failures_total", model="broken") == 1
    assert watch.value("model_drift_detected", model="churn", version="3") == 0


def test_models_come_and_go_with_the_file_and_leave_no_series(log, watch):
    log.write(table(1000, 7), answers(1000, 7))
    watch.step()
    watch.configure(["other"])
    watch.step()
    assert watch.value("model_drift_rows", model="churn", version="3") is None
    assert watch.value("model_drift_rows", model="other", version="") == 0
    assert watch.value("model_drift_check_failures_total", model="churn") is None


def test_a_new_version_leaves_no_series_of_the_old(log, watch, baseline):
    log.write(table(1000, 7), answers(1000, 7))
    watch.step()
    watch.known.versions["4"] = baseline
    log.write(table(1000, 7), answers(1000, 7), at=NOW + HOUR, version="4")
    watch.step(6.1)
    assert watch.value("model_drift_rows", model="churn", version="4") == 1000
    assert watch.value("model_drift_rows", model="churn", version="3") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"models": [{}]}',
        '{"samples": "a", "reports": "b", "models": [{"name": "x", "from": "y", "drift": {"maxPsi": 0, "everyHours": 1}}'
        "]}",
    ],
)
def test_a_broken_configuration_leaves_the_one_before(log, watch, text):
    log.write(table(1000, 7), answers(1000, 7))
    watch.step()
    watch.path.write_text(text)
    watch.step(6.1)
    assert len(watch.reports()) == 2


def test_columns_that_the_stack_ignores_are_passed_over_from_the_next_check_on(log, watch):
    log.write(table(1000, 7, shift=60.0), answers(1000, 7))
    watch.step()
    assert watch.value("model_drift_detected", model="churn", version="3") == 1
    given = json.loads(watch.path.read_text())
    given["models"][0]["drift"]["columns"] = {"amount": "ignore", "unheard of": "ignore"}
    watch.path.write_text(json.dumps(given))
    log.write(table(1000, 8, shift=60.0), answers(1000, 8), at=NOW + HOUR)
    watch.step(6.1)
    assert watch.value("model_drift_detected", model="churn", version="3") == 0
    assert watch.value("model_drift_psi", model="churn", version="3", feature="amount") is None


def test_without_any_configuration_it_waits(tmp_path, known):
    watch = Watch(tmp_path, known)
    watch.path.unlink()
    watch.step()
    assert watch.reports() == []
    watch.configure(["churn"])
    watch.step()
    assert len(watch.reports()) == 1


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b'{"from": "x"}', b'{"from": "2026-03-02T00:00:00", "until": "2026-03-02T00:00:00"}']
)
def test_a_damaged_report_of_an_earlier_run_is_made_anew(log, watch, tmp_path, text):
    Folder(tmp_path / "drift").write("churn/latest.json", text)
    log.write(table(1000, 7), answers(1000, 7))
    watch.step()
    assert watch.value("model_drift_rows", model="churn", version="3") == 1000


def test_stops_between_two_models(log, tmp_path, known):
    watch = Watch(tmp_path, known, models=("churn", "other"))
    stop = Event()
    stop.set()
    watch.monitor.run(stop)
    watch.monitor.step(stop)
    assert watch.reports() == []
