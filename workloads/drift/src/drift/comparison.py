"""One column that was trained on beside what came of it: what the drift check tells of, and a training's gate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drift.distance import noise, psi
from mlplatform.baseline import Column, Counts


@dataclass(frozen=True)
class Compared:
    psi: float
    #: What PSI stays below by chance alone, with so many rows and bins.
    chance: float
    #: Rows of training and rows that came, by bin; those that both lack are left out.
    bins: dict[str, tuple[int, int]]


def compared(column: Column, live: Counts, comparisons: int) -> Compared:
    """@param comparisons columns that are looked at together"""
    bins = {name: pair for name, pair in column.bins(live).items() if any(pair)}
    found = psi([before for before, _ in bins.values()], [now for _, now in bins.values()])
    chance = noise(len(bins), int(column.counts.sum()), int(live.sum()), comparisons)
    return Compared(found, chance, bins)


def all_compared(
    columns: Mapping[str, Column], values: Callable[[str], Iterable[Any]]
) -> dict[str, tuple[float, float]]:
    """Of each column the index, and what chance alone reaches."""
    found = {}
    for name, column in columns.items():
        measured = compared(column, column.count(values(name)), len(columns))
        found[name] = round(measured.psi, 6), round(measured.chance, 6)
    return found
