"""Sentences on values that a column may not have."""

from __future__ import annotations

import numpy as np
import pandas as pd


def counted(name: str, wrong: pd.Series | np.ndarray, values: pd.Series, what: str) -> list[str]:
    """How many rows, and the first value; nothing where none is wrong."""
    if not wrong.any():
        return []
    return [f"{name} is {what} in {int(wrong.sum())} rows, first {str(values[wrong].iloc[0])[:50]!r}"]
