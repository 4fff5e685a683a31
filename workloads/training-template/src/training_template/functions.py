"""A project that is a package with a contract and functions, and imports nothing of the platform.

| module | has |
|---|---|
| `contract` | `TARGET`, `PROBLEM_TYPE`, `NUMBERS`, `CATEGORIES`, `FLAGS`; where there are any `CLASSES`, `CODES`, `COLUMNS`, `MOST_VALUES`, `HYPERPARAMETERS` |
| `train` | `train(rows, hyperparameters)`, which gives a model of scikit-learn |
| `prepare`, or none | `prepare(rows)`: rows with the contract's columns, of raw tables |
| `score`, or none | `score(model, inputs)`: a probability of yes, a column of probabilities for each class, or a number |
"""

from __future__ import annotations

import importlib
import importlib.util
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import Distribution
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.problems import BINARY, MULTICLASS, REGRESSION
from training_template.checkpoint import Checkpoint
from training_template.hyperparameters import Unusable
from training_template.saved_functions import save
from training_template.tables import Schema

REQUIRED = ("TARGET", "PROBLEM_TYPE", "NUMBERS", "CATEGORIES", "FLAGS")


class Functions:
    """What such a package is to the commands of the container, see `projects.Project`."""

    def __init__(self, package: ModuleType, distribution: Distribution | None = None) -> None:
        """@raises Unusable with everything that the package lacks"""
        self._package = package.__name__
        self._folder = Path(str(package.__file__)).parent
        self._distribution = distribution
        contract = self._module("contract")
        lacking = [name for name in REQUIRED if not hasattr(contract, name)]
        if lacking:
            raise Unusable(f"{self._package}/contract.py does not say {', '.join(lacking)}")
        self.schema = Schema(
            contract.TARGET,
            contract.NUMBERS,
            contract.CATEGORIES,
            contract.FLAGS,
            contract.PROBLEM_TYPE,
            getattr(contract, "CLASSES", ()),
            getattr(contract, "MOST_VALUES", None),
        )
        self.codes: list[str] = getattr(contract, "CODES", [])
        self.columns: dict[str, str] = getattr(contract, "COLUMNS", {})
        self.defaults: dict[str, Any] = getattr(contract, "HYPERPARAMETERS", {})
        self.answered_with = "values" if contract.PROBLEM_TYPE == REGRESSION else "probabilities"
        self._train = self._function("train", required=True)
        self._prepare = self._function("prepare")
        self._score = self._function("score")

    def prepared(self, rows: pd.DataFrame) -> pd.DataFrame:
        """@param rows of raw tables; what was in CSV is text, as it was written"""
        if self._prepare is None:
            return rows
        with self._own("prepare"):
            made = self._prepare(rows.copy())
        if not isinstance(made, pd.DataFrame):
            raise Unusable(
                f"{self._package}/prepare.py: prepare gives {type(made).__name__}, and a DataFrame is needed"
            )
        return made

    def fit(self, frame: pd.DataFrame, values: Mapping[str, Any], checkpoint: Checkpoint) -> Any:
        assert self._train is not None
        with self._own("train"):
            return self._train(frame.copy(), dict(values))

    def answers(self, model: Any, inputs: pd.DataFrame) -> np.ndarray:
        with self._own("score" if self._score else "train"):
            if self._score is not None:
                return np.asarray(self._score(model, inputs.copy()))
            if self.schema.problem_type == REGRESSION:
                return np.asarray(model.predict(inputs))
            answers = np.asarray(model.predict_proba(inputs))
        if self.schema.problem_type == MULTICLASS and list(model.classes_) != list(self.schema.classes):
            raise Unusable(
                f"CLASSES of {self._package}/contract.py: without a score.py they are in the model's order, {list(model.classes_)}"
            )
        return answers

    def predicted(self, answers: np.ndarray | pd.DataFrame) -> np.ndarray:
        found = np.asarray(answers)
        return found[:, 1] if self.schema.problem_type == BINARY and found.ndim == 2 and found.shape[1] == 2 else found

    def save(self, model: Any, inputs: pd.DataFrame, folder: Path, metadata: dict[str, Any]) -> None:
        predict = "predict" if self.schema.problem_type == REGRESSION else "predict_proba"
        score = self._folder / "score.py" if self._score is not None else None
        answers = self.answers(model, inputs)
        save(model, inputs, answers, folder, metadata, score or predict, self._package, self._distribution)

    def _function(self, name: str, required: bool = False) -> Callable[..., Any] | None:
        if not required and importlib.util.find_spec(f"{self._package}.{name}") is None:
            return None
        function = getattr(self._module(name), name, None)
        if not callable(function):
            raise Unusable(f"{self._package}/{name}.py has no function {name}")
        return function  # type: ignore[no-any-return]

    def _module(self, name: str) -> ModuleType:
        try:
            return importlib.import_module(f"{self._package}.{name}")
        except Exception as error:
            raise Unusable(f"{self._package}/{name}.py cannot be imported: {type(error).__name__}: {error}") from error

    @contextmanager
    def _own(self, name: str) -> Iterator[None]:
        """Says of what its own code raises where that was."""
        try:
            yield
        except Exception as error:
            own = [
                each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).parent == self._folder
            ]
            line = f" line {own[-1].lineno}" if own else ""
            file = Path(own[-1].filename).name if own else f"{name}.py"
            raise Unusable(f"{self._package}/{file}{line}: {type(error).__name__}: {error}") from error
