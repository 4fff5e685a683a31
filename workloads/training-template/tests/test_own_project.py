"""Projects that `mlplatform new` makes, by the command as it is installed from its wheel, each step a process; the platform's files stay as they are."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
#: What a reader of the page runs, in the platform's repository and then in an empty folder.
BLOCKS = re.findall(r"^```bash\n(.*?)^```", (REPOSITORY / "docs/own-project.md").read_text(), re.M | re.S)
[FROM_NOTEBOOK] = [each for each in BLOCKS if "from-notebook" in each]
IN_PLATFORM, *IN_FOLDER = [each for each in BLOCKS if each != FROM_NOTEBOOK]

pytestmark = pytest.mark.timeout(1200)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs bash with an environment of its own, which has the libraries of this one, and the platform as its wheels bring it."""
    home = tmp_path_factory.mktemp("laptop")
    venv.create(home, with_pip=False, symlinks=True)
    own = next((home / "lib").glob("python*/site-packages"))
    (own / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (home / "bin/pip").write_text(f'#!/bin/sh\nexec {home}/bin/python -m pip "$@"\n')
    (home / "bin/pip").chmod(0o755)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MLFLOW", "MODEL_SERVER"))
    }
    told = {
        "PATH": f"{home}/bin:{os.environ['PATH']}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "UV_NATIVE_TLS": "true",
        "OMP_NUM_THREADS": "1",
        "MODEL_SERVER_WORKERS": "1",
    }

    def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
        # What it has started in the background ends with it.
        script = f"set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"
        command = ["bash", "--norc", "-c", script]
        return subprocess.run(command, cwd=folder, env=kept | told, capture_output=True, text=True, timeout=1000)

    installed = run(IN_PLATFORM, REPOSITORY)
    if "No matching distribution found for setuptools" in installed.stderr:
        pytest.skip("pip cannot fetch setuptools, which builds wheels; give it a package index")
    assert installed.returncode == 0, installed.stderr
    place = run("python -c 'import mlplatform, training_template; print(mlplatform.__file__)'", home)
    assert str(home) in place.stdout, "what runs is what the wheel brought"
    return run


def free_port() -> int:
    """With one after it."""
    for port in range(20_000, 30_000, 7):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                continue
    raise AssertionError("no port is free")


def made(laptop: Run, folder: Path, kind: str) -> Path:
    """A project `fees` with rows of its own."""
    sample = "cd fees && mkdir data && PYTHONPATH=training/src python -m fees_project.sample_data > data/rows.csv"
    ended = laptop(f"mlplatform new fees --problem {kind} && {sample}", folder)
    assert ended.returncode == 0, ended.stderr
    return folder / "fees"


@pytest.fixture(scope="module")
def own(laptop: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a project, which nobody changes."""
    return made(laptop, tmp_path_factory.mktemp("own"), "binary")


def test_the_page_leads_from_an_empty_folder_to_a_served_version(laptop: Run, tmp_path: Path) -> None:
    script = "\n".join(IN_FOLDER).replace("8080", str(free_port()))
    ended = laptop(script, tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for said in (
        "The platform finds the project churn.",
        "5 passed",
        "validated  3000 rows keep the contract",
        "gate       passed",
        "Version 1 of churn is registered in the folder",
        "champion of churn is version 1; before it was none.",
    ):
        assert said in ended.stdout
    assert (tmp_path / "churn/.github/workflows/model.yml").is_file()
    served = json.loads(re.findall(r"^\{\"predictions\".*$", ended.stdout, re.M)[-1])["predictions"]
    asked = pd.DataFrame(json.loads((tmp_path / "churn/smoke/request.json").read_text())["dataframe_records"])
    model = mlflow.pyfunc.load_model(str(tmp_path / "churn/.mlplatform/model"))
    assert np.allclose(served, model.predict(asked.astype({"tenure_months": float, "support_calls": float})))


def test_a_notebook_becomes_a_project_that_trains(laptop: Run, own: Path, tmp_path: Path) -> None:
    sources = own / "training/src/fees_project"
    contract = (sources / "contract.py").read_text().split('"""', 2)[2]
    cells = {
        "contract": contract,
        "imports": "from sklearn.linear_model import LogisticRegression",
        "train": "model = LogisticRegression(max_iter=1000).fit(rows[[*NUMBERS, *FLAGS]], rows[TARGET])",
        "score": "answers = model.predict_proba(inputs[[*NUMBERS, *FLAGS]])[:, 1]",
    }
    made = [{"cell_type": "code", "metadata": {"tags": [tag]}, "source": text} for tag, text in cells.items()]
    (tmp_path / "explore.ipynb").write_text(json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5}))
    ended = laptop(f"{FROM_NOTEBOOK}\ncd late-fees && mlplatform test && mlplatform run --data {own}/data", tmp_path)
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout and "validated  3000 rows" in ended.stdout and "\ngate " in ended.stdout
    answer = mlflow.pyfunc.load_model(str(tmp_path / "late-fees/.mlplatform/model"))
    rows = pd.read_csv(own / "data/rows.csv").head(9).astype({"tenure_months": float, "support_calls": float})
    assert np.ptp(answer.predict(rows)) > 0


