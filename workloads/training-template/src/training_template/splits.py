"""Which split a row belongs to: by what is in it, and by nothing else that is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b

import pandas as pd

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
    columns = [_said(frame[name]) for name in sorted(by or frame.columns)]
    hundredth = pd.Series(
        [_hundredth(_BETWEEN.join(row)) for row in zip(*columns, strict=True)], frame.index, dtype=int
    )
    parts, begin = {}, 0
    for split in SPLITS:
        parts[split] = frame[(hundredth >= begin) & (hundredth < BOUNDS[split])]
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
    return repr(number) if math.isfinite(number) else text
