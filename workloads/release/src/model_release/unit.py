"""What releases on every target have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from model_release.config import Model
from model_release.log import fields
from model_release.record import Ledger, Record, Rejection
from model_release.version import Version

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """Where the model stands on its target after a pass."""

    phase: str = "idle"
    live: Version | None = None
    candidate: Version | None = None
    rejected: Rejection | None = None
    # What the model waits for before anything can be released.
    waiting: str | None = None
    ledger: Ledger | None = None


class Unit:
    """One model on one target."""

    target: str

    def __init__(self, model: Model, stack: str) -> None:
        self.model = model
        self._stack = stack
        self.counted: Callable[[str], None] = lambda _outcome: None

    def check(self, wanted: Version | None, known: bool, now: float) -> Status:
        """
        One pass: compares what is wanted with what is live and takes the next step, or none.

        :param wanted: none when the alias is not there, or when `known` is false.
        :param known: whether the registry has answered, or has nothing to do with it.
        """
        raise NotImplementedError

    def _tag(self, record: Record, version: Version, state: str, reason: str) -> None:
        if version.registered:
            key = f"mlplatform.{self._stack}.{self.target}"
            record.tags[version.uri] = {key: state, f"{key}.reason": reason}

    def _count(self, what: str, version: Version, reason: str) -> None:
        self.counted(what)
        level = logging.INFO if what == "promoted" else logging.WARNING
        told = fields(model=self.model.name, target=self.target, version=version.key, outcome=what, reason=reason)
        log.log(level, "a release has ended", extra=told)


class RecordedOnly(Unit):
    """A model that answers nowhere: its files are recorded and looked at as those of others are, for who scores with it."""

    target = "batch"

    def check(self, wanted: Version | None, known: bool, now: float) -> Status:
        return Status()
