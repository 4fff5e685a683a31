"""Kill, end, switch and overload under load: failed requests are counted, and each kind has its reason here."""

import json
import os
import signal
from pathlib import Path

from conftest import Made
from server import Load, Server
from test_equality import release


def test_a_killed_worker_costs_only_what_it_had_in_hand(models: dict[str, Made]) -> None:
    made = models["xgboost"]
    with Server(SOURCE=made.path) as server:
        server.ready()
        before = server.workers()
        with Load(server, made.payload(made.rows.head(1)), clients=8) as load:
            load.until_answered(100)
            os.kill(before[0], signal.SIGKILL)
            server.until(lambda: len(server.workers()) == 2 and before[0] not in server.workers())
            server.ready()
            load.until_answered(100)
        # Each client had at most one request on a connection of the killed worker.
        assert set(load.failed) <= {"RemoteDisconnected on a kept connection", "ConnectionResetError on a kept connection",
                                    "RemoteDisconnected", "ConnectionResetError"}, load.counts  # fmt: skip
        assert sum(load.failed.values()) <= 8, load.counts
        print(f"kill -9 of a worker: {load.counts}")


def test_sigterm_finishes_what_was_begun(models: dict[str, Made]) -> None:
    made = models["xgboost"]
    with Server(SOURCE=made.path, DRAIN_SECONDS=4) as server:
        server.ready()
        with Load(server, made.payload(made.rows.head(1)), clients=8) as load:
            load.until_answered(100)
            server.process.send_signal(signal.SIGTERM)
            server.until(lambda: server.get("/health/ready")[0] == 503)
            load.until_answered(20)  # Unready while it drains, and still answering.
            server.process.wait(120)
        assert server.process.returncode == 0
        # Refused: asked after the listening socket was closed, when nobody sends requests here any more.
        assert set(load.failed) <= {"refused", "ConnectionResetError"}, load.counts
        # Reset: a connection that the kernel took in the instant of closing.
        assert load.counts["ConnectionResetError"] <= 8, load.counts
        print(f"SIGTERM: {load.counts}")


def test_a_version_switch_fails_no_request(models: dict[str, Made], tmp_path: Path) -> None:
    made, other = models["xgboost"], models["sklearn_trees"]
    file = release(tmp_path, made.path, "3")
    with Server(RELEASE_FILE=file) as server:
        server.ready()
        with Load(server, made.payload(made.rows.head(1)), clients=8) as load:
            load.until_answered(100, "3")
            release(tmp_path, other.path, "4")
            server.until(lambda: server.log.read_text().count('"version": "4", "track"') >= 2)
            load.until_answered(100, "4")
        assert load.failed == {}, load.counts
        print(f"version switch: {load.counts}, {load.versions}")
        broken = tmp_path / "broken"
        broken.mkdir()
        (broken / "MLmodel").write_text("flavors: {}")
        release(tmp_path, str(broken), "5")
        server.until(lambda: server.metric("model_server_model_load_failures_total", version="5") > 0)
        assert server.ask("GET", "/health/ready")[1]["x-model-version"] == "4", (
            "what cannot be loaded takes nothing away"
        )


def test_a_full_queue_is_told_at_once_and_deadlines_hold(models: dict[str, Made]) -> None:
    made = models["slow"]
    with Server(SOURCE=made.path, MAX_QUEUE=8, THREADS=2, TIMEOUT_MILLIS=6000, WORKERS=1) as server:
        server.ready(workers=1)
        with Load(server, made.payload(made.rows.head(1)), clients=24, pause=0.05) as load:
            load.until_answered(20)
        # 429: more than MAX_QUEUE waited. Nothing else fails: what is taken is answered within its time.
        assert set(load.failed) == {"429"}, load.counts
        status, headers, _ = server.ask("GET", "/health/live")
        assert status == 200
        assert server.metric("model_predictions_total", outcome="overloaded") == load.counts["429"]
        status, told = server.predict({**made.payload(made.rows.head(1)), "params": {"seconds": 9.0}})
        assert status == 504 and "6 s" in told["message"]
        print(f"full queue: {load.counts}")


def test_without_a_version_it_waits_and_says_so(models: dict[str, Made], tmp_path: Path) -> None:
    file = tmp_path / "release.json"
    with Server(RELEASE_FILE=file) as server:
        server.until(lambda: server.get("/health/live")[0] == 200)
        status, _, body = server.get("/health/ready")
        assert status == 503 and b"no version yet" in body
        status, headers, body = server.ask("POST", "/invocations", "{}", {"Content-Type": "application/json"})
        assert status == 503 and headers["retry-after"] == "5" and b"no version yet" in body
        release(tmp_path, models["xgboost"].path)
        server.ready()


def test_a_canary_takes_its_share_and_nobody_sees_a_bad_one(models: dict[str, Made], tmp_path: Path) -> None:
    made = models["xgboost"]
    file = tmp_path / "release.json"
    content = {"stable": {"version": "3", "uri": made.path}}
    content["canary"] = {"version": "4", "uri": models["sklearn_trees"].path, "percent": 25}  # type: ignore[dict-item]
    file.write_text(json.dumps(content))
    body = made.payload(made.rows.head(1))
    with Server(RELEASE_FILE=file, TRACK="canary", WORKERS=1, TIMEOUT_MILLIS=120_000) as canary:
        canary.ready(workers=1)
        url = f"http://127.0.0.1:{canary.port}"
        samples = tmp_path / "samples"
        stable = Server(
            RELEASE_FILE=file, CANARY_URL=url, WORKERS=1, TIMEOUT_MILLIS=120_000, SAMPLE_PERCENT=100, SAMPLE_URI=samples
        )
        with stable:
            stable.ready(workers=1)
            versions = [_version(stable, body) for _ in range(80)]
            assert versions.count("4") == 20, "exactly a quarter"
            for pid in [canary.process.pid, *canary.workers()]:
                os.kill(pid, signal.SIGKILL)
            assert {_version(stable, body) for _ in range(40)} == {"3"}
            assert stable.metric("model_server_canary_requests_total", outcome="ok", version="4") == 20
            assert stable.metric("model_server_canary_requests_total", outcome="error", version="4") == 10
            stable.stop()
            lines = [json.loads(line) for each in samples.rglob("*.jsonl.gz") for line in _unpacked(each)]
        assert len(lines) == 100 and {each["version"] for each in lines} == {"3"}
        assert lines[0]["inputs"]["f0"] == body["dataframe_split"]["data"][0][0] and isinstance(
            lines[0]["prediction"], float
        )
        assert next(samples.rglob("*.jsonl.gz")).parent.parent.name == "churn"


def _version(server: Server, body: object) -> str:
    status, headers, _ = server.ask("POST", "/invocations", json.dumps(body), {"Content-Type": "application/json"})
    assert status == 200
    return headers["x-model-version"]


def _unpacked(file: Path) -> list[str]:
    import gzip

    return gzip.decompress(file.read_bytes()).decode().splitlines()
