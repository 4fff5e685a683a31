"""Whether a version that pods were told to load will ever be loaded."""

from __future__ import annotations

from model_release.record import Ledger, Record
from model_release.seen import Seen

# A server tries again to load a version that it could not get. One that has failed again at so many looks will not load, since the
# registry answered at each: attempts follow each other quickly at first, and what was away for a moment is no fault of the version.
FAILING_LOOKS = 3
LOAD_PATIENCE_SECONDS = 60


def begin(record: Record, model: str, seen: Seen) -> None:
    """Attempts that failed before, when the version was wanted another time, are not of this release."""
    record.load_failures, record.failing_looks = {}, 0
    _fails_again(record, model, seen)


def given_up(ledger: Ledger, model: str, seen: Seen, known: bool, now: float, limit_seconds: float) -> str | None:
    """Why the version will not load; none while it may."""
    record = ledger.record
    assert record.candidate is not None
    again = _fails_again(record, model, seen)
    if not known:
        # Servers load from the registry too: time and attempts count from when it answers again.
        record.since, record.failing_looks = now, 0
        ledger.save()
        return None
    if again:
        record.failing_looks += 1
        ledger.save()
    version, seconds = record.candidate, now - record.since
    if seconds >= LOAD_PATIENCE_SECONDS and record.failing_looks >= FAILING_LOOKS:
        attempts = max(record.load_failures.values())
        reason = seen.load_failure_reason(model, version.key)
        why = f", the last with: {reason}" if reason else ""
        return f"version {version.key} does not load: {attempts:.0f} attempts of a pod failed{why}"
    if seconds >= limit_seconds:
        restarts = max((pod.restarts for pod in seen.pods), default=0)
        return f"version {version.key} was not ready within {limit_seconds / 60:g} minutes ({restarts} restarts of its pod)"
    return None


def _fails_again(record: Record, model: str, seen: Seen) -> bool:
    """Whether attempts have failed since the look before."""
    assert record.candidate is not None
    failed = seen.load_failures(model, record.candidate.key)
    before = dict(record.load_failures)
    record.load_failures = before | {life: count for life, count in failed.items() if count > 0}
    return any(count > before.get(life, 0.0) for life, count in failed.items())
