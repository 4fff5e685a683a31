import json

import numpy as np
import pytest

from mlplatform.baseline import CategoryColumn, category_of
from mlplatform.category_column import MAX_CATEGORIES


def of(**times):
    return CategoryColumn.of([name for name, count in times.items() for _ in range(count)])


@pytest.mark.parametrize(
    ("value", "name"),
    [(True, "true"), (np.bool_(False), "false"), (3, "3"), (3.0, "3"), (np.int64(3), "3"), (3.5, "3.5"), ("x", "x"),
     (None, None), (float("nan"), None)],
)  # fmt: skip
def test_a_value_is_named_the_same_however_it_arrives(value, name):
    assert category_of(value) == name


def test_of_few_values_each_has_a_bin_and_others_and_missing_have_theirs():
    column = CategoryColumn.of(["a"] * 5 + ["b"] * 3 + [None])
    assert column.bins(column.count(["a", "new", None, float("nan")])) == {
        "= a": (5, 1), "= b": (3, 0), "any other": (0, 1), "missing": (1, 2),
    }  # fmt: skip


def test_of_many_values_the_common_ones_have_a_bin_and_the_rare_ones_share_some():
    column = of(common=900, **{f"rare {place}": 2 for place in range(50)})
    bins = column.bins(column.count(["common"] * 90 + [f"rare {place}" for place in range(10)]))
    assert bins == {"= common": (900, 90), "rare values": (100, 10), "any other": (0, 0), "missing": (0, 0)}


def test_values_that_came_once_stand_for_those_that_are_new_now():
    column = of(
        common=900, **{f"rare {place}": 2 for place in range(25)}, **{f"once {place}": 1 for place in range(50)}
    )
    bins = column.bins(column.count(["common"] * 900 + ["once 1"] * 50 + [f"new {place}" for place in range(50)]))
    # It has come again, so that it is known.
    assert bins == {"= common": (900, 900), "= once 1": (1, 50), "rare values": (50, 0), "any other": (49, 50), "missing": (0, 0)}  # fmt: skip


def test_a_value_that_was_rare_has_a_bin_once_it_is_common():
    column = of(common=900, **{f"rare {place}": 2 for place in range(50)})
    bins = column.bins(column.count(["common"] * 700 + ["rare 7"] * 300))
    assert bins["= rare 7"] == (2, 300) and bins["rare values"] == (98, 0)


def test_rows_of_rare_values_are_many_bins_where_they_are_many_rows():
    column = CategoryColumn.of([f"c{place % 800}" for place in range(8000)])
    bins = column.bins(column.count([f"c{place % 800}" for place in range(2400)]))
    rare = {name: pair for name, pair in bins.items() if name.startswith("rare values")}
    assert 10 <= len(rare) <= 20 and list(rare)[0] == f"rare values, 1 of {len(rare)}"
    assert [sum(side) for side in zip(*rare.values())] == [8000, 2400]
    assert all(before >= 400 for before, _ in rare.values())


def test_values_beyond_those_that_are_kept_are_counted_where_live_ones_are():
    values = [f"c{place}" for place in range(2000) for _ in range(2 + place % 3)]
    column = CategoryColumn.of(values)
    assert len(column.categories) == MAX_CATEGORIES and column.counts.sum() == len(values)
    bins = column.bins(column.count(values))
    assert {name.split(",")[0] for name in bins} == {"any other", "missing"}
    assert all(before == now for before, now in bins.values())
    risen = column.bins(column.count([*values, *["unheard of"] * len(values)]))
    assert max(now - before for before, now in risen.values()) == len(values)


@pytest.mark.parametrize("live", [[], ["a"], ["new"] * 500, [None], ["a", "b", "c0", "c1"] * 100])
def test_no_row_of_either_side_is_lost(live):
    for column in (of(a=5), of(a=500, b=30, **{f"c{place}": 1 + place % 4 for place in range(300)})):
        bins = column.bins(column.count(live))
        assert [sum(side) for side in zip(*bins.values())] == [int(column.counts.sum()), len(live)]


def test_what_is_written_is_read_by_programs_that_know_of_no_slots_and_what_they_wrote_is_read_here():
    column = CategoryColumn.of([f"c{place}" for place in range(1500) for _ in range(3)])
    written = json.loads(json.dumps(column.to_dict()))
    assert written["counts"][-2:] == [1500, 0] and len(written["counts"]) == MAX_CATEGORIES + 2
    again = CategoryColumn.from_dict(written)
    assert again.to_dict() == written and (again.count(["c1", "odd"]) == column.count(["c1", "odd"])).all()
    del written["others"]
    old = CategoryColumn.from_dict(written)
    bins = old.bins(old.count(["odd"] * 100))
    assert bins == {"any other": (4500, 100), "missing": (0, 0)}


def test_text_that_no_encoding_has_is_counted():
    column = CategoryColumn.of(["a", "\ud800"] * 10)
    assert column.bins(column.count(["\udfff"]))["any other"] == (0, 1)
