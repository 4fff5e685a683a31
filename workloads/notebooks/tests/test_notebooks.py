"""Each notebook run from its first cell to its last, in the order of their names, against a real MLflow server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from mlflow import MlflowClient
from nbclient import NotebookClient

from local_platform.mlflow_server import MlflowServer

FOLDER = Path(__file__).resolve().parents[1]
WORKLOADS = FOLDER.parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SOURCES = ["examples", "mlplatform/src", "drift/src", "training-template/src"]


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet", "MPLBACKEND": "agg"}
    folder = tmp_path_factory.mktemp("mlflow")
    server = MlflowServer(folder)
    server.start()
    sources = os.pathsep.join(str(WORKLOADS / each) for each in SOURCES)
    os.environ |= {"MLFLOW_TRACKING_URI": server.uri, "PYTHONPATH": sources, "IPYTHONDIR": str(folder)}
    yield server
    server.stop()


def printed(notebook: nbformat.NotebookNode) -> str:
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def executed(path: Path, home: Path) -> str:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(home)}}).execute()
    return printed(notebook)


def test_notebooks_are_kept_without_what_they_printed() -> None:
    assert [path.stem[0] for path in NOTEBOOKS] == ["1", "2", "3", "4"]
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text())["cells"]
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells), path.name


def test_exploring(mlflow: MlflowServer, tmp_path: Path) -> None:
    assert "usage is missing in" in executed(NOTEBOOKS[0], tmp_path)


def test_training_registers_a_version_and_leaves_what_is_live_alone(mlflow: MlflowServer, tmp_path: Path) -> None:
    text = executed(NOTEBOOKS[1], tmp_path)
    assert "passes its gate" in text and "version 1 of churn-notebook" in text
    assert MlflowClient(mlflow.uri).get_registered_model("churn-notebook").aliases == {}


def test_asking_for_deployment_moves_the_alias_of_what_passed(mlflow: MlflowServer, tmp_path: Path) -> None:
    text = executed(NOTEBOOKS[2], tmp_path)
    assert "champion is version 1; before it was none" in text and "nobody serves it" in text
    live = MlflowClient(mlflow.uri).get_model_version_by_alias("churn-notebook", "champion")
    assert live.tags["mlplatform.gate"] == "passed"


def test_monitoring_shows_what_moved_and_nothing_else(mlflow: MlflowServer, tmp_path: Path) -> None:
    text = executed(NOTEBOOKS[3], tmp_path)
    found = re.findall(r"^(\w+) +([\d.]+) +([\d.]+)$", text, re.MULTILINE)
    before, after = ({name: float(row[place]) for name, *row in found} for place in (0, 1))
    assert len(before) == 8 and max(before.values()) < 0.05
    assert {name for name, value in after.items() if value > 0.2} == {"monthly_charge"}


def test_a_project_of_ones_own_is_registered_where_notebooks_are_and_goes_live(
    mlflow: MlflowServer, tmp_path: Path
) -> None:
    def mlplatform(*arguments: str, folder: Path = tmp_path / "fees") -> str:
        command = [sys.executable, "-m", "mlplatform", *arguments]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    mlplatform("new", "fees", folder=tmp_path)
    project = tmp_path / "fees"
    (project / "data").mkdir()
    sys.path.insert(0, str(project / "training/src"))
    from fees_project.sample_data import sample

    sample(3000, 7).to_csv(project / "data/rows.csv", index=False)
    mlplatform("run", "--set", "max_iter=30")
    assert f"Version 1 of fees is registered in {mlflow.uri}" in mlplatform("register")
    assert "champion of fees is version 1; before it was none" in mlplatform("ask")
    client = MlflowClient(mlflow.uri)
    live = client.get_model_version_by_alias("fees", "champion")
    assert live.tags["mlplatform.gate"] == "passed" and live.tags["drift_baseline_uri"].endswith("drift_baseline.json")
    kept = client.get_run(live.run_id).data
    assert kept.params["max_iter"] == "30" and 0.6 < kept.metrics["roc_auc"] < 1
