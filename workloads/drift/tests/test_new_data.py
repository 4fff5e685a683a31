"""A notebook's question: whether rows have moved since the live version was trained."""

from types import SimpleNamespace

import pytest

from conftest import answers, table
from drift import new_data
from drift.new_data import moved, since_live
from mlplatform.baseline import Baseline


def learnt(rows, share):
    return [1 if place < share * rows else 0 for place in range(rows)]


def rows_of(seed, share=0.3, **more):
    return {**table(2000, seed, **more), "left": learnt(2000, share)}


BASELINE = Baseline.of(table(2000, 1), answers(2000, 1)).with_target("left", learnt(2000, 0.3))


def test_columns_and_the_target_are_compared_and_survive_the_file():
    found = moved(Baseline.from_json(BASELINE.to_json()), rows_of(2))
    assert set(found.drift) == {"amount", "plan", "gaps", "left"}
    assert (found.reasons(0.2), found.unchanged(0.02)) == ([], True)


def test_what_moved_is_named_and_nothing_is_called_unchanged():
    found = moved(BASELINE, rows_of(2, shift=40))
    assert [reason.split()[2] for reason in found.reasons(0.2)] == ["amount"] and not found.unchanged(0.02)
    other = moved(BASELINE, rows_of(2, share=0.9))
    assert [reason.split()[2] for reason in other.reasons(0.2)] == ["left"] and not other.unchanged(0.02)


def test_without_a_target_on_either_side_nothing_is_called_unchanged():
    assert not moved(BASELINE, table(2000, 2)).unchanged(0.02)
    assert not moved(Baseline.of(table(2000, 1), answers(2000, 1)), rows_of(2)).unchanged(0.02)


DATES = [f"2026-01-{1 + place % 28:02}" for place in range(2000)]
WITH_DATES = Baseline.of({**table(2000, 1), "sold": DATES}, answers(2000, 1)).with_target("left", learnt(2000, 0.3))


def test_a_column_that_could_not_be_compared_may_have_moved_unless_somebody_passes_it_over():
    assert list(WITH_DATES.left_out) == ["sold"]
    for rows in (rows_of(2), {**rows_of(2), "sold": ["25H2"] * 2000}):
        found = moved(WITH_DATES, rows)
        assert (found.unchanged(0.02), found.not_compared) == (False, ("sold",))
        assert moved(WITH_DATES, rows, ignored=["sold"]).unchanged(0.02)
    declared = Baseline.of({**table(2000, 1), "sold": DATES}, answers(2000, 1), columns={"sold": "ignore"})
    assert moved(declared.with_target("left", learnt(2000, 0.3)), rows_of(2)).unchanged(0.02)


def test_a_feature_that_the_rows_lack_may_have_moved():
    rows = rows_of(2)
    assert not moved(BASELINE, {"left": rows["left"]}).unchanged(0.02)
    lacking = {name: values for name, values in rows.items() if name != "plan"}
    assert (moved(BASELINE, lacking).unchanged(0.02), moved(BASELINE, lacking).not_compared) == (False, ("plan",))
    assert moved(BASELINE, lacking, ignored=["plan"]).unchanged(0.02)


def test_answers_that_had_no_baseline_are_no_rows():
    texts = [f"an answer of its own {place}" for place in range(2000)]
    baseline = Baseline.of(table(2000, 1), texts).with_target("left", learnt(2000, 0.3))
    assert list(baseline.left_out) == ["predictions.prediction"] and moved(baseline, rows_of(2)).unchanged(0.02)


@pytest.mark.parametrize("live", ["4", None])
def test_a_notebook_asks_for_the_version_that_a_new_one_has_to_beat(monkeypatch, live):
    asked = []
    monkeypatch.setattr(new_data, "incumbent", lambda _: live and SimpleNamespace(version=live))
    find = SimpleNamespace(of=lambda *given: asked.append(given) or BASELINE)
    monkeypatch.setattr(new_data, "Baselines", lambda: find)
    found = since_live("churn", rows_of(2, shift=40), ignored=["plan"])
    if live is None:
        assert (found, asked) == (None, [])
        return
    assert asked == [("churn", "models:/churn/4", "4")]
    assert set(found.drift) == {"amount", "gaps", "left"}
