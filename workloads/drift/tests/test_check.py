import gzip
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from conftest import DAY, NOW, Known, answers, body_of, key_of, lines, table
from drift import samples
from drift.check import MIN_ROWS, check
from mlplatform.baseline import Baseline


@pytest.fixture
def checked(watched, log, known):
    def run(since=NOW - DAY, until=NOW, baselines=known, store=log.store):
        return check(watched, store, baselines, since, until).body

    return run


class TestVerdict:
    def test_nothing_has_changed(self, log, checked):
        log.write(table(2000, 7), answers(2000, 7))
        body = checked()
        assert (body["verdict"], body["version"], body["rows"], body["drifted"]) == ("stable", "3", 2000, [])
        assert set(body["features"]) == {"amount", "plan", "gaps"} and set(body["predictions"]) == {"prediction"}
        assert body["features"]["amount"]["ks"] < 0.05 and "ks" not in body["features"]["plan"]

    @pytest.mark.parametrize("rows", [100, 200, 500, 2000])
    def test_no_false_alarm_over_many_seeds(self, watched, log, known, rows):
        alarms = []
        for seed in range(100):
            log.write(table(rows, 1000 + seed), answers(rows, 1000 + seed))
            alarms += check(watched, log.store, known, NOW - DAY, NOW).body["drifted"]
        # Where the small sample sets the limit, 1 % of the checks may be wrong: 3 of 100 is then still likely.
        assert len(alarms) <= 3, alarms

    @pytest.mark.parametrize(
        ("change", "drifted"),
        [
            ({"shift": 20.0}, "features.amount"),
            ({"shift": -14.0}, "features.amount"),
            ({"plans": (0.2, 0.3, 0.5)}, "features.plan"),
            ({"missing": 0.4}, "features.gaps"),
        ],
    )
    @pytest.mark.parametrize("rows", [500, 3000])
    def test_a_shift_is_found_whatever_the_seed(self, watched, log, known, change, drifted, rows):
        for seed in range(20):
            log.write(table(rows, 2000 + seed, **change), answers(rows, seed))
            assert check(watched, log.store, known, NOW - DAY, NOW).body["drifted"] == [drifted], seed

    def test_other_answers_to_the_same_questions_are_drift_too(self, log, checked):
        log.write(table(1000, 7), [min(1.0, value * 1.8) for value in answers(1000, 7)])
        assert checked()["drifted"] == ["predictions.prediction"]

    def test_a_category_that_training_never_saw(self, log, checked):
        columns = table(1000, 7)
        columns["plan"] = ["family" if place % 4 == 0 else plan for place, plan in enumerate(columns["plan"])]
        log.write(columns, answers(1000, 7))
        body = checked()
        assert body["drifted"] == ["features.plan"]
        assert body["features"]["plan"]["bins"]["any other"] == {"training": 0.0, "live": 0.25}

    def test_a_column_that_is_declared_is_not_compared_and_said_so(self, watched, log, known):
        log.write(table(1000, 7, shift=60.0), answers(1000, 7))
        body = check(replace(watched, ignored=("amount", "unheard_of")), log.store, known, NOW - DAY, NOW).body
        assert body["drifted"] == [] and set(body["features"]) == {"plan", "gaps"}
        assert body["leftOut"] == {"amount": "it is declared as one to ignore"}

    def test_rows_without_names_are_compared_by_their_places(self, log, checked):
        columns = table(1000, 7)
        log.write({str(place): values for place, values in enumerate(columns.values())}, answers(1000, 7))
        body = checked()
        assert body["drifted"] == [] and body["features"]["amount"]["missing"] == {"training": 0.0, "live": 0.0}

    def test_rows_of_other_columns_say_nothing_about_drift(self, log, checked):
        log.write({"0": [1.0] * 1000}, answers(1000, 7))
        body = checked()
        assert (body["verdict"], body["drifted"]) == ("notEnoughData", []) and "signature" in body["reason"]

    def test_a_column_that_requests_lack_counts_as_missing(self, log, checked):
        columns = table(1000, 7)
        del columns["amount"]
        log.write({**columns, "unheard_of": [1] * 1000}, answers(1000, 7))
        body = checked()
        assert body["drifted"] == ["features.amount"]
        assert body["features"]["amount"]["missing"] == {"training": 0.0, "live": 1.0}
        assert "ks" not in body["features"]["amount"] and "unheard_of" not in body["features"]

    @pytest.mark.parametrize(("rows", "verdict"), [(MIN_ROWS - 1, "notEnoughData"), (MIN_ROWS, "stable")])
    def test_says_nothing_of_few_rows(self, log, checked, rows, verdict):
        log.write(table(rows, 7), answers(rows, 7))
        body = checked()
        assert (body["verdict"], body["rows"]) == (verdict, rows)

    def test_empty_log(self, checked):
        body = checked()
        assert (body["verdict"], body["version"], body["reason"]) == ("notEnoughData", None, "no request was sampled")

    def test_a_version_without_baseline_says_so(self, log, checked):
        log.write(table(500, 7), answers(500, 7), version="4")
        body = checked()
        assert (body["verdict"], body["version"], body["reason"]) == ("baselineMissing", "4", "version 4 has none")

    def test_only_the_live_version_is_compared(self, log, checked, baseline):
        log.write(table(500, 7, shift=90), answers(500, 7), at=NOW - timedelta(hours=3), version="3")
        log.write(table(400, 8), answers(400, 8), at=NOW - timedelta(hours=2), version="4")
        log.write(table(300, 9, shift=90), answers(300, 9), at=NOW - timedelta(hours=1), version="5", track="canary")
        body = checked(baselines=Known(v4=baseline))
        assert (body["version"], body["rows"], body["verdict"]) == ("4", 400, "stable")

    def test_several_answers_are_compared_by_place_and_by_name(self, watched, log):
        log.write(table(200, 7), [[1 - value, value] for value in answers(200, 7)])
        two = Baseline.of(table(500, 1), [[1 - value, value] for value in answers(500, 1)])
        body = check(watched, log.store, Known(v3=two), NOW - DAY, NOW).body
        assert set(body["predictions"]) == {"0", "1"} and body["verdict"] == "stable"
        log.write(table(200, 7), [{"probability": value, "why": "x"} for value in answers(200, 7)])
        named = Baseline.of(table(500, 1), {"probability": answers(500, 1)})
        assert check(watched, log.store, Known(v3=named), NOW - DAY, NOW).body["verdict"] == "stable"

    def test_answers_that_are_numbers_of_any_size_are_compared_by_where_they_lie(self, watched, log):
        minutes = [40 + 60 * value for value in answers(2000, 1)]
        known = Known(v3=Baseline.of(table(2000, 1), minutes))
        log.write(table(1000, 7), [40 + 60 * value for value in answers(1000, 7)])
        body = check(watched, log.store, known, NOW - DAY, NOW).body
        assert body["verdict"] == "stable" and body["predictions"]["prediction"]["kind"] == "numeric"
        log.write(table(1000, 7), [60 + 60 * value for value in answers(1000, 7)])
        assert check(watched, log.store, known, NOW - DAY, NOW).body["drifted"] == ["predictions.prediction"]

    @pytest.mark.parametrize(("names", "classes"), [("abc", False), ([0, 1, 2], True), ([0.0, 1.0, 2.0], True)])
    def test_answers_that_are_classes_are_compared_by_name(self, watched, log, names, classes):
        said = lambda rows, seed, last: [names[2 if value > last else int(value * 2)] for value in answers(rows, seed)]  # noqa: E731
        known = Known(v3=Baseline.of(table(2000, 1), said(2000, 1, 0.8), answers_are_classes=classes))
        log.write(table(1000, 7), said(1000, 7, 0.8))
        body = check(watched, log.store, known, NOW - DAY, NOW).body
        assert body["verdict"] == "stable" and body["predictions"]["prediction"]["kind"] == "categorical"
        assert "any other" not in {
            name for name, found in body["predictions"]["prediction"]["bins"].items() if found["live"]
        }
        log.write(table(1000, 7), said(1000, 7, 0.3))
        assert check(watched, log.store, known, NOW - DAY, NOW).body["drifted"] == ["predictions.prediction"]

    def test_report_is_json_without_nan(self, log, checked):
        log.write(table(500, 7, missing=1.0), answers(500, 7))
        body = checked()
        assert json.loads(json.dumps(body, allow_nan=False)) == body
        assert sum(each["live"] for each in body["features"]["amount"]["bins"].values()) == pytest.approx(1, abs=1e-4)


