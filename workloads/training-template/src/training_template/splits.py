"""Which split a row belongs to: by what is in it and by nothing else that is there, or by its time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b

import pandas as pd

from mlplatform.tables import columns
from training_template.hyperparameters import Unusable
from training_template.problems.wrong import counted
from training_template.tables import SPLITS

#: Hundredths of the rows up to which each split reaches.
BOUNDS = {"train": 60, "validation": 80, "test": 100}
#: Between values, so that those of two columns are not taken for those of two others.
_BETWEEN = "\x1f"


def split_rows(frame: pd.DataFrame, by: Sequence[str] = ()) -> dict[str, pd.DataFrame]:
    """Equal rows are in one split, so that nothing is asked that was learnt by heart. It is the same for ever: neither other rows nor
    other columns, nor their order, nor how a file writes a number move a row.

    @param by columns that decide; without any all do
    """
    said = [_said(frame[name]) for name in sorted(by or frame.columns)]
    hundredth = pd.Series([_hundredth(_BETWEEN.join(row)) for row in zip(*said, strict=True)], frame.index, dtype=int)
    parts, begin = {}, 0
    for split in SPLITS:
        parts[split] = frame[(hundredth >= begin) & (hundredth < BOUNDS[split])]
        begin = BOUNDS[split]
    return parts


def split_by_time(frame: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """The oldest rows are trained on and the newest are the test, as a forecast is judged by what comes after what it knows. Rows of one
    time stay together. Unlike above, rows that come later move the bounds.

    @param column numbers or times in ISO 8601
    @raises Unusable where a row has neither, or there are too few times
    """
    numbers, times = columns.numbers(frame[column]), columns.times(frame[column])
    read = numbers if (numbers.bad | numbers.missing).sum() <= (times.bad | times.missing).sum() else times
    found = counted(column, read.bad | read.missing, frame[column], "neither a number nor a time")
    if found:
        raise Unusable(f"{found[0]}: split_time needs one in every row")
    if read.values.nunique() < len(SPLITS):
        raise Unusable(f"{column} has {read.values.nunique()} different times, split_time needs at least {len(SPLITS)}")
    # Rows that are older, in hundredths of all.
    before = 100 * (read.values.rank(method="min") - 1) / len(frame)
    parts, begin = {}, 0
    for split in SPLITS:
        parts[split] = frame[(before >= begin) & (before < BOUNDS[split])]
        begin = BOUNDS[split]
    return parts


def _hundredth(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % 100


def _said(values: pd.Series) -> list[str]:
    return ["" if missing else _alike(str(value)) for value, missing in zip(values, values.isna(), strict=True)]


def _alike(text: str) -> str:
    """One text for what means the same: one missing value in a column makes many a tool write 5.0 for 5 in all other rows."""
    text = text.strip().lower()
    try:
        number = float(text)
    except ValueError:
        return text
    return repr(number + 0.0) if math.isfinite(number) else text  # Whole, -0.0 is written 0.
