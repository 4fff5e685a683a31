"""The rule that a canary is judged by."""

from __future__ import annotations

from typing import Any

import pytest

from model_release.scrape import Metrics
from model_release.watch import Counts, at_least, breach, exceeds


def metrics(ok: float, error: float = 0, timeout: float = 0, buckets: dict[str, float] | None = None) -> Metrics:
    of = {"model": "churn", "version": "4"}
    outcomes: list[Any] = [
        (of | {"outcome": outcome}, value) for outcome, value in (("ok", ok), ("error", error), ("timeout", timeout))
    ]
    other: Any = ({"model": "churn", "version": "2", "outcome": "error"}, 1000.0)
    times: list[Any] = [(of | {"le": bound}, value) for bound, value in (buckets or {}).items()]
    return Metrics(
        {
            "model_server_canary_requests_total": [*outcomes, other],
            "model_server_canary_duration_seconds_bucket": times,
        }
    )


@pytest.mark.parametrize(
    ("bad", "total", "over", "goes"),
    [
        (0, 0, True, False),
        (1, 1, False, False),  # One failure in one request happens once in a hundred canaries that keep the objective.
        (2, 2, False, True),
        (1, 20, False, False),
        (5, 5, False, True),  # With so little traffic a minimum number of requests would let it through.
        (5, 500, True, False),  # 1 % is allowed.
        (6, 500, False, False),
        (6, 500, True, True),
        (2, 50, True, False),  # Too few to call 4 % a rate.
        (40, 1000, False, True),
    ],
)
def test_a_share_is_too_high_on_evidence_or_at_the_end_with_enough_requests(
    bad: int, total: int, over: bool, goes: bool
) -> None:
    assert exceeds(bad, total, 0.01, over) is goes


def test_the_chance_is_that_of_the_binomial_distribution() -> None:
    assert at_least(0, 10, 0.5) == pytest.approx(1, abs=0.999)
    assert at_least(8, 10, 0.5) == pytest.approx(56 / 1024)
    assert at_least(3, 3, 0.01) == pytest.approx(1e-6)
    assert at_least(900, 1_000_000, 0.0005) < 1e-9
    assert at_least(1, 5, 0) == 0


def test_an_objective_of_no_failure_at_all_goes_by_the_first_failure() -> None:
    assert exceeds(1, 1000, 0.0, over=False)


def test_counters_that_begin_again_and_pods_that_were_there_before() -> None:
    counts = Counts()
    counts.begin(["old"])
    counts.add("old", metrics(ok=500, error=50), "churn", "4")
    assert counts.requests == 0, "from before the split"
    counts.add("old", metrics(ok=510, error=51), "churn", "4")
    counts.add("new", metrics(ok=7), "churn", "4")
    counts.add("old", metrics(ok=3), "churn", "4")
    assert counts.outcomes == {"ok": 20, "error": 1, "timeout": 0}
    again = Counts.from_json(counts.to_json())
    again.add("new", metrics(ok=8, timeout=2), "churn", "4")
    assert again.outcomes == {"ok": 21, "error": 1, "timeout": 2} and again.failures == 3


def test_p99_is_estimated_within_the_bucket() -> None:
    counts = Counts(buckets={"0.1": 90.0, "0.2": 100.0, "+Inf": 100.0})
    assert counts.quantile(0.99) == pytest.approx(0.19)
    assert counts.slower_than(0.19) == pytest.approx(1)
    assert counts.slower_than(0.05) == pytest.approx(55)
    assert Counts().quantile(0.99) == 0


def test_requests_beyond_the_last_bucket_are_slow() -> None:
    counts = Counts(buckets={"0.1": 100.0, "1.0": 100.0, "+Inf": 200.0})
    assert counts.slower_than(2) == 100
    reason = breach(counts, None, 2000, over=False)
    assert reason is not None and "p99" in reason


def test_no_objective_is_not_watched() -> None:
    counts = Counts(outcomes={"ok": 0, "error": 100, "timeout": 0})
    assert breach(counts, None, None, over=True) is None