class TestWindow:
    def test_rows_outside_of_it_are_not_read(self, log, checked):
        for hours in (0.5, 23, 25, 49):
            log.write(table(150, 7), answers(150, 7), at=NOW - timedelta(hours=hours))
        assert checked()["rows"] == 300
        assert checked(since=NOW - 3 * DAY)["rows"] == 600

    def test_two_windows_that_meet_count_each_row_once(self, log, checked):
        for minutes in range(0, 60, 5):
            log.write(table(50, 7), answers(50, 7), at=NOW - timedelta(minutes=minutes + 1), sequence=minutes)
        half = NOW - timedelta(minutes=31)
        first, second = checked(since=NOW - DAY, until=half), checked(since=half, until=NOW)
        assert first["rows"] + second["rows"] == 600 and first["rows"] == 250

    def test_a_file_that_was_closed_after_midnight_belongs_to_the_day_before(self, log, watched, known):
        midnight = NOW.replace(hour=0)
        rows = lines(table(200, 7), answers(200, 7), midnight - timedelta(seconds=20))
        log.store.write(key_of(midnight + timedelta(seconds=30)), body_of(rows))
        assert check(watched, log.store, known, midnight - DAY, midnight).body["rows"] == 200

    def test_what_is_no_log_is_not_opened(self, log, checked):
        log.write(table(200, 7), answers(200, 7))
        day = f"churn/date={NOW:%Y-%m-%d}"
        for name in (".110000-pod-1-0.jsonl.gz.part", "110000-pod.csv", "readme.jsonl", "999999-pod-1-0.jsonl.gz"):
            log.store.write(f"{day}/{name}", b"\x00")
        assert checked()["read"] == {"filesFound": 1, "filesTaken": 1, "filesDamaged": 0, "linesDamaged": 0}

    def test_another_model_whose_name_begins_alike_is_not_read(self, log, checked):
        rows = lines(table(200, 7), answers(200, 7), NOW - timedelta(hours=1))
        log.store.write(key_of(NOW - timedelta(hours=1), model="churn-b2b"), body_of(rows))
        assert checked()["read"]["filesFound"] == 0


