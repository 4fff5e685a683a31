"""Tables in folders: every table below one, together, with the columns that a project has."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlplatform.tables import columns
from mlplatform.tables.columns import missing_column
from mlplatform.tables.files import KINDS_SAID, PassedOver, files_in
from mlplatform.tables.reading import Piece, Unreadable, pieces
from mlplatform.tables.values import TRUTHS, is_marked, text_of
from training_template.hyperparameters import Unusable
from training_template.logs import fields
from training_template.problems import BINARY, Problem, problem_of
from training_template.problems.wrong import counted

log = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")
#: More of a column than this is missing: something upstream broke.
MOST_MISSING = 0.5
#: Many a library counts with 32 bits, whatever it is given.
LARGEST = float(np.finfo(np.float32).max)
#: What a category cannot be.
NESTED = "a list or an object"
#: What `prepare` leaves beside the rows of `train`, see `gaps.py`.
GAPS = "_gaps.json"
#: Rows of a file that are in memory as they were written.
PIECE_ROWS = 20_000


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
    #: Values of one category that the project's model can learn; None: any number.
    most_values: int | None = None

    def __post_init__(self) -> None:
        """@raises ValueError with everything that contradicts itself"""
        listed = {"numbers": self.numbers, "categories": self.categories, "flags": self.flags}
        found = [
            f"{name}: {given!r}; allowed: a list of names" for name, given in listed.items() if isinstance(given, str)
        ]
        names = [self.target, *self.inputs]
        twice = sorted({str(name) for name in names if names.count(name) > 1}) if not found else []
        if twice:
            found.append(f"{', '.join(twice)}: allowed is one place among the target, numbers, categories and flags")
        if found:
            raise ValueError("; ".join(found))
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
        found = [missing_column(name, frame.columns) for name in wanted if name not in frame]
        if found:
            return found
        if frame.empty:
            return ["there are no rows"]
        for name in self.numbers:
            found += _number_problems(name, frame[name])
        for name in self.flags:
            flags = columns.truths(frame[name])
            found += counted(name, flags.bad | flags.missing, frame[name], "neither true nor false")
        for name in self.categories:
            text = columns.texts(frame[name])
            found += [*counted(name, text.bad, frame[name], NESTED), *_missing_problems(name, text.missing)]
        if labelled:
            found += self.problem.problems(self.target, frame[self.target])
        return found

    def too_many(self, frame: pd.DataFrame) -> list[str]:
        """What of the rows that a model is fitted on it cannot take, though they are what they should be."""
        counts = {name: int(frame[name].nunique()) for name in self.categories}
        return [
            f"{name} has {count} different values, at most {self.most_values} can be learnt: leave out the rare ones, or the column"
            for name, count in counts.items()
            if self.most_values is not None and count > self.most_values
        ]

    def typed(self, frame: pd.DataFrame, labelled: bool = True) -> pd.DataFrame:
        """The columns of the schema, in its order and types. The table has no problems."""
        found = {name: columns.numbers(frame[name]).values for name in self.numbers}
        for name in self.categories:
            found[name] = self.text(name, frame[name])
        for name in self.flags:
            found[name] = columns.truths(frame[name]).values.astype(bool)
        if labelled:
            found[self.target] = self.problem.typed(frame[self.target])
        return pd.DataFrame(found)[[*self.inputs, *([self.target] if labelled else [])]]

    def asked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of requests, which may have other columns, with categories and flags as text."""
        named = [name for name in [*self.categories, *self.flags] if name in frame]
        return columns.replaced(frame, {name: self.text(name, frame[name]) for name in named})

    def text(self, name: str, values: pd.Series) -> pd.Series:
        """A category or a flag as text, by each value alone, so that other rows do not change it; what is missing stays so."""
        found = columns.texts(values).values
        if name in self.flags:
            # Not as `true`, which Model Monitor would take for a type that it has no name for.
            found = found.map(
                lambda value: np.nan if is_marked(value) else str(TRUTHS.get(value.strip().lower(), value)),
                na_action="ignore",
            ).astype(object)
        return found

    def compact(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The schema's columns, where nothing is wrong with them as they will be trained on: numbers take less room than text."""
        found: dict[str, pd.Series] = {}
        for name in [*self.inputs, self.target]:
            if name not in frame:
                # Kept for the message that says so.
                alike = columns.look_alike(name, frame.columns)
                found |= {} if alike is None else {alike: frame[alike]}
                continue
            if name in self.texts:
                read = columns.texts(frame[name])
                if read.bad.any():
                    found[name] = frame[name].astype(object)
                    continue
                text = read.values
                codes, known = pd.factorize(text)
                # One object for each value, not for each row.
                found[name] = pd.Series(np.append(known.astype(object), np.nan)[codes], text.index, dtype=object)
                continue
            read = columns.truths(frame[name]) if name in self.flags else columns.numbers(frame[name])
            found[name] = frame[name].astype(object) if read.bad.any() else read.values
        return pd.DataFrame(found, index=frame.index)


def files(folder: Path) -> list[Path]:
    return files_in(folder, (GAPS,))[0]


def passed_over(folder: Path) -> PassedOver:
    """How many files below a folder are no tables, by the reason."""
    return files_in(folder, (GAPS,))[1]


def read(folder: Path, schema: Schema) -> pd.DataFrame:
    """@raises Unusable where there is no table, or one that cannot be read"""
    return _together(folder, schema.compact)


def read_text(folder: Path) -> pd.DataFrame:
    """The same without a guess at types: what a CSV file says, as it says it; what is missing there is empty."""
    return _together(folder, lambda frame: frame)


def read_typed(folder: Path, schema: Schema) -> pd.DataFrame:
    """@raises Unusable with everything that is wrong with the table"""
    frame = read(folder, schema)
    problems = schema.problems(frame)
    if problems:
        raise Unusable(f"{folder.name}/: {'; '.join(problems)}")
    return schema.typed(frame)


def _together(folder: Path, taken: Any) -> pd.DataFrame:
    found, passed = files_in(folder, (GAPS,))
    frames = []
    for file in found:
        parts = [taken(piece.rows) for piece in _pieces(file)]
        frames += parts
        if not parts:  # A mark of UTF-8, or empty lines.
            passed["empty"] += 1
    if passed:
        log.warning("files were passed over", extra=fields(folder=folder.name, **passed))
    if not frames:
        others = f"; passed over: {passed}" if passed else ""
        raise Unusable(f"there is no {KINDS_SAID} in {folder.name}/{others}")
    return pd.concat(_with_rows(frames), ignore_index=True)


def _with_rows(frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Without those that only have columns, which would change the types of the others."""
    return [frame for frame in frames if len(frame)] or frames[:1]


def _pieces(file: Path) -> Iterator[Piece]:
    wrong = []
    try:
        for piece in pieces(file, file.name, PIECE_ROWS):
            wrong += piece.rejected
            if not wrong:
                yield piece
    except Unreadable as error:
        raise Unusable(f"{file.name} cannot be read: {error}") from error
    if wrong:
        more = f", and {len(wrong) - 1} more like it" if len(wrong) > 1 else ""
        raise Unusable(f"{file.name} cannot be read: its row {wrong[0].row} {wrong[0].reason}{more}; rows count from 0")


def _number_problems(name: str, given: pd.Series) -> list[str]:
    read = columns.numbers(given)
    found = counted(name, read.bad, given, "no number")
    large = (read.values.abs() > LARGEST).to_numpy()
    found += counted(name, large, given, f"beyond {LARGEST:.4g}, the largest number that can be trained on,")
    return [*found, *_missing_problems(name, read.missing)]


def _missing_problems(name: str, missing: np.ndarray) -> list[str]:
    share = float(missing.mean())
    if share <= MOST_MISSING:
        return []
    return [f"{name} is missing in {share:.0%} of the rows, more than {MOST_MISSING:.0%}"]


def category(value: Any) -> str:
    """A category as text."""
    return text_of(value)
