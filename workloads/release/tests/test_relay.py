"""What somebody has answered in Airflow comes to MLflow by the steps of its run, whatever happens to MLflow or to their process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import mlflow
import pytest
import requests
from botocore.exceptions import ClientError
from mlflow import MlflowClient

from conftest import bucket
from local_platform.mlflow_server import MlflowServer
from model_release.command import main
from model_release.commands.exit_codes import MAY_WORK_LATER
from model_release.decisions import RELAYED_TAG
from model_release.trained import PACKAGE_TAG

BUCKET, VERSION = "answers", "4"
PACKAGE = f"s3://{BUCKET}/models/churn/run-1/output/model.tar.gz"
RECORD = "metadata/churn/runs/run-1.json"
AT = "2999-12-01T03:04:05+00:00"  # After whatever the versions were registered.
STATES = {"register": "success", "approve": "failed", "promote": "upstream_failed"}
REGISTRY = {
    **{"stack": "dev", "region": "eu-west-1", "packages": f"s3://{BUCKET}/models"},
    **{"name": "churn", "from": "models:/churn@champion", "targets": ["kubernetes"]},
}


class Between:
    """Stands before MLflow. Each request takes one of `behaviours`; when those are used up, MLflow answers."""

    def __init__(self, behind: str) -> None:
        self.behaviours: list[str] = []
        self.child: subprocess.Popen[bytes] | None = None
        between = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                behaviour = between.behaviours.pop(0) if between.behaviours else "answer"
                if behaviour == "kill" and between.child:
                    between.child.kill()
                    return
                if behaviour == "away":
                    return self.reply(503, b"{}")
                kind = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                told = requests.request(self.command, behind + self.path, data=body, headers=kind, timeout=60)
                self.reply(told.status_code, told.content)

            do_POST = do_PATCH = do_DELETE = do_GET

            def reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def between(mlflow_server: MlflowServer) -> Iterator[Between]:
    made = Between(mlflow_server.uri)
    yield made
    made.close()


@pytest.fixture
def s3(aws: str) -> Iterator[Any]:
    with bucket(aws, BUCKET) as client:
        body = json.dumps({"version": VERSION}).encode()
        client.put_object(Bucket=BUCKET, Key="outputs/churn/run-1/registered.json", Body=body)
        yield client


@pytest.fixture
def client(registered: str, mlflow_server: MlflowServer, between: Between) -> Iterator[MlflowClient]:
    """Of MLflow itself; a step in this process finds what stands before it."""
    mlflow.set_tracking_uri(between.uri)
    made = MlflowClient(mlflow_server.uri)
    made.set_model_version_tag("churn", VERSION, PACKAGE_TAG, PACKAGE)
    made.set_model_version_tag("churn", VERSION, "mlplatform.dev.kubernetes", "live")
    yield made
    for tag in (PACKAGE_TAG, "mlplatform.dev.kubernetes", "mlplatform.dev.promoted", RELAYED_TAG):
        made.delete_model_version_tag("churn", VERSION, tag)
    mlflow.set_tracking_uri(mlflow_server.uri)


def asked(action: str) -> list[str]:
    request = {
        **{"action": action, "approved": True, "reports": f"s3://{BUCKET}/outputs/churn/run-1/"},
        **{"package": PACKAGE, "record": f"s3://{BUCKET}/{RECORD}", "registry": REGISTRY},
    }
    return ["step", "--request", json.dumps(request)]


def variables(between: Between, status: str) -> dict[str, str]:
    answer = {"status": status, "by": "ann@example.com", "at": AT}
    return {
        **{"MLFLOW_TRACKING_URI": between.uri, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "TRAINING_RUN": "run-1"},
        **{"TRAINING_STEPS": json.dumps(STATES), "TRAINING_ANSWER": json.dumps(answer)},
    }


def attempt(between: Between, status: str) -> int:
    """A process that records the run, as its pod starts it; says how it ended."""
    told = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables(between, status)}
    command = [sys.executable, "-m", "model_release", *asked("record")]
    between.child = subprocess.Popen(command, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return between.child.wait(120)


def recorded(s3: Any) -> Any:
    try:
        return json.loads(s3.get_object(Bucket=BUCKET, Key=RECORD)["Body"].read())["answered"]["status"]
    except ClientError:
        return None


def relayed(client: MlflowClient) -> Any:
    told = client.get_model_version("churn", VERSION).tags.get(RELAYED_TAG)
    return json.loads(told)["decision"] if told else None


@pytest.mark.parametrize(
    ("action", "status", "ends"), [("record", "Rejected", 1), ("promote", "Approved", 0)], ids=["rejected", "approved"]
)
def test_an_answer_waits_for_mlflow_and_comes_once(
    action: str,
    status: str,
    ends: int,
    between: Between,
    s3: Any,
    client: MlflowClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables(between, status).items():
        monkeypatch.setenv(name, value)
    between.behaviours = ["away"] * 3
    codes = [main(asked(action)) for _ in range(4)]
    assert codes == [MAY_WORK_LATER] * 3 + [ends]
    assert relayed(client) == status.lower()
    # Once more, as after a pod whose end nobody heard of.
    assert main(asked(action)) == ends


def test_an_answer_survives_the_end_of_the_process_between_the_record_and_mlflow(
    between: Between, s3: Any, client: MlflowClient
) -> None:
    between.behaviours = ["kill"]
    assert attempt(between, "Rejected") == -9
    assert (recorded(s3), relayed(client)) == ("Rejected", None)
    assert attempt(between, "Rejected") == 1
    assert (recorded(s3), relayed(client)) == ("Rejected", "rejected")


def test_a_version_that_has_gone_is_waited_for_by_nobody(
    between: Between, s3: Any, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket=BUCKET, Key="outputs/churn/run-1/registered.json", Body=b'{"version": "404"}')
    for name, value in variables(between, "Rejected").items():
        monkeypatch.setenv(name, value)
    assert main(asked("record")) == 1
    assert recorded(s3) == "Rejected"


@pytest.mark.parametrize("action", ["record", "promote"])
def test_a_version_that_is_of_another_package_is_not_asked_for_again(
    action: str, between: Between, s3: Any, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.set_model_version_tag("churn", VERSION, PACKAGE_TAG, f"{PACKAGE}.another")
    for name, value in variables(between, "Approved").items():
        monkeypatch.setenv(name, value)
    assert main(asked(action)) == 1
    assert relayed(client) is None