class TestDamage:
    BROKEN = [
        b"", b"{", b"\xff\xfe\x00", b"[]", b"null", b"7", b'{"ts": "yesterday", "inputs": {}, "version": "3"}',
        b'{"ts": "2026-03-02T11:00:00", "inputs": {}, "version": "3"}',
        b'{"ts": 5, "inputs": {}, "version": "3"}', b'{"ts": "2026-03-02T11:00:00Z", "version": "3"}',
        b'{"ts": "2026-03-02T11:00:00Z", "inputs": [1], "version": "3"}',
        b'{"ts": "2026-03-02T11:00:00Z", "inputs": {}, "version": ""}',
        b"[" * 100_000,
    ]  # fmt: skip

    def test_broken_lines_are_counted_and_passed_over(self, log, checked):
        at = NOW - timedelta(hours=1)
        good = [line.encode() for line in lines(table(200, 7), answers(200, 7), at)]
        log.store.write(key_of(at), gzip.compress(b"\n".join([*self.BROKEN, *good])))
        body = checked()
        assert (body["rows"], body["verdict"]) == (200, "stable")
        assert body["read"]["linesDamaged"] == len(self.BROKEN) - 1  # An empty line is none.

    def test_a_file_that_breaks_off_gives_what_it_holds(self, log, checked):
        at = NOW - timedelta(hours=1)
        whole = body_of(lines(table(3000, 7), answers(3000, 7), at))
        log.store.write(key_of(at), whole[: len(whole) // 2])
        body = checked()
        assert body["read"]["filesDamaged"] == 1 and 500 < body["rows"] < 3000

    @pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b""), gzip.compress(b"x")[:12]])
    def test_other_broken_files(self, log, checked, content):
        log.write(table(200, 7), answers(200, 7), sequence=1)
        log.store.write(key_of(NOW - timedelta(hours=1), 2), content)
        assert checked()["rows"] == 200

    def test_odd_values_are_counted_and_not_believed(self, log, checked):
        columns = table(400, 7)
        for place, odd in enumerate(["text", True, {"a": 1}, [1], 10**400, "NaN"]):
            columns["amount"][place] = odd
            columns["plan"][place] = odd
        log.write(columns, [*answers(396, 7), "x", None, {}, []])
        assert checked()["rows"] == 400

    def test_a_line_and_a_file_are_read_up_to_a_size(self, log, checked, monkeypatch):
        monkeypatch.setattr(samples, "MAX_FILE_BYTES", 4 * samples.MIB)
        at = NOW - timedelta(hours=1)
        good = "\n".join(lines(table(200, 7), answers(200, 7), at)).encode()
        long = b'{"x": "' + b"y" * (3 * samples.MIB) + b'"}'
        log.store.write(key_of(at, 1), gzip.compress(good + b"\n" + long + b"\n" + good))
        log.store.write(key_of(at, 2), gzip.compress(good + b"\n" + b"\n" * (8 * samples.MIB)))
        body = checked()
        assert body["rows"] == 600
        assert (body["read"]["linesDamaged"], body["read"]["filesDamaged"]) == (1, 1)


