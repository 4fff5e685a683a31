"""What the container trains: one module for each project, chosen by the hyperparameter `project`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from training_template.checkpoint import Checkpoint
from training_template.hyperparameters import Unusable
from training_template.tables import Schema


class Project(Protocol):
    """A yes-or-no question over the rows of a table."""

    schema: Schema
    #: Columns of numbers that are codes, for the baseline of the drift check.
    codes: list[str]
    #: What a model that another algorithm has trained answers: `probabilities` of no and yes, or `explained`, as in `boosted.py`.
    answered_with: str
    #: Hyperparameters with the values that they have where nothing is said; the types are theirs.
    defaults: dict[str, Any]

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Checkpoint) -> Any:
        """A model of the rows. One that is interrupted goes on from the checkpoint."""
        ...

    def answers(self, model: Any, inputs: pd.DataFrame) -> np.ndarray | pd.DataFrame:
        """What the saved model's `predict` gives."""
        ...

    def probability(self, answers: np.ndarray | pd.DataFrame) -> np.ndarray:
        """Of yes, from such answers."""
        ...

    def save(self, model: Any, inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        """Writes an MLflow model directory; `inputs` are rows for its signature and its example."""
        ...


def find(given: Mapping[str, str]) -> tuple[str, Project]:
    """The project that the hyperparameters name.

    @raises Unusable where they name none, or one that is not there
    """
    known = sorted(module.name for module in pkgutil.iter_modules(__path__))
    name = given.get("project", "")
    if name not in known:
        raise Unusable(f"hyperparameter project: {name!r}; allowed: {', '.join(known)}")
    project: Project = importlib.import_module(f"{__name__}.{name}").project
    return name, project
