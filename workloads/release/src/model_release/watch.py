"""How a canary does, counted by the stable pods that forward to it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from model_release.scrape import Metrics

# Fewer requests than this are too few to call a share a rate at the end of the bake.
ENOUGH_REQUESTS = 100
# During the bake a canary goes only on evidence: one that keeps the objective would show as much once in a thousand.
CHANCE = 0.001
OUTCOMES = ("ok", "error", "timeout")


@dataclass
class Counts:
    """
    Requests to the canary since the split began, over all stable pods.

    Counters of a pod begin again at 0 when its server restarts, and pods come and go: what each pod said last is kept,
    and only its increase is added. Both survive a restart of the controller, in the ConfigMap.
    """

    outcomes: dict[str, float] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0.0))
    buckets: dict[str, float] = field(default_factory=dict)
    # By life of a pod; none: the pod was there when the split began, but what it had counted by then is not known yet.
    last: dict[str, dict[str, dict[str, float]] | None] = field(default_factory=dict)

    def begin(self, lives: list[str]) -> None:
        """These pods were there before the split: what they count first is from before."""
        self.last = dict.fromkeys(lives)

    def add(self, life: str, metrics: Metrics, model: str, version: str) -> None:
        now = {
            "outcomes": metrics.by("outcome", "model_server_canary_requests_total", model=model, version=version),
            "buckets": metrics.by("le", "model_server_canary_duration_seconds_bucket", model=model, version=version),
        }
        before = self.last.get(life, {"outcomes": {}, "buckets": {}})
        if before is not None:
            for kind, sums in (("outcomes", self.outcomes), ("buckets", self.buckets)):
                for label, value in now[kind].items():
                    was = before[kind].get(label, 0.0)
                    sums[label] = sums.get(label, 0.0) + (value - was if value >= was else value)
        self.last[life] = now

    @property
    def requests(self) -> float:
        return sum(self.outcomes.values())

    @property
    def failures(self) -> float:
        return self.outcomes.get("error", 0.0) + self.outcomes.get("timeout", 0.0)

    @property
    def timed(self) -> float:
        return self.buckets.get("+Inf", 0.0)

    def slower_than(self, seconds: float) -> float:
        """Requests that took longer, evenly spread within the bucket that the limit falls into."""
        below, lower = 0.0, 0.0
        for bound, count in sorted((float(bound), count) for bound, count in self.buckets.items()):
            if bound >= seconds:
                share = 0.0 if math.isinf(bound) else (seconds - lower) / (bound - lower)
                return self.timed - (below + share * (count - below))
            below, lower = count, bound
        return 0.0

    def quantile(self, share: float) -> float:
        """Seconds within which this share of the requests was answered, as Prometheus estimates it."""
        wanted, below, lower = share * self.timed, 0.0, 0.0
        for bound, count in sorted((float(bound), count) for bound, count in self.buckets.items()):
            if count >= wanted and count > below:
                return lower if math.isinf(bound) else lower + (bound - lower) * (wanted - below) / (count - below)
            below, lower = count, bound
        return lower

    def to_json(self) -> dict[str, Any]:
        return {"outcomes": self.outcomes, "buckets": self.buckets, "last": self.last}

    @staticmethod
    def from_json(given: dict[str, Any]) -> Counts:
        return Counts(given["outcomes"], given["buckets"], given["last"])


def breach(counts: Counts, error_rate_percent: float | None, p99_millis: float | None, over: bool) -> str | None:
    """
    Why the canary must go, or nothing.

    :param over: whether the bake is over: then the plain share decides where there were enough requests.
    """
    if error_rate_percent is not None and exceeds(counts.failures, counts.requests, error_rate_percent / 100, over):
        return (
            f"{counts.failures:.0f} of {counts.requests:.0f} requests failed "
            f"({counts.outcomes.get('timeout', 0.0):.0f} by timeout), the objective allows {error_rate_percent:g} %"
        )
    if p99_millis is not None and exceeds(counts.slower_than(p99_millis / 1000), counts.timed, 0.01, over):
        return (
            f"p99 of {counts.timed:.0f} requests is {counts.quantile(0.99) * 1000:.0f} ms, "
            f"the objective allows {p99_millis:g} ms"
        )
    return None


def exceeds(bad: float, total: float, allowed: float, over: bool) -> bool:
    """Whether the share of bad requests is above the allowed one, by more than chance or with enough requests."""
    bad, total = math.floor(bad), math.floor(total)
    if total == 0 or bad / total <= allowed:
        return False
    return (over and total >= ENOUGH_REQUESTS) or at_least(bad, total, allowed) < CHANCE


def at_least(bad: int, total: int, share: float) -> float:
    """Probability of so many bad ones or more, each being bad with this probability."""
    if share <= 0:
        return 0.0 if bad > 0 else 1.0
    if share >= 1:
        return 1.0
    # The largest term of the upper tail is its first, since `bad` is above the mean; the rest falls off geometrically.
    term = math.exp(
        math.lgamma(total + 1)
        - math.lgamma(bad + 1)
        - math.lgamma(total - bad + 1)
        + bad * math.log(share)
        + (total - bad) * math.log1p(-share)
    )
    sum_of_terms, count = term, bad
    while count < total and term > sum_of_terms * 1e-12:
        term *= (total - count) / (count + 1) * share / (1 - share)
        count += 1
        sum_of_terms += term
    return min(1.0, sum_of_terms)