class TestSize:
    def test_of_a_large_log_files_are_taken_evenly(self, log, checked, monkeypatch):
        for minutes in range(100):
            log.write(table(20, minutes), answers(20, minutes), at=NOW - timedelta(minutes=10 * minutes + 1))
        sizes = sum(file.stat().st_size for file in log.path.rglob("*.gz"))
        monkeypatch.setattr(samples, "MAX_TOTAL_BYTES", sizes // 4)
        body = checked()
        assert body["read"]["filesFound"] == 100 and 22 <= body["read"]["filesTaken"] <= 26
        taken = samples.Window(log.store, "churn", NOW - DAY, NOW).files
        closed = [samples._closed(entry.key) for entry in taken]
        assert all(
            timedelta(minutes=20) < later - earlier < timedelta(minutes=60) for earlier, later in pairwise(closed)
        )
        assert body["rows"] == 20 * len(taken)

    def test_memory_does_not_grow_with_the_log(self, log, baseline, tmp_path):
        body = body_of(lines(table(10_000, 7), answers(10_000, 7), NOW - timedelta(hours=1)))
        (tmp_path / "baseline.json").write_text(baseline.to_json())
        script = (
            "import resource, sys; from pathlib import Path\n"
            "from datetime import datetime, timedelta\n"
            "from drift.check import check; from drift.configuration import Watched; from drift.store import Folder\n"
            "from mlplatform.baseline import Baseline\n"
            "class Known:\n"
            "    def of(self, *_): return Baseline.from_json(Path(sys.argv[2]).read_text())\n"
            "day = timedelta(days=1)\n"
            "until = datetime.fromisoformat(sys.argv[3])\n"
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "report = check(Watched('churn', 'x', 0.2, day), Folder(Path(sys.argv[1])), Known(), until - day, until)\n"
            "print(report.body['rows'], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
        )

        def grown(files):
            for sequence in range(files):
                log.store.write(key_of(NOW - timedelta(hours=1), sequence), body)
            arguments = [sys.executable, "-c", script, str(log.path), str(tmp_path / "baseline.json"), NOW.isoformat()]
            env = {"PYTHONPATH": ":".join(sys.path)}
            rows, kib = subprocess.run(arguments, env=env, capture_output=True, text=True, check=True).stdout.split()
            assert int(rows) == files * 10_000
            return int(kib)

        small, large = grown(2), grown(30)
        assert large < small + 8 * 1024, (small, large)
