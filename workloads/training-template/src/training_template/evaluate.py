"""`evaluate`: what a candidate and the live version reach on the same rows, and whether traffic has moved since training."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.gate_checks import Check, made, parse
from training_template import package, projects
from training_template.footprint import footprint
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.monitored_metrics import monitored_metrics
from training_template.paths import Paths
from training_template.projects import Project
from training_template.quality import shares
from training_template.tables import files, read_typed
from training_template.traffic import moved
from training_template.train import measure
from training_template.validate import write

log = logging.getLogger(__name__)

#: Values of a column that have a group of their own, the commonest first.
MOST_GROUPS = 20

Metrics = dict[str, float | None]


def evaluate(
    paths: Paths, given: dict[str, str], ignored: Collection[str] = (), asked: Collection[str] = ()
) -> dict[str, Any]:
    """The report, which is in `evaluation.json` too; the candidate's answers, row by row, are in `predictions.csv`.

    @param ignored columns of which no drift is measured
    @param asked checks of the gate, see `mlplatform.gate_checks.parse`
    @raises Unusable when the candidate or the rows cannot be used. A live version that cannot be measured is no such reason: the
        report says so, and the gate does not let it be beaten
    """
    checks = parsed(asked)
    with tempfile.TemporaryDirectory() as scratch:
        folder = package.unpacked(paths.processing("candidate"), Path(scratch, "candidate"))
        candidate = package.load(folder)
        _, project = projects.find({**given, **project_of(candidate)})
        rows = test_rows(paths, project)
        report: dict[str, Any] = {
            "problem_type": project.schema.problem_type,
            "rows": len(rows),
            "candidate": {},
            "groups": {},
            "contributions": None,
            "problems": [],
        }
        if not rows.empty:
            answers = candidate.predict(rows[project.schema.inputs])
            report["candidate"] = measured(project, rows, answers)
            predicted = project.predicted(answers)
            truth = rows[project.schema.target].to_numpy()
            report["target"] = project.schema.problem.summary(truth)
            report |= monitored_metrics(project.schema.problem, truth, predicted)
            report["groups"] = groups(project, rows, predicted)
            report["contributions"] = shares(answers)
            keep_answers(paths, project, rows, answers)
        report["champion"] = champion(paths, project, rows, Path(scratch, "champion"), report["problems"])
        traffic = moved(folder, paths.processing("samples"), ignored)
        report["drift"] = traffic and {name: measured for name, (measured, _) in traffic.items()}
        report["drift_by_chance"] = traffic and {name: chance for name, (_, chance) in traffic.items()}
        if any(check.kind in ("latency", "size") for check in checks):
            report["serving"] = footprint(candidate, folder, rows[project.schema.inputs])
        if checks:
            report["checks"] = made(checks, report)
    write(paths, "evaluation.json", report)
    log.info(
        "evaluated",
        extra=fields(
            **{key: value for key, value in report.items() if key != "groups" and not key.endswith("_metrics")}
        ),
    )
    return report


def parsed(asked: Collection[str]) -> list[Check]:
    try:
        return [parse(each) for each in asked]
    except ValueError as error:
        raise Unusable(str(error)) from error


def project_of(model: Any) -> dict[str, str]:
    """As the model says itself: it is judged by the columns that it was trained on."""
    name = (model.metadata.metadata or {}).get("project")
    return {"project": str(name)} if name else {}


def test_rows(paths: Paths, project: Project) -> pd.DataFrame:
    folder = paths.processing("test")
    if not files(folder):
        log.warning("there are no test rows")
        return pd.DataFrame(columns=[*project.schema.inputs, project.schema.target])
    return read_typed(folder, project.schema)


def champion(paths: Paths, project: Project, rows: pd.DataFrame, scratch: Path, problems: list[str]) -> Metrics | None:
    """None where nothing is live; nothing measured where it cannot be, with the reason among the problems."""
    given = paths.processing("champion")
    if not given.is_dir() or not any(given.iterdir()):
        return None
    try:
        model = package.load(package.unpacked(given, scratch))
        return measured(project, rows, model.predict(rows[project.schema.inputs]))
    except Exception as error:
        problems.append(f"the live version cannot be measured on these rows: {error}")
        log.warning("the live version cannot be measured", extra=fields(reason=str(error)))
        return {}


def measured(project: Project, rows: pd.DataFrame, answers: Any) -> Metrics:
    """A metric that these rows do not have, such as an order where all answers are the same, is null."""
    return {name: value if math.isfinite(value) else None for name, value in measure(project, rows, answers).items()}


def groups(project: Project, rows: pd.DataFrame, predicted: np.ndarray) -> dict[str, dict[str, dict[str, Any]]]:
    """What is measured within each value of each category: whether it is as good for everybody."""
    problem, truth = project.schema.problem, rows[project.schema.target].to_numpy()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for column in project.schema.categories:
        values = rows[column].fillna("missing")
        found[column] = {}
        for value in values.value_counts().index[:MOST_GROUPS]:
            within = (values == value).to_numpy()
            found[column][str(value)] = {
                "rows": int(within.sum()),
                **problem.group(truth[within], predicted[within]),
            }
    return found


def keep_answers(paths: Paths, project: Project, rows: pd.DataFrame, answers: Any) -> None:
    """Beside each row what was answered: of a model that explains itself, with what each feature added."""
    beside = (
        answers.set_axis(rows.index)
        if isinstance(answers, pd.DataFrame)
        else pd.DataFrame(project.schema.problem.beside(project.predicted(answers)), index=rows.index)
    )
    folder = paths.processing("output")
    folder.mkdir(parents=True, exist_ok=True)
    pd.concat([rows, beside], axis=1).to_csv(folder / "predictions.csv", index=False)
