"""A column of numbers as counts between its quantiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from mlplatform.baseline_counts import UNKNOWN, BaselineError, Bins, Counts, check_counts, named

#: Quantiles kept of a number: the distance of Kolmogorov and Smirnov is exact to one in so many.
FINE_BINS = 200
#: Bins of equal frequency over which the population stability index is summed; ten is the custom it is known with.
COARSE_BINS = 10


@dataclass(frozen=True)
class NumericColumn:
    """A number, counted between its quantiles: bin i is above edge i-1 and not above edge i. Missing comes last."""

    edges: np.ndarray
    #: Those of `edges` that bound the coarse bins.
    coarse_edges: np.ndarray
    counts: Counts

    kind = "numeric"

    @staticmethod
    def of(values: Sequence[Any]) -> NumericColumn:
        numbers = _numbers(values)
        known = numbers[np.isfinite(numbers)]
        if known.size == 0:
            raise BaselineError(UNKNOWN)
        with np.errstate(over="ignore"):
            known = known.astype(np.float32)
        # The edge just below the smallest value gives a bin to everything that training never saw, on that side too.
        below = np.nextafter(known.min(), np.float32(-np.inf))
        coarse = np.unique(np.append(below, _quantiles(known, COARSE_BINS)))
        fine = np.unique(np.concatenate([coarse, _quantiles(known, FINE_BINS)]))
        empty = NumericColumn(fine, coarse, np.zeros(fine.size + 2, dtype=np.int64))
        return NumericColumn(fine, coarse, empty.count(values))

    def count(self, values: Iterable[Any]) -> Counts:
        numbers = _numbers(list(values))
        known = numbers[np.isfinite(numbers)]
        with np.errstate(over="ignore"):
            bins = np.searchsorted(self.edges, known.astype(np.float32), side="left")
        counted = np.bincount(bins, minlength=self.edges.size + 1)
        return np.append(counted, numbers.size - known.size).astype(np.int64)

    def coarse(self, counts: Counts) -> dict[str, int]:
        """Counts by coarse bin, under names that a person can read."""
        upto = np.concatenate([[0], np.cumsum(counts[:-1])])
        bounds = [0, *(int(i) + 1 for i in np.searchsorted(self.edges, self.coarse_edges)), upto.size - 1]
        edges = [f"{edge:.6g}" for edge in self.coarse_edges]
        names = ["below training", *(f"up to {edge}" for edge in edges[1:]), "above training", "missing"]
        summed = [int(upto[last] - upto[first]) for first, last in pairwise(bounds)]
        return named(names, [*summed, int(counts[-1])])

    def bins(self, live: Counts) -> Bins:
        """What was trained on and what came, in the same bins."""
        trained, came = self.coarse(self.counts), self.coarse(live)
        return {name: (trained[name], came[name]) for name in trained}

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "edges": [float(edge) for edge in self.edges],
            "coarseEdges": [float(edge) for edge in self.coarse_edges],
            "counts": self.counts.tolist(),
        }

    @staticmethod
    def from_dict(given: Mapping[str, Any]) -> NumericColumn:
        edges = np.asarray(given["edges"], dtype=np.float32)
        coarse = np.asarray(given["coarseEdges"], dtype=np.float32)
        counts = np.asarray(given["counts"], dtype=np.int64)
        if edges.ndim != 1 or edges.size == 0 or np.any(np.diff(edges) <= 0) or not np.isin(coarse, edges).all():
            raise BaselineError("its edges do not rise, or the coarse ones are none of them")
        check_counts(counts, edges.size + 2)
        return NumericColumn(edges, coarse, counts)


def _numbers(values: Sequence[Any]) -> np.ndarray:
    """As float64; what is no number is NaN."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return np.asarray([_number(value) for value in values], dtype=np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _quantiles(known: np.ndarray, bins: int) -> np.ndarray:
    # Values that occur, not means of two: so that counting "not above" them gives the frequency they stand for.
    return np.quantile(known, np.arange(1, bins + 1) / bins, method="inverted_cdf").astype(np.float32)
