"""A registry of each test's own, in a file: no server, no network."""

import os
import sys
from pathlib import Path

import mlflow
import pytest

EXAMPLES = Path(__file__).resolve().parent.parent
PATHS = [str(EXAMPLES), str(EXAMPLES.parent / "mlplatform" / "src")]


@pytest.fixture
def tracking(tmp_path, monkeypatch):
    """Where runs go, as an environment variable has it."""
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    experiment = mlflow.create_experiment("tests", artifact_location=(tmp_path / "artifacts").as_uri())
    mlflow.set_experiment(experiment_id=experiment)
    yield uri
    mlflow.set_tracking_uri(before)


@pytest.fixture
def environment(tracking):
    """Of a process beside the test: this interpreter first on its PATH."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return {
        **inherited,
        "MLFLOW_TRACKING_URI": tracking,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(PATHS),
    }
