"""What the container trains, chosen by the hyperparameter `project`: what packages bring (`installed.py`), and samples, a module each."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from mlplatform.baseline import DECLARED
from mlplatform.problems import BINARY, MULTICLASS, REGRESSION
from training_template.checkpoint import Checkpoint
from training_template.hyperparameters import Unusable
from training_template.installed import installed, load
from training_template.logs import fields
from training_template.tables import Schema

log = logging.getLogger(__name__)

#: What a model may answer, by the type of its problem. Contributions to several classes have no place in a table.
ANSWERED_WITH = {
    BINARY: ("probabilities", "explained"),
    MULTICLASS: ("probabilities",),
    REGRESSION: ("values", "explained"),
}


class Project(Protocol):
    """A question over the rows of a table. Of which type it is, `schema` says, once."""

    schema: Schema
    #: Columns of numbers that are codes, for the baseline of the drift check.
    codes: list[str]
    # May have `columns`: which of them the drift check is to `ignore`, and which to `compare` though their values look as if they
    # could not come again. And `prepared`, which makes rows with the schema's columns of raw ones, before they are split.
    #: What a model that another algorithm has trained answers: `probabilities` of each class, `values`, or `explained`, as in `boosted.py`.
    answered_with: str
    #: Hyperparameters with the values that they have where nothing is said; the types are theirs.
    defaults: dict[str, Any]

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Checkpoint) -> Any:
        """A model of the rows. One that is interrupted goes on from the checkpoint."""
        ...

    def answers(self, model: Any, inputs: pd.DataFrame) -> np.ndarray | pd.DataFrame:
        """What the saved model's `predict` gives."""
        ...

    def predicted(self, answers: np.ndarray | pd.DataFrame) -> np.ndarray:
        """What such answers say to the question: the probability of yes; a column of probabilities for each class, or its name; a number."""
        ...

    def save(self, model: Any, inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        """Writes an MLflow model directory; `inputs` are rows for its signature and its example: each column with a gap has one."""
        ...


def find(given: Mapping[str, str]) -> tuple[str, Project]:
    """The project that the hyperparameters name.

    @raises Unusable where they name none, one that is not there, or one that contradicts itself or the stack
    """
    own = installed()
    samples = {module.name for module in pkgutil.iter_modules(__path__)}
    name = given.get("project", "")
    if name not in samples | own.keys():
        raise Unusable(f"hyperparameter project: {name!r}; allowed: {', '.join(sorted(samples | own.keys()))}")
    if name in samples & own.keys():
        log.info("a package's project takes the place of the sample of its name", extra=fields(project=name))
    try:
        project: Project = load(own[name]) if name in own else importlib.import_module(f"{__name__}.{name}").project
    except ValueError as error:
        raise Unusable(f"project {name}: {error}") from error
    problems = contradictions(project, given)
    if problems:
        raise Unusable(f"project {name}: {'; '.join(problems)}")
    return name, project


def contradictions(project: Project, given: Mapping[str, str]) -> list[str]:
    """Between what the project says of its problem, what its answers are, and what the stack says."""
    own = project.schema.problem_type
    found = []
    told = given.get("problem_type", own)
    if told != own:
        found.append(f"its problem type is {own}, and the stack says {told}; write problemType: {own} beside training")
    columns = getattr(project, "columns", {})
    strange = sorted({*map(str, project.codes), *map(str, columns)} - set(project.schema.inputs))
    if strange:
        found.append(f"codes and columns name {', '.join(strange)}; allowed: columns that the model is asked with")
    wrong = sorted(f"{name}: {said!r}" for name, said in columns.items() if said not in DECLARED)
    if wrong:
        found.append(f"columns: {', '.join(wrong)}; allowed: {', '.join(DECLARED)}")
    fitting = ANSWERED_WITH[own]
    if project.answered_with not in fitting:
        found.append(f"answered_with: {project.answered_with!r}; allowed with {own}: {', '.join(fitting)}")
    return found
