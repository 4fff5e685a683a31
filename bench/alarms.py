"""How often the drift check is wrong: alarms over random halves of the same rows, and moves that it does not tell.

PYTHONPATH=workloads/mlplatform/src:workloads/drift/src python bench/alarms.py, with the packages of requirements/drift.txt. Takes three minutes.

Prints a line for each kind of column: of `SPLITS` random halves of twice 100, 500 and 5,000 rows, in how many percent drift was told though
nothing had changed; and in how many percent it was told when something had. Beside the column the answers are compared, as for every model. With names
as arguments only these kinds.
"""

import sys
from collections.abc import Callable

import numpy as np

from drift.comparison import compared
from mlplatform.baseline import Baseline, Column

SPLITS = 200
ROWS = (100, 500, 5000)
MAX_PSI = 0.2
COMPARISONS = 2

Rows = np.ndarray
Random = np.random.Generator


def categories(count: int, steep: float) -> Callable[[Random, int], Rows]:
    """@param steep 0: all are as common; 1: as words are, the n-th has an n-th of the first"""
    shares = 1 / np.arange(1, count + 1) ** steep
    names = np.array([f"value {place}" for place in range(count)], dtype=object)
    return lambda random, rows: random.choice(names, rows, p=shares / shares.sum())


COLUMNS: dict[str, Callable[[Random, int], Rows]] = {
    "normal numbers": lambda random, rows: random.normal(size=rows),
    "numbers with many ties": lambda random, rows: random.poisson(2, rows).astype(float),
    "numbers, a third missing": lambda random, rows: np.where(random.random(rows) < 0.3, np.nan, random.gamma(2, 1, rows)),
    "true or false": lambda random, rows: random.random(rows) < 0.3,
    "true in 2 of 100": lambda random, rows: random.random(rows) < 0.02,
    **{f"{count} values, {how}": categories(count, steep)
       for count in (2, 12, 20, 200, 1000) for how, steep in (("alike", 0.0), ("as words", 1.0))},
}  # fmt: skip


def new_value(random: Random, given: Rows) -> Rows:
    """In three of ten rows."""
    return np.where(random.random(len(given)) < 0.3, "never seen", given.astype(object))


def new_values(random: Random, given: Rows) -> Rows:
    """In half of the rows, all different."""
    other = np.array([f"new {place}" for place in range(len(given))], dtype=object)
    return np.where(random.random(len(given)) < 0.5, other, given.astype(object))


def one_rises(random: Random, given: Rows) -> Rows:
    """A value that was there, of the rarer half, comes in three of ten rows."""
    found, times = np.unique(given.astype(str), return_counts=True)
    rare = found[np.argsort(times)[len(found) // 4]]
    return np.where(random.random(len(given)) < 0.3, rare, given.astype(object))


def missing(random: Random, given: Rows) -> Rows:
    """In three of ten rows more."""
    return np.where(random.random(len(given)) < 0.3, None, given.astype(object))


def moved(random: Random, given: Rows) -> Rows:
    """By a deviation."""
    return given + np.nanstd(given)


def told(column: Column | None, came: Rows) -> bool | None:
    """None where the column is left out."""
    if column is None:
        return None
    found = compared(column, column.count(came.tolist()), COMPARISONS)
    return found.psi > max(MAX_PSI, found.chance)


def share(found: list[bool | None]) -> str:
    known = [each for each in found if each is not None]
    return f"{100 * sum(known) / len(known):.1f}" if known else "left out"


def main() -> None:
    for name, column in COLUMNS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        for rows in ROWS:
            silent, moves = [], {}
            for seed in range(SPLITS):
                random = np.random.default_rng(seed)
                both = column(random, 2 * rows)
                random.shuffle(both)
                trained, came = (
                    Baseline.of({"c": both[:rows], "n": np.arange(3.0)}, [0.5]).features.get("c"),
                    both[rows:],
                )
                silent.append(told(trained, came))
                numeric = both.dtype.kind == "f"
                for change in (moved, missing) if numeric else (new_value, new_values, one_rises, missing):
                    moves.setdefault(change.__name__, []).append(told(trained, change(random, came)))
            said = ", ".join(f"{change} {share(found)} %" for change, found in moves.items())
            print(f"{name}, {rows} rows: {share(silent)} % false; told: {said}", flush=True)


if __name__ == "__main__":
    main()
