"""What follows from the type of a project's problem: how its target is read, what answers are worth, and how groups compare.

One class for each type. A project says which it is by `problem_type` of its schema, and a stack by `models.<name>.problemType`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from mlplatform.problems import BINARY, MULTICLASS, PROBLEM_TYPES, REGRESSION, ProblemType
from training_template.problems.binary import Binary
from training_template.problems.multiclass import Multiclass
from training_template.problems.regression import Regression

Metrics = dict[str, float]
Group = dict[str, Any]


class Problem(Protocol):
    """A question of one type. `truth` are values of the target as `typed` gives them; `predicted` is what `Project.predicted` gives."""

    problem_type: ProblemType
    #: Whether the target is text, and no number.
    is_text: bool
    #: What a label is, for messages.
    labels_are: str

    def problems(self, name: str, target: pd.Series) -> list[str]:
        """A sentence for everything that keeps the target from being learnt."""
        ...

    def absent(self, name: str, target: pd.Series) -> list[str]:
        """A sentence for every answer that rows to fit on never give, or too rarely; `problems` has found none."""
        ...

    def typed(self, target: pd.Series) -> pd.Series: ...

    def numbers(self, truth: pd.Series) -> pd.Series:
        """The target as trees are trained on it."""
        ...

    def label(self, value: Any) -> float | str:
        """What became known of one answer.

        @raises ValueError for what is none
        """
        ...

    def refused(self, predicted: np.ndarray, rows: int) -> str | None:
        """Why these are no answers to so many rows; None where they are."""
        ...

    def metrics(self, truth: np.ndarray, predicted: np.ndarray) -> Metrics:
        """By the names of `metrics.json`; NaN where these rows have none."""
        ...

    def beside(self, predicted: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of answers, to be read beside their rows."""
        ...

    def group(self, truth: np.ndarray, predicted: np.ndarray) -> Group:
        """What is measured within a group of rows: whether the model is as good for everybody."""
        ...

    def answered(self, predicted: np.ndarray) -> Any:
        """The part of it that needs no truth, `predicted` of the group."""
        ...

    def gap(self, groups: Sequence[Any], evaluation: Mapping[str, Any]) -> float | None:
        """How far apart answers of groups lie, as a share; None where there is nothing to compare."""
        ...

    def summary(self, truth: np.ndarray) -> dict[str, Any]:
        """What the truth of the evaluated rows is like, for whoever compares with it later."""
        ...

    def enough(self, truth: np.ndarray) -> bool:
        """Whether labels are of more than one kind, where that is what is asked."""
        ...


def problem_of(problem_type: str, classes: Sequence[str]) -> Problem:
    """@raises ValueError with everything that contradicts itself"""
    found = []
    if problem_type not in PROBLEM_TYPES:
        found.append(f"problem_type: {problem_type!r}; allowed: {', '.join(PROBLEM_TYPES)}")
    if problem_type == MULTICLASS:
        if isinstance(classes, str) or not all(isinstance(name, str) and name for name in classes):
            found.append(f"classes: {classes!r}; allowed: a list of names")
        elif len(set(classes)) < len(classes) or len(classes) < 2:
            found.append(f"classes: {list(classes)!r}; allowed: two different names at least, each once")
    elif len(classes) > 0:
        found.append(f"classes: {list(classes)!r}; allowed: none with {problem_type}; write problem_type {MULTICLASS}")
    if found:
        raise ValueError("; ".join(found))
    if problem_type == MULTICLASS:
        return Multiclass(classes)
    return Binary() if problem_type == BINARY else Regression()


__all__ = ["BINARY", "MULTICLASS", "REGRESSION", "Metrics", "Problem", "problem_of"]
