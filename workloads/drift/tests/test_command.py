"""The command and a real registry in a file, with the model of examples/churn: from training to the alarm."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import mlflow
import numpy as np
import pytest

from churn.data import INPUTS, customers, shifted
from churn.train import train
from conftest import key_of
from drift.__main__ import main
from drift.baselines import BaselineMissing, Baselines
from drift.store import Folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Version 1 of churn in a registry; version 2 of it is without a baseline."""
    folder = tmp_path_factory.mktemp("registry")
    uri = f"sqlite:///{folder}/mlflow.db"
    before, telemetry = mlflow.get_tracking_uri(), os.environ.get("MLFLOW_DISABLE_TELEMETRY")
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    mlflow.set_tracking_uri(uri)
    experiment = mlflow.create_experiment("drift", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment(experiment_id=experiment)
    train(rows=4000, max_iter=20, register_as="churn", go_live=True)
    with mlflow.start_run():
        bare = mlflow.sklearn.log_model(
            mlflow.sklearn.load_model("models:/churn/1"), name="bare", pip_requirements=[],
            serialization_format="cloudpickle",
        )  # fmt: skip
    mlflow.register_model(bare.model_uri, "churn")
    yield uri
    mlflow.set_tracking_uri(before)
    if telemetry is None:
        del os.environ["MLFLOW_DISABLE_TELEMETRY"]


@pytest.fixture
def place(tmp_path, trained):
    """Samples of a day's traffic, as asked for, and the configuration of the command."""
    model = mlflow.pyfunc.load_model("models:/churn/1")
    (tmp_path / "models.json").write_text(
        json.dumps(
            {
                "samples": str(tmp_path / "samples"),
                "reports": str(tmp_path / "drift"),
                "models": [
                    {"name": "churn", "from": "models:/churn@champion", "drift": {"maxPsi": 0.2, "everyHours": 24}}
                ],
            }
        )
    )

    def traffic(shift="none", rows=800, version="1"):
        at = datetime.now(UTC) - timedelta(minutes=30)
        frame = shifted(customers(rows, 77), shift, 1)[INPUTS]
        predictions = np.asarray(model.predict(frame)).tolist()
        inputs = json.loads(frame.to_json(orient="records"))
        body = "\n".join(
            json.dumps({"ts": at.isoformat(), "request_id": "r", "model": "churn", "version": version,
                        "track": "stable", "inputs": given, "prediction": answer})
            for given, answer in zip(inputs, predictions, strict=True)
        )  # fmt: skip
        Folder(tmp_path / "samples").write(key_of(at), gzip.compress(body.encode()))

    traffic.config = str(tmp_path / "models.json")
    traffic.path = tmp_path
    return traffic


def run(place, *arguments):
    return main(["--config", place.config, "check", *arguments])


@pytest.mark.parametrize(
    ("shift", "code", "drifted"),
    [
        ("none", 0, None),
        ("price_rise", 3, "features.monthly_charge"),
        ("new_plan", 3, "features.plan"),
        ("lost_usage", 3, "features.usage_gib"),
        ("young_customers", 3, "features.tenure_months"),
    ],
)
def test_check_finds_each_shift_of_the_example(place, capsys, shift, code, drifted):
    place(shift)
    assert run(place, "churn") == code
    report = json.loads(capsys.readouterr().out)
    assert report["rows"] == 800 and report["version"] == "1"
    assert (drifted in report["drifted"]) if drifted else report["drifted"] == []


def test_check_without_data_ends_with_2(place, capsys):
    assert run(place, "churn") == 2
    place(rows=20)
    assert run(place, "churn") == 2
    assert [json.loads(line)["verdict"] for line in capsys.readouterr().out.splitlines()] == ["notEnoughData"] * 2


def test_check_without_baseline_ends_with_2_and_says_so(place, capsys):
    place(version="2")
    assert run(place, "churn") == 2
    report = json.loads(capsys.readouterr().out)
    assert (
        report["verdict"] == "baselineMissing" and "models:/churn/2 has no file drift_baseline.json" in report["reason"]
    )


def test_check_reads_as_many_hours_as_it_is_told(place, capsys):
    place()
    assert run(place, "churn", "--hours", "0.25") == 2
    assert run(place, "churn", "--hours", "1") == 0


def test_what_cannot_be_done_ends_with_1_and_no_report(place, capsys, monkeypatch):
    place()
    assert run(place, "chrun") == 1
    assert main(["--config", "/nowhere/models.json", "check", "churn"]) == 1
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    uri = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    try:
        assert run(place, "churn") == 1
    finally:
        mlflow.set_tracking_uri(uri)
    output = capsys.readouterr()
    assert output.out == ""
    assert all(json.loads(line)["level"] for line in output.err.splitlines() if line.startswith('{"time"'))


class TestBaselines:
    def test_of_a_version_that_is_not_there(self, trained):
        with pytest.raises(BaselineMissing, match="no version 9 of churn"):
            Baselines().of("churn", "models:/churn@champion", "9")

    def test_where_a_tag_points_elsewhere(self, trained):
        client = mlflow.MlflowClient()
        client.set_model_version_tag("churn", "2", "drift_baseline_uri", "models:/churn/1/drift_baseline.json")
        try:
            assert list(Baselines().of("churn", "models:/churn/2", "2").features) == INPUTS
        finally:
            client.delete_model_version_tag("churn", "2", "drift_baseline_uri")

    def test_of_a_model_that_no_registry_knows(self, trained, tmp_path):
        with pytest.raises(BaselineMissing, match="has no file"):
            Baselines().of("churn", tmp_path.as_uri(), "0123456789")
        (tmp_path / "drift_baseline.json").write_text("{}")
        with pytest.raises(BaselineMissing, match="cannot be used"):
            Baselines().of("churn", tmp_path.as_uri(), "0123456789")

    def test_is_fetched_once(self, trained, monkeypatch):
        baselines = Baselines()
        first = baselines.of("churn", "models:/churn@champion", "1")
        monkeypatch.setattr(mlflow, "MlflowClient", None)
        assert baselines.of("churn", "models:/churn@champion", "1") is first


def test_monitor_as_a_process_serves_metrics_and_ends_on_sigterm(place, trained):
    place("price_rise")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(place.path),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "MLFLOW_TRACKING_URI": trained,
        "DRIFT_CONFIG": place.config,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "drift", "monitor", "--port", str(port)], env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline, text = time.monotonic() + 60, ""
        while time.monotonic() < deadline and "model_drift_detected{" not in text:
            time.sleep(0.3)
            assert process.poll() is None, process.stderr.read()
            try:
                text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
            except OSError:
                continue
        assert 'model_drift_detected{model="churn",version="1"} 1.0' in text
        assert re.search(r'model_drift_psi\{feature="monthly_charge",model="churn",version="1"\} [0-9.]+', text)
        process.send_signal(signal.SIGTERM)
        logs = process.communicate(timeout=20)[1]
    finally:
        process.kill()
    assert process.returncode == 0
    told = [json.loads(line) for line in logs.splitlines() if line.startswith("{")]
    assert [line["verdict"] for line in told if line["message"] == "checked"] == ["drift"]