def test_its_image_finds_it_by_the_name_that_loops_give(laptop: Run, own: Path, tmp_path: Path) -> None:
    """The line of its Dockerfile in an environment that stands for the image's, and the image's command as every engine starts it."""
    [install] = re.findall(r"^RUN (uv pip install .*)$", (own / "training/Dockerfile").read_text(), re.M)
    laptop(f"{sys.executable} -m venv --without-pip image", tmp_path)
    site = laptop("python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))'", tmp_path).stdout.strip()
    image = next((tmp_path / "image/lib").glob("python*/site-packages"))
    (image / "platform.pth").write_text(f"{site}\n{sysconfig.get_path('purelib')}\n")
    # What it needs beside is found as it is in the image, and uv does not look there.
    install = install.replace("/opt/training", str(tmp_path / "image")).replace(
        "/opt/project", f"--no-deps {own}/training"
    )
    prepare = f"image/bin/python -m training_template prepare --input {own}/data --output split"
    before = laptop(f"export PATH={Path(sys.executable).parent}:$PATH SM_HP_PROJECT=fees; {prepare}", tmp_path)
    assert (
        before.returncode == 1
        and "hyperparameter project: 'fees'; allowed: attrition, churn, delivery" in before.stdout
    )
    after = laptop(
        f"export PATH={Path(sys.executable).parent}:$PATH SM_HP_PROJECT=fees; {install} && {prepare}", tmp_path
    )
    assert after.returncode == 0, after.stdout + after.stderr
    assert {"train", "validation", "test"} < {file.name for file in (tmp_path / "split").iterdir()}


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_projects_of_other_questions_pass_their_tests_and_their_gate(laptop: Run, tmp_path: Path, kind: str) -> None:
    ended = laptop("mlplatform test && mlplatform run --set max_iter=30", made(laptop, tmp_path, kind))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "5 passed" in ended.stdout and "gate       passed" in ended.stdout


def test_what_the_gate_refuses_is_registered_with_its_commit_and_not_asked_for(
    laptop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = made(laptop, tmp_path, "binary")
    (project / "gate.json").write_text('{"metric": "roc_auc", "atLeast": 0.99, "maxDriftPsi": 0.2}')
    commit = "git init -q && git add -A && git -c user.name=t -c user.email=t@example.com commit -qm first && git rev-parse HEAD"
    sha = laptop(commit, project).stdout.strip()
    ended = laptop(
        "mlplatform run || echo ended with $?; mlplatform register; mlplatform register; mlplatform ask", project
    )
    assert "ended with 1" in ended.stdout and ended.returncode == 1, ended.stdout + ended.stderr
    assert "at least 0.9900 is asked" in ended.stdout and "maxDriftPsi is judged by the platform's loop" in ended.stdout
    assert ended.stdout.count("Version 1 of fees is registered") == 2
    assert "version 1 of fees did not pass: roc_auc is" in ended.stdout and "Nothing was asked for." in ended.stdout
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    client = mlflow.MlflowClient((project / ".mlplatform/mlflow").as_uri())
    assert client.get_model_version("fees", "1").tags["history.commit"] == sha
    assert client.get_registered_model("fees").aliases == {}


@pytest.mark.parametrize(
    ("before", "command", "said"),
    [
        ("rm -r data", "run", "there is no folder"),
        ("sed -i s/tenure_months/tenure/ data/rows.csv", "run", "columns are missing: tenure_months"),
        ("sed -i 's/^[0-9]*,/many,/' data/rows.csv", "train", "tenure_months"),
        ("true", "run --set depth=3", "hyperparameters depth are not known; allowed: max_iter, learning_rate, seed"),
        ("true", "run --set max_iter=few", "max_iter: 'few'; allowed: a whole number"),
        ("true", "register", "nothing was judged yet"),
        ("true", "ask --version 7", "fees has no version 7; there are: none; run mlplatform register first"),
        ("true", "serve", "run mlplatform train first"),
        ("rm training/src/fees_project/train.py", "test", "fees_project/train.py cannot be imported"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_would(
    laptop: Run, own: Path, tmp_path: Path, before: str, command: str, said: str
) -> None:
    ended = laptop(f"cp -r {own} copy && cd copy && {before} && mlplatform {command}", tmp_path)
    assert ended.returncode == 2 and said in ended.stderr, ended.stdout + ended.stderr
    assert ended.stderr.startswith(f"mlplatform {command.split()[0]}: ")
