"""A root like /opt/ml for each test, and models of all samples, trained once."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before anything is loaded that makes threads: on a busy machine several of them wait for each other by spinning.
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet", "OMP_NUM_THREADS": "1"}

import pandas as pd
import pytest

from attrition.data import employees
from churn.data import customers
from delivery.data import deliveries

# What each command imports when it runs: in a folder that somebody works in, a test of it must not be of a later state than the test before.
from training_template import convert, evaluate, monitor, prepare, projects, train, validate  # noqa: F401
from training_template.command import main
from training_template.paths import Paths
from training_template.splits import split_rows

# A project with several classes, which none of the samples is.
projects.__path__.append(str(Path(__file__).with_name("projects")))

#: The samples, and that project, differ in these alone.
CONFIGS: dict[str, dict[str, str]] = {
    "churn": {"project": "churn", "max_iter": "60"},
    "attrition": {"project": "attrition", "strength": "0.5"},
    "delivery": {"project": "delivery", "max_iter": "60"},
    "tariff": {"project": "tariff"},
}


#: Projects of the image itself.
SAMPLES = ("churn", "attrition", "delivery")
#: What the model of each answers, by the names of the baseline.
ANSWERS = {"churn": {"0", "1"}, "attrition": {"probability"}, "delivery": {"prediction"}, "tariff": {"0", "1", "2"}}
#: Its metric that the monitor judges where none is named.
USUAL = {"churn": "roc_auc", "attrition": "roc_auc", "delivery": "rmse", "tariff": "f1_macro"}


def tariffs(rows: int, seed: int) -> pd.DataFrame:
    from training_template.projects.tariff import tariffs

    return tariffs(rows, seed)


TABLES: dict[str, Callable[[int, int], pd.DataFrame]] = {
    "churn": customers,
    "attrition": employees,
    "delivery": deliveries,
    "tariff": tariffs,
}


@dataclass
class Root:
    """A folder that stands for /opt/ml."""

    paths: Paths
    environment: pytest.MonkeyPatch

    def told(self, **values: str) -> None:
        self.paths.hyperparameters.parent.mkdir(parents=True, exist_ok=True)
        self.paths.hyperparameters.write_text(json.dumps(values))

    def put(self, folder: Path, frame: pd.DataFrame, name: str = "part-0.csv") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        frame.to_csv(folder / name, index=False)

    def channels(self, frame: pd.DataFrame) -> None:
        for split, part in split_rows(frame).items():
            self.put(self.paths.channel(split), part)

    def data(self, frame: pd.DataFrame) -> None:
        for split, part in split_rows(frame).items():
            self.put(self.paths.processing("data") / split, part)

    def package(self, name: str, model: Path) -> None:
        """As SageMaker packs /opt/ml/model."""
        folder = self.paths.processing(name)
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
            archive.add(model, arcname=".")

    def run(self, *arguments: str) -> int:
        self.environment.setenv("TRAINING_ROOT", str(self.paths.root))
        return main(list(arguments))

    def report(self, name: str) -> dict[str, Any]:
        text = (self.paths.processing("output") / name).read_text()
        report: dict[str, Any] = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
        return report

    def failure(self) -> str:
        job, processing = (file.read_text() for file in self.paths.failures)
        assert job == processing and len(job) <= 1024
        return job


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    return Root(Paths(tmp_path / "ml"), monkeypatch)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Root]:
    """A root after `train`, for each sample; nobody writes to it."""
    made: dict[str, Root] = {}

    def of(project: str) -> Root:
        if project not in made:
            with pytest.MonkeyPatch.context() as environment:
                made[project] = root = Root(Paths(tmp_path_factory.mktemp(project)), environment)
                root.told(**CONFIGS[project])
                root.channels(TABLES[project](4000, 7))
                root.paths.model.mkdir()  # SageMaker has made it.
                assert root.run("train") == 0
        return made[project]

    return of
