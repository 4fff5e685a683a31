"""The worker as a process: real MLflow, S3 by moto, an activity that is simulated here. It is killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import EndpointConnectionError
from mlflow import MlflowClient

from local_platform.mlflow_server import MlflowServer, free_port
from model_release.activity import Worker
from simulated_activity import ARN, SimulatedActivity
from test_registrar import BUCKET, client, left, model_folder, package, s3, trained  # noqa: F401


class Counted:
    """Stands for the counter."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []

    def labels(self, *labels: str) -> Counted:
        self.seen.append(labels)
        return self

    def inc(self) -> None:
        pass


class Proxy:
    """Before MLflow: `after` is told each request when MLflow has done it, and before the client hears of that."""

    def __init__(self, upstream: str) -> None:
        self.after: Callable[[str], None] = lambda _: None
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kept = {
                    name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
                }
                answer = requests.request(self.command, upstream + self.path, data=body, headers=kept, timeout=60)
                proxy.after(f"{self.command} {self.path}")
                try:
                    self.send_response(answer.status_code)
                    self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)
                except OSError:
                    pass  # Whoever asked is dead.

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


@pytest.fixture
def activity() -> Iterator[SimulatedActivity]:
    simulated = SimulatedActivity()
    yield simulated
    simulated.close()


@pytest.fixture
def proxy(mlflow_server: MlflowServer) -> Iterator[Proxy]:
    served = Proxy(mlflow_server.uri)
    yield served
    served.close()


@pytest.fixture
def start(aws: str, activity: SimulatedActivity, proxy: Proxy, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    config = tmp_path / "registrar.json"
    model = {"name": "killed", "from": "models:/killed@champion", "targets": ["kubernetes"], "bakeMinutes": 10}
    facts = {"stack": "dev", "activityArn": ARN, "region": "eu-west-1", "packages": f"s3://{BUCKET}/models"}
    config.write_text(json.dumps({**facts, "models": [model]}))
    started: list[subprocess.Popen[bytes]] = []
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL_SFN": activity.uri,
        "MLFLOW_TRACKING_URI": proxy.uri,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }

    def begin() -> tuple[subprocess.Popen[bytes], int]:
        port = free_port()
        # One that is killed while it asks for work may have been given some, which then waits for its heartbeat to be missed.
        command = [sys.executable, "-m", "model_release", "register", "--config", str(config), "--workers", "1"]
        started.append(subprocess.Popen([*command, "--port", str(port)], env=env, stderr=subprocess.PIPE))
        return started[-1], port

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_killed_in_the_middle_and_started_again_the_run_has_one_version(
    start: Any,
    activity: SimulatedActivity,
    proxy: Proxy,
    client: MlflowClient,
    package: str,
) -> None:
    process, _ = start()

    def die(request: str) -> None:
        if request.startswith("POST") and request.endswith("/model-versions/create"):
            process.kill()
            process.wait()

    proxy.after = die
    activity.ask("first", trained("killed", package))
    assert process.wait(60) == -signal.SIGKILL
    assert activity.answers.empty()
    proxy.after = lambda _: None

    process, port = start()
    activity.ask("again", trained("killed", package))
    answer = activity.answer()
    assert (answer["action"], answer["taskToken"]) == ("SendTaskSuccess", "again")
    assert json.loads(answer["output"])["version"] == "1"
    assert left(client, "killed") == (1, 1, 1)
    activity.ask("champion", {"action": "champion", "model": "killed"})
    assert json.loads(activity.answer()["output"]) == {"version": None, "packageUri": None}
    activity.ask("bad", {"action": "register", "model": "killed"})
    answer = activity.answer()
    assert (answer["action"], answer["error"]) == ("SendTaskFailure", "Refused")
    assert "modelPackage" in answer["cause"] or "runId" in answer["cause"]
    assert requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).ok
    metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    assert 'registrar_tasks_total{action="register",outcome="refused"} 1.0' in metrics

    # Asked to end while it waits for a release, it says nothing: the next one takes over.
    activity.ask("promote", {"action": "promote", "model": "killed", "version": "1"})
    for _ in range(100):
        if client.get_registered_model("killed").aliases:
            break
        threading.Event().wait(0.1)
    process.terminate()
    assert process.wait(30) == 0
    assert activity.answers.empty()


def worker(activity: SimulatedActivity, answer: Any, tasks: Any = None) -> Worker:
    import boto3

    steps = boto3.client("stepfunctions", endpoint_url=activity.uri, region_name="eu-west-1")
    return Worker(steps, ARN, "test", answer, tasks or Counted(), heartbeat_seconds=0.05)


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def run(of: Worker, stop: threading.Event) -> None:
    threading.Thread(target=of.run, args=(stop,), daemon=True).start()


def test_work_that_takes_long_is_said_to_go_on(activity: SimulatedActivity, stop: threading.Event) -> None:
    def slow(request: Any, gone: Any, sleep: Any) -> dict[str, Any]:
        sleep(0.5)
        return {"asked": request}

    run(worker(activity, slow), stop)
    activity.ask("slow", {"action": "champion"})
    assert json.loads(activity.answer()["output"]) == {"asked": {"action": "champion"}}
    assert len(activity.heartbeats) >= 3 and set(activity.heartbeats) == {"slow"}


def test_work_ends_when_the_task_has_ended_and_the_next_task_is_taken(
    activity: SimulatedActivity, stop: threading.Event
) -> None:
    def until_gone(request: Any, gone: Any, sleep: Any) -> dict[str, Any]:
        while request["wait"] and not gone():
            sleep(0.01)
        return {}

    tasks = Counted()
    run(worker(activity, until_gone, tasks), stop)
    activity.ended.add("timed-out")
    activity.ask("timed-out", {"wait": True})
    activity.ask("next", {"wait": False})
    assert activity.answer()["taskToken"] == "next"
    assert activity.answers.empty()


def test_what_may_work_later_is_told_from_what_never_will(activity: SimulatedActivity, stop: threading.Event) -> None:
    def failing(request: Any, gone: Any, sleep: Any) -> dict[str, Any]:
        raise ConnectionError("MLflow is away")

    tasks = Counted()
    run(worker(activity, failing, tasks), stop)
    activity.ask("away", {"action": "promote"})
    assert {"error": "Unavailable", "cause": "MLflow is away"}.items() <= activity.answer().items()
    activity.ask("no-json", "{")
    assert activity.answer()["error"] == "Refused"
    assert tasks.seen == [("promote", "unavailable"), ("unknown", "refused")]


def test_a_network_that_fails_at_the_answer_leaves_the_worker_to_the_next_task(
    activity: SimulatedActivity, stop: threading.Event
) -> None:
    works = worker(activity, lambda request, gone, sleep: {"asked": request})

    class Cut:
        """Stands for the client, where the connection fails when the first task is answered."""

        def __getattr__(self, name: str) -> Any:
            return getattr(steps, name)

        def send_task_success(self, **answer: str) -> Any:
            if answer["taskToken"] == "first":
                raise EndpointConnectionError(endpoint_url=activity.uri)
            return steps.send_task_success(**answer)

    steps, works._client = works._client, Cut()
    run(works, stop)
    activity.ask("first", 1)
    activity.ask("second", 2)
    assert activity.answer(10)["taskToken"] == "second"
    assert works.alive
