"""
A server that takes its model from a real MLflow registry and may write only below its temporary folder.

The read-only root is simulated: Python's own audit events refuse every opening for writing, and every change of a folder, elsewhere.
What a library writes past Python is not seen, and the server's user is the one who runs the tests.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pytest

from conftest import Made
from local_platform.mlflow_server import MlflowServer
from server import SOURCES, Server

READ_ONLY = """
import errno, os, sys

writable = tuple(os.environ["WRITABLE"].split(":"))
changes = {"os.mkdir", "os.remove", "os.rmdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.utime"}


def refuse(event, arguments):
    if event == "open":
        path, _, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        paths = [path] if writes else []
    elif event in changes:
        paths = arguments[:2] if event in ("os.rename", "os.link") else arguments[:1]
    else:
        return
    for path in paths:
        if isinstance(path, (str, bytes)) and not os.path.abspath(os.fsdecode(path)).startswith(writable):
            raise OSError(errno.EROFS, "Read-only file system (simulated)", os.fsdecode(path))


sys.addaudithook(refuse)
"""


@dataclass(frozen=True)
class Life:
    """What a server did from its start to its end."""

    version: str
    predictions: list[Any]
    exit_code: int
    log: list[dict[str, Any]]
    output: list[dict[str, Any]]


@pytest.fixture(scope="module")
def registry(models: dict[str, Made], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    python = os.environ.get("MLFLOW_PYTHON")
    if not python:
        pytest.skip("no MLflow server; name an interpreter with workloads/requirements/release.txt in MLFLOW_PYTHON")
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"), python)
    try:
        server.start()
        client = mlflow.MlflowClient(server.uri, server.uri)
        client.create_registered_model("churn")
        run = client.create_run("0")
        for flavour in ("sklearn_trees", "xgboost"):
            client.log_artifacts(run.info.run_id, models[flavour].path, flavour)
            client.create_model_version("churn", f"{run.info.artifact_uri}/{flavour}", run.info.run_id)
        client.set_registered_model_alias("churn", "champion", "2")
        yield server.uri
    finally:
        server.stop()


@pytest.fixture(scope="module")
def life(registry: str, models: dict[str, Made], tmp_path_factory: pytest.TempPathFactory) -> Life:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "sitecustomize.py").write_text(READ_ONLY)
    made = models["xgboost"]
    folder = tmp_path_factory.mktemp("temporary")
    variables = {"MLFLOW_TRACKING_URI": registry, "HOME": "/nonexistent", "WRITABLE": f"{folder}:/dev/"}
    variables["PYTHONPATH"] = f"{rules}:{SOURCES}"
    server = Server(
        SOURCE="models:/churn@champion", EMF_NAMESPACE="MLPlatform/Models", folder=folder, variables=variables
    )
    with server:
        server.ready()
        headers = server.ask("GET", "/health/ready")[1]
        answers = [server.predict(made.payload(made.rows.iloc[place : place + 1])) for place in range(20)]
        assert server.predict("{")[0] == 400
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(120)
    output = server.output.read_text().splitlines()
    log = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return Life(
        headers["x-model-version"],
        [body["predictions"][0] for _, body in answers],
        code,
        log,
        list(map(json.loads, output)),
    )


def test_the_simulated_read_only_root_refuses(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(READ_ONLY)
    env = {"PYTHONPATH": str(tmp_path), "WRITABLE": f"{tmp_path / 'own'}:/dev/"}
    for attempt in (
        "open('other', 'w')",
        "import os; os.mkdir('other')",
        "import os; os.rename('sitecustomize.py', 'own')",
    ):
        ended = subprocess.run([sys.executable, "-c", attempt], env=env, cwd=tmp_path, capture_output=True, text=True)
        assert "Read-only file system" in ended.stderr


def test_an_alias_of_a_real_registry_is_served_as_the_version_it_stands_for(
    life: Life, models: dict[str, Made]
) -> None:
    made = models["xgboost"]
    assert life.version == "2"
    assert life.predictions == [
        made.pyfunc.predict(made.rows.iloc[place : place + 1]).tolist()[0] for place in range(20)
    ]


def test_nothing_is_written_outside_the_temporary_folder(life: Life) -> None:
    assert life.exit_code == 0
    assert [line for line in life.log if "Read-only file system" in json.dumps(line)] == []


def test_metrics_are_cloudwatchs_lines_on_standard_output(life: Life) -> None:
    assert life.output, "the last lines are written when the server ends"
    totals: dict[tuple[str, str], float] = {}
    for line in life.output:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        (metric,), (keys,) = directive["Metrics"], directive["Dimensions"]
        assert directive["Namespace"] == "MLPlatform/Models" and type(line["_aws"]["Timestamp"]) is int
        # What the specification demands: each dimension is a text of the line, not empty; at most 30; values and counts in pairs.
        assert len(keys) <= 30 and all(type(line[key]) is str and line[key] for key in keys)
        value = line[metric["Name"]]
        if type(value) is dict:
            assert metric["Unit"] in ("Seconds", "None")
            assert 0 < len(value["Values"]) == len(value["Counts"]) <= 100
            value = sum(value["Counts"])
        else:
            assert metric["Unit"] == "Count"
        key = (metric["Name"], line.get("outcome", line.get("route", "")))
        totals[key] = totals.get(key, 0) + value
    assert totals["model_predictions_total", "ok"] == totals["model_prediction_value", ""] == 20
    assert totals["model_predictions_total", "rejected"] == totals["model_input_rejected_total", ""] == 1
    assert totals["model_server_request_duration_seconds", "/invocations"] == 21
