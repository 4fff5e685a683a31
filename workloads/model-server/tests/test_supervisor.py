"""The supervisor imports no model code, answers whatever goes wrong, and goes on where nothing can be written."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Made
from model_server.frontend import Frontend, Health
from model_server.http import Request
from model_server.logs import RateLimit
from model_server.metrics import Metrics
from model_server.replies import Replies
from model_server.settings import load_settings
from model_server.supervisor.standby import Standby
from server import SOURCE, Server


def test_the_supervisor_loads_no_library_that_a_model_is_made_with() -> None:
    code = "import sys, model_server.supervisor.supervisor; print(*sys.modules)"
    env = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]}
    loaded = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert not {"mlflow", "numpy", "pandas", "sklearn", "flask", "pyarrow"} & set(loaded.split())


class Fails(Frontend):
    def health(self) -> Health:
        raise OSError(28, "No space left on device")

    def predict(self, request: Request) -> None:
        raise RuntimeError("a fault of the server")

    def show(self, request: Request) -> None:
        raise RecursionError


class Client:
    """A connection that keeps what it is answered."""

    class port:
        role = "cluster"

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []

    def respond(self, request: Request, status: int, head: bytes, body: bytes) -> None:
        self.answers.append((status, body))


@pytest.mark.parametrize("path", ["/health", "/invocations", "/docs"])
def test_an_exception_answers_its_request(path: str) -> None:
    settings = load_settings({})
    metrics = Metrics()
    frontend = Fails(settings, None, metrics, Replies(settings, metrics, lambda: "", lambda count: None))  # type: ignore[arg-type]
    client = Client()
    frontend.received(Request(client, "POST", path.encode(), {}, b"{}"))  # type: ignore[arg-type]
    ((status, body),) = client.answers
    assert status == 500 and b"its log says why" in body and b"space" not in body


@pytest.mark.parametrize(
    ("path", "access_log", "lines"),
    [("/ping", "errors", 0), ("/health/ready", "errors", 0), ("/v2/health/ready", "errors", 0), ("/invocations", "errors", 1),
     ("/version-of-nothing", "errors", 1), ("/ping", "all", 1)],
)  # fmt: skip
def test_a_probe_that_is_told_to_wait_is_no_line_of_the_log(
    path: str, access_log: str, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings({"MODEL_SERVER_ACCESS_LOG": access_log})
    waiting = Standby(settings, None, lambda: Health(False, "waits for a version", ""), Metrics)  # type: ignore[arg-type]
    client = Client()
    with caplog.at_level("INFO", "model_server"):
        waiting.received(Request(client, "POST" if path == "/invocations" else "GET", path.encode(), {}, b""))  # type: ignore[arg-type]
    assert [status for status, _ in client.answers] == [503]
    assert len([record for record in caplog.records if record.message == "request"]) == lines


def test_a_fault_of_every_request_does_not_fill_the_log() -> None:
    import logging

    limit, record = RateLimit(), logging.makeLogRecord({"pathname": "engine.py", "lineno": 7, "created": 1000.0})
    assert sum(limit.filter(record) for _ in range(1000)) == 50
    record.created = 1011.0
    assert limit.filter(record) and record.left_out == 950  # type: ignore[attr-defined]
    other = logging.makeLogRecord({"pathname": "engine.py", "lineno": 8, "created": 1000.0})
    assert limit.filter(other)


def test_a_full_disk_takes_away_nothing_but_the_prediction_log(models: dict[str, Made], tmp_path: Path) -> None:
    """Simulated by a limit that lets no file grow."""
    made = models["sklearn_trees"]
    with Server(SOURCE=made.path, WORKERS=1, SAMPLE_PERCENT=100, SAMPLE_URI=tmp_path / "samples") as server:
        server.ready(workers=1)
        for pid in (server.process.pid, *server.versions(), *server.workers()):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
        size = server.log.stat().st_size
        for _ in range(20):
            assert server.predict(made.payload(made.rows.head(1)))[0] == 200
            assert server.predict("{")[0] == 400
            assert server.get("/metrics", server.metrics_port)[0] == 200
            assert server.get("/health/ready")[0] == 200
        assert server.log.stat().st_size == size
        assert server.metric("model_predictions_total", outcome="ok") == 20
        before = server.workers()
        os.kill(before[0], 9)
        server.until(lambda: server.workers() not in ([], before))
        server.ready(workers=1)
        assert server.predict(made.payload(made.rows.head(1)))[0] == 200
        assert json.loads(server.get("/health/ready")[2])["status"] == "ok"
