"""How far two distributions lie apart, from counts in the same bins.

PSI, the population stability index, is the sum over bins of (p - q) ln(p / q): the relative entropy in both directions.
An empty bin counts as half a row, for no sample shows that something never happens.

KS, the distance of Kolmogorov and Smirnov, is the largest difference between two cumulative distributions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

#: How often, over all columns of one check together, the limit may be passed where nothing has changed.
FALSE_ALARMS = 0.01


def psi(expected: Sequence[int], actual: Sequence[int]) -> float:
    """@raises ValueError where either side has no row"""
    p, q = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    if p.shape != q.shape or p.sum() == 0 or q.sum() == 0:
        raise ValueError("both sides need the same bins, and at least one row")
    used = (p > 0) | (q > 0)
    p, q = (np.maximum(side[used], 0.5) / side.sum() for side in (p, q))
    # As shares that add up to one, which the half rows disturb a little; scipy does the same.
    return float(stats.entropy(p, q) + stats.entropy(q, p))


def noise(bins: int, expected_rows: int, actual_rows: int, comparisons: int) -> float:
    """What PSI stays below by chance alone: times nm / (n + m) it is chi-squared with one degree less than bins.

    See B. Yurdakul, Statistical Properties of Population Stability Index (2018),
    https://scholarworks.wmich.edu/dissertations/3208
    """
    if bins < 2:
        return 0.0
    quantile = stats.chi2.isf(FALSE_ALARMS / max(1, comparisons), bins - 1)
    return float(quantile * (1 / expected_rows + 1 / actual_rows))


def ks(expected: Sequence[int], actual: Sequence[int]) -> tuple[float, float] | None:
    """Distance, and how likely one as large is by chance; None where either side has no row."""
    p, q = np.cumsum(expected, dtype=float), np.cumsum(actual, dtype=float)
    n, m = p[-1], q[-1]
    if n == 0 or m == 0:
        return None
    distance = float(np.max(np.abs(p / n - q / m)))
    return distance, float(stats.kstwobign.sf(distance * math.sqrt(n * m / (n + m))))
