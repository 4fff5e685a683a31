"""Halves of the same rows, and rows that have moved: `bench/alarms.py` measures the same over more kinds and seeds."""

import numpy as np
import pytest

from drift.comparison import compared
from mlplatform.baseline import Baseline

MAX_PSI = 0.2


def words(random, count, rows, steep):
    shares = 1 / np.arange(1, count + 1) ** steep
    return random.choice([f"v{place}" for place in range(count)], rows, p=shares / shares.sum()).astype(object)


def told(trained, live, columns=2):
    column = Baseline.of({"c": trained}, [0.5]).features["c"]
    found = compared(column, column.count(live), columns)
    return found.psi > max(MAX_PSI, found.chance)


@pytest.mark.parametrize("steep", [0.0, 1.0])
@pytest.mark.parametrize(("count", "rows"), [(2, 100), (12, 100), (20, 250), (200, 500), (200, 5000), (1000, 2500), (1500, 5000)])  # fmt: skip
def test_halves_of_the_same_rows_are_not_told(count, rows, steep):
    alarms = 0
    for seed in range(100):
        both = words(np.random.default_rng(seed), count, 2 * rows, steep)
        alarms += told(both[:rows], both[rows:])
    assert alarms <= 3


@pytest.mark.parametrize(("count", "rows"), [(2, 100), (12, 100), (2, 5000), (12, 500), (200, 500), (200, 5000)])
def test_a_new_value_and_a_rare_one_in_three_of_ten_rows_are_told(count, rows):
    for seed in range(20):
        random = np.random.default_rng(seed)
        trained, live = words(random, count, rows, 1.0), words(random, count, rows, 1.0)
        some = random.random(rows) < 0.3
        assert told(trained, np.where(some, "never seen", live)), seed
        if count > 2:
            assert told(trained, np.where(some, f"v{count - 1}", live)), seed


@pytest.mark.parametrize("count", [20, 200])
def test_shares_that_have_moved_are_told(count):
    for seed in range(20):
        random = np.random.default_rng(seed)
        trained, live = words(random, count, 500, 1.0), words(random, count, 500, 0.0)
        assert told(trained, live), seed
