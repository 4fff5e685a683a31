"""Whether rows of a split may be trained on: `validate` reports it, and `train` refuses what it would have reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from training_template.hyperparameters import Unusable
from training_template.tables import Schema, read

#: With fewer rows of a split its metrics are mostly chance.
MIN_ROWS = {"train": 200, "validation": 50, "test": 50}
#: What a job that trains reads; the rest is for whoever judges it.
FITTED = ("train", "validation")


def problems_of(schema: Schema, split: str, frame: pd.DataFrame, own_model: bool = True) -> list[str]:
    """A sentence for everything that is wrong, after the name of the split.

    @param own_model whether the project's own model is fitted; trees of another algorithm have limits of their own, see `rows.py`
    """
    found = schema.problems(frame)
    if not found and split == "train":
        found = schema.problem.absent(schema.target, frame[schema.target])
    if not found and len(frame) < MIN_ROWS[split]:
        found = [f"{len(frame)} rows, at least {MIN_ROWS[split]} are needed"]
    if not found and split == "train" and own_model:
        found = schema.too_many(schema.typed(frame))
    return [f"{split}/: {problem}" for problem in found]


def fitted(folder_of: Callable[[str], Path], schema: Schema) -> list[pd.DataFrame]:
    """Rows to fit on, and rows to measure on.

    @raises Unusable with everything that is wrong with either
    """
    frames, problems = [], []
    for split in FITTED:
        try:
            frame = read(folder_of(split), schema)
        except Unusable as error:
            problems.append(str(error))
            continue
        found = problems_of(schema, split, frame)
        problems += found
        if not found:
            frames.append(schema.typed(frame))
    if problems:
        raise Unusable("; ".join(problems))
    return frames
