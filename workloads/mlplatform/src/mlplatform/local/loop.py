"""The steps of a training loop in one process, by the modules that its containers run."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlplatform.commands.refused import Refused
from mlplatform.gate import Verdict
from mlplatform.local.project import LocalProject
from mlplatform.training_gate import judge
from training_template import projects
from training_template.evaluate import evaluate as evaluate_models
from training_template.hyperparameters import Unusable, typed
from training_template.paths import Paths
from training_template.prepare import prepare as prepare_tables
from training_template.train import train as train_model
from training_template.validate import validate as validate_data

# What the libraries say of themselves would hide what the steps say.
warnings.filterwarnings("ignore", module="mlflow")
logging.getLogger("mlflow").setLevel(logging.WARNING)

#: Asks for what live traffic alone tells, which is not here.
OF_TRAFFIC = "maxDriftPsi"


class Workspace(Paths):
    """Folders as the commands of a container find them, without copies between their steps."""

    @property
    def channels(self) -> Path:
        return self.root / "split"

    def processing(self, name: str) -> Path:
        return {
            "data": self.channels,
            "test": self.channel("test"),
            "candidate": self.model,
            "output": self.root / "reports",
        }.get(name, self.root / name)


class Loop:
    """One run. What a step leaves is in the workspace, and goes when the next run begins."""

    def __init__(self, project: LocalProject, given: Mapping[str, str] | None = None) -> None:
        """@param given hyperparameters by name, as text"""
        self.project = project
        self.paths = Workspace(project.workspace)
        self.given = {**(given or {}), "project": project.name}

    def prepare(self, data: Path) -> None:
        for folder in (
            self.paths.channels,
            self.paths.model,
            self.paths.processing("output"),
            self.paths.root / "champion",
        ):
            shutil.rmtree(folder, ignore_errors=True)
        if not data.is_dir():
            sample = f"mkdir {data} && PYTHONPATH={self.project.sources} python -m {self.project.package}.sample_data > {data}/rows.csv"
            raise Refused(
                f"there is no folder {data}; put tables into it (CSV or Parquet), or begin with made-up rows: {sample}"
            )
        with refusing():
            rows = prepare_tables(str(data), str(self.paths.channels), self.given)
        print(f"prepared   {', '.join(f'{count} rows to {split}' for split, count in rows.items())}")

    def validate(self) -> None:
        with refusing():
            report = validate_data(self.paths, self.given)
        if not report["passed"]:
            raise Refused("the data cannot be trained on:\n" + "\n".join(f"  {each}" for each in report["problems"]))
        print(f"validated  {report['rows']} rows keep the contract")

    def train(self) -> None:
        with refusing():
            metrics = train_model(self.paths, self.given)
        print(f"trained    on validation {said(metrics)}")

    def evaluate(self) -> None:
        with refusing():
            report = evaluate_models(self.paths, self.given, asked=self.project.gate.get("checks", []))
        print(f"evaluated  on {report['rows']} test rows {said(report['candidate'])}")
        if report["champion"] is not None:
            print(f"           what is live {said(report['champion'])}")
        for problem in report["problems"]:
            print(f"           {problem}")
        for check in report.get("checks", []):
            print(f"check      {check['name']}: {check.get('reason') or 'passed'}")

    def gate(self) -> Verdict:
        asked = {name: value for name, value in self.project.gate.items() if name != OF_TRAFFIC}
        if OF_TRAFFIC in self.project.gate:
            print(f"           {OF_TRAFFIC} is judged by the platform's loop, which has the traffic")
        try:
            verdict = judge(asked, self.report("evaluation.json"), self.project.gate.get("checks", []))
        except (ValueError, KeyError) as error:
            raise Refused(f"gate.json: {error}") from error
        self.paths.processing("output").joinpath("gate.json").write_text(
            json.dumps(verdict.to_dict()), encoding="utf-8"
        )
        print("gate       passed" if verdict.passed else f"gate       {'; '.join(verdict.reasons)}")
        return verdict

    def report(self, name: str) -> dict[str, Any]:
        """@raises Refused where the step that writes it has not run"""
        try:
            text = self.paths.processing("output").joinpath(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise Refused(f"nothing was judged yet (there is no {name}); run mlplatform run first") from None
        found: dict[str, Any] = json.loads(text)
        return found


def check(project: LocalProject, given: Mapping[str, str] | None = None) -> None:
    """@raises Refused where the platform would not find the project, or not take its hyperparameters"""
    named = {**(given or {}), "project": project.name}
    with refusing():
        _, found = projects.find(named)
        unknown = sorted(named.keys() - found.defaults.keys() - {"project", "split_by", "split_time"})
        if unknown:
            raise Unusable(f"hyperparameters {', '.join(unknown)} are not known; allowed: {', '.join(found.defaults)}")
        typed(named, found.defaults)


@contextmanager
def refusing() -> Iterator[None]:
    try:
        yield
    except Unusable as error:
        raise Refused(str(error)) from error


def said(metrics: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} {'not measured' if value is None else f'{value:.4f}'}" for name, value in metrics.items())
