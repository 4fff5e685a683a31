"""What columns of a baseline have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Counts = np.ndarray
#: Rows that were trained on and rows that came, by bin.
Bins = dict[str, tuple[int, int]]

UNKNOWN = "no value of it is known"


class BaselineError(ValueError):
    """A baseline cannot be made of, or read from, what was given."""


def check_counts(counts: Counts, size: int) -> None:
    if counts.shape != (size,) or (counts < 0).any():
        raise BaselineError(f"it needs {size} counts, none below zero")


def named(names: Sequence[str], counts: Sequence[int]) -> dict[str, int]:
    named: dict[str, int] = {}
    for name, count in zip(names, counts, strict=True):
        while name in named:  # Two edges may look alike when they are shortened.
            name += "'"
        named[name] = count
    return named
