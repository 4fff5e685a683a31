"""A column of text, truth values or codes as counts by value."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlplatform.baseline_counts import BaselineError, Bins, Counts, check_counts
from mlplatform.tables.values import EMPTY_TEXTS, category_of

#: Values that are kept by name, the commonest first.
MAX_CATEGORIES = 1000
#: A column with more distinct values than this, nearly all of them single, names rows and does not describe them.
MAX_IDENTIFIERS = 1000
#: Values that have no name here are counted in so many slots, by their hash, which no count decides.
SLOTS = 32
#: Of a column with at most so many values, as many as numbers have bins, each value has a bin, however rare it is.
FEW_VALUES = 10
#: Of others those that are to be expected in so many rows of the smaller side have one, as of any test by chi-squared;
LEAST_ROWS = 10
#: and in this share of all rows: PSI over more bins would say more of chance than of change.
LEAST_SHARE = 0.01
#: The rest share bins of this share at least, so that a value of theirs that becomes common is seen.
RARE_SHARE = 0.05


def names_rows(distinct: int, rows: int) -> bool:
    """Whether a column with so many different values says which row it is, and nothing that could come again."""
    return distinct > MAX_IDENTIFIERS and distinct > rows / 2


@dataclass(frozen=True)
class CategoryColumn:
    """Counts of each known value, then of all others by slot, then of missing ones."""

    categories: tuple[str, ...]
    counts: Counts
    #: Text that is no value. A version keeps what was missing when it was trained.
    missing: tuple[str, ...] = ()
    #: 1 in baselines of old.
    slots: int = SLOTS

    kind = "categorical"

    @staticmethod
    def of(values: Sequence[Any]) -> CategoryColumn:
        names = [category_of(value, EMPTY_TEXTS) for value in values]
        found, times = np.unique([name for name in names if name is not None], return_counts=True)
        if names_rows(found.size, len(names)):
            raise BaselineError(f"its {found.size} values are nearly all different")
        order = np.lexsort((found, -times))[:MAX_CATEGORIES]
        categories = tuple(str(found[i]) for i in order)
        empty = CategoryColumn(categories, np.zeros(order.size + SLOTS + 1, dtype=np.int64), EMPTY_TEXTS)
        return CategoryColumn(categories, empty.count(values), EMPTY_TEXTS)

    def count(self, values: Iterable[Any]) -> Counts:
        places = {name: place for place, name in enumerate(self.categories)}
        counts = np.zeros(len(places) + self.slots + 1, dtype=np.int64)
        for value in values:
            name = category_of(value, self.missing)
            place = -1 if name is None else places.get(name)
            counts[len(places) + self._slot(name) if place is None else place] += 1
        return counts

    def bins(self, live: Counts) -> Bins:
        """What was trained on and what came, in the same bins: one for each common value, some for rare ones, any other, missing.

        Which values are common both sides decide together: were it one of them, its own chance would make its commonest values
        look as if they became rarer.
        """
        known = len(self.categories)
        sides = np.vstack([self.counts, live])
        values, others, missing = sides[:, :known], sides[:, known:-1], sides[:, -1]
        complete = not others[0].any()
        own = np.ones(known, dtype=bool) if complete and known <= FEW_VALUES else self._common(values, sides)
        found: Bins = {f"= {self.categories[at]}": _pair(values[:, at]) for at in np.flatnonzero(own)}
        rest = values * ~own
        # Of values that came once in training nobody had known without that row: it stands for those that are new now.
        single = np.zeros_like(rest)
        if complete and known > FEW_VALUES:
            single[0] = rest[0] * (rest[0] == 1)
        least = max(RARE_SHARE, LEAST_ROWS / max(1, sides.sum(axis=1).min()))
        if complete:
            found |= _shared("rare values", self._by_slot(rest - single), sides, least) if not own.all() else {}
            found |= _shared("any other", self._by_slot(single) + others, sides, least)
        else:
            found |= _shared("any other", self._by_slot(rest) + others, sides, least)
        return {**found, "missing": _pair(missing)}

    def _common(self, values: np.ndarray, sides: np.ndarray) -> np.ndarray:
        rows = sides.sum(axis=1)
        share = values.sum(axis=0) / max(1, rows.sum())
        return (share >= LEAST_SHARE) & (share * rows.min() >= LEAST_ROWS)

    def _slot(self, name: str) -> int:
        return zlib.crc32(name.encode("utf-8", "surrogatepass")) % self.slots

    def _by_slot(self, values: np.ndarray) -> np.ndarray:
        places = np.fromiter(map(self._slot, self.categories), int, len(self.categories))
        return np.vstack([np.bincount(places, side, self.slots) for side in values]).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        known = len(self.categories)
        others = self.counts[known:-1]
        return {
            "kind": self.kind,
            "categories": list(self.categories),
            # As programs read it that know of no slots.
            "counts": [*self.counts[:known].tolist(), int(others.sum()), int(self.counts[-1])],
            "others": others.tolist(),
            "missing": list(self.missing),
        }

    @staticmethod
    def from_dict(given: Mapping[str, Any]) -> CategoryColumn:
        categories = tuple(str(name) for name in given["categories"])
        counts = np.asarray(given["counts"], dtype=np.int64)
        check_counts(counts, len(categories) + 2)
        others = np.asarray(given.get("others", [counts[-2]]), dtype=np.int64)
        if others.ndim != 1 or others.size == 0 or (others < 0).any() or others.sum() != counts[-2]:
            raise BaselineError("its other values do not add up")
        counts = np.concatenate([counts[:-2], others, counts[-1:]])
        return CategoryColumn(categories, counts, tuple(str(text) for text in given.get("missing", ())), others.size)


def _shared(name: str, slots: np.ndarray, sides: np.ndarray, least: float) -> Bins:
    """Neighbouring slots together, until at least such a share of all rows is in each."""
    groups, open_ = [], np.zeros(2, dtype=np.int64)
    for slot in slots.T:
        open_ = open_ + slot
        if open_.sum() >= least * sides.sum():
            groups.append(open_)
            open_ = np.zeros(2, dtype=np.int64)
    if groups and open_.any():
        groups[-1] = groups[-1] + open_
    groups = groups or [open_]
    names = [name] if len(groups) == 1 else [f"{name}, {place} of {len(groups)}" for place in range(1, len(groups) + 1)]
    return {each: _pair(group) for each, group in zip(names, groups, strict=True)}


def _pair(counts: np.ndarray) -> tuple[int, int]:
    return int(counts[0]), int(counts[1])
