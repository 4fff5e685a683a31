"""Tables in folders: every CSV and Parquet file below one, as one table with the columns that a project has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from training_template.hyperparameters import Unusable
from training_template.problems import BINARY, Problem, problem_of
from training_template.problems.wrong import counted

SUFFIXES = (".csv", ".csv.gz", ".parquet")
SPLITS = ("train", "validation", "test")
#: More of a column than this is missing: something upstream broke.
MOST_MISSING = 0.5
#: What says yes or no in a file or a request, in small letters.
TRUTHS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


@dataclass(frozen=True)
class Schema:
    """Columns of a table with the answer to a question of one type."""

    target: str
    numbers: Sequence[str]
    categories: Sequence[str]
    flags: Sequence[str]
    #: Everything that depends on what is asked follows from it, see `problems`.
    problem_type: str = BINARY
    #: Names of the classes where there are several, in the order of the model's probabilities.
    classes: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_problem", problem_of(self.problem_type, self.classes))

    @property
    def problem(self) -> Problem:
        problem: Problem = self._problem  # type: ignore[attr-defined]
        return problem

    @property
    def inputs(self) -> list[str]:
        return [*self.numbers, *self.categories, *self.flags]

    @property
    def texts(self) -> list[str]:
        """Columns that are text, whatever a file makes of them."""
        return [*self.categories, *([self.target] if self.problem.is_text else [])]

    def problems(self, frame: pd.DataFrame, labelled: bool = True) -> list[str]:
        """A sentence for everything that keeps the table from being trained on."""
        wanted = [*self.inputs, *([self.target] if labelled else [])]
        found = [f"column {name} is missing" for name in wanted if name not in frame]
        if found:
            return found
        if frame.empty:
            return ["there are no rows"]
        for name in self.numbers:
            wrong = frame[name].notna() & pd.to_numeric(frame[name], errors="coerce").isna()
            found += counted(name, wrong, frame[name], "no number")
        for name in self.flags:
            found += counted(name, _truth(frame[name]).isna(), frame[name], "neither true nor false")
        for name in [*self.numbers, *self.categories]:
            share = float(frame[name].isna().mean())
            if share > MOST_MISSING:
                found.append(f"{name} is missing in {share:.0%} of the rows, more than {MOST_MISSING:.0%}")
        if labelled:
            found += self.problem.problems(self.target, frame[self.target])
        return found

    def typed(self, frame: pd.DataFrame, labelled: bool = True) -> pd.DataFrame:
        """The columns of the schema, in its order and types. The table has no problems."""
        columns = {name: pd.to_numeric(frame[name]).astype(float) for name in self.numbers}
        for name in self.categories:
            columns[name] = self.text(name, frame[name])
        for name in self.flags:
            columns[name] = _truth(frame[name]).astype(bool)
        if labelled:
            columns[self.target] = self.problem.typed(frame[self.target])
        return pd.DataFrame(columns)[[*self.inputs, *([self.target] if labelled else [])]]

    def asked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of requests, which may have other columns, with categories and flags as text."""
        named = [name for name in [*self.categories, *self.flags] if name in frame]
        return frame.assign(**{name: self.text(name, frame[name]) for name in named})

    def text(self, name: str, values: pd.Series) -> pd.Series:
        """A category or a flag as text, by each value alone, so that other rows do not change it; what is missing stays so."""
        if name in self.flags:
            # Not as `true`, which Model Monitor would take for a type that it has no name for.
            values = values.map(lambda value: str(TRUTHS.get(str(value).lower(), value)), na_action="ignore")
        return values.map(category, na_action="ignore").astype(object)


def category(value: Any) -> str:
    """What is text stays as it is: a `3.0` may be a version. One missing number makes many a tool write 5.0 for 5 in all other rows."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def files(folder: Path) -> list[Path]:
    found = folder.rglob("*") if folder.is_dir() else []
    return sorted(file for file in found if file.is_file() and file.name.endswith(SUFFIXES))


def read(folder: Path, schema: Schema) -> pd.DataFrame:
    """@raises Unusable where there is no table, or one that cannot be read"""
    # A category of whole numbers would be text in one file and numbers in another, by what else is in them.
    return _together(folder, dtype=dict.fromkeys(schema.texts, str))


def read_text(folder: Path) -> pd.DataFrame:
    """The same without a guess at types: what a CSV file says, as it says it."""
    return _together(folder, dtype=str, keep_default_na=False)


def read_typed(folder: Path, schema: Schema) -> pd.DataFrame:
    """@raises Unusable with everything that is wrong with the table"""
    frame = read(folder, schema)
    problems = schema.problems(frame)
    if problems:
        raise Unusable(f"{folder.name}/: {'; '.join(problems)}")
    return schema.typed(frame)


def _together(folder: Path, **csv: Any) -> pd.DataFrame:
    found = files(folder)
    if not found:
        raise Unusable(f"there is no {', '.join(SUFFIXES)} in {folder.name}/")
    return pd.concat([_read(file, csv) for file in found], ignore_index=True)


def _read(file: Path, csv: dict[str, Any]) -> pd.DataFrame:
    try:
        return pd.read_parquet(file) if file.name.endswith(".parquet") else pd.read_csv(file, **csv)
    except Exception as error:
        raise Unusable(f"{file.name} cannot be read: {error}") from error


def _truth(values: pd.Series) -> pd.Series:
    return values.map(lambda value: TRUTHS.get(str(value).lower()))
