"""What people have asked for and decided of a version, as MLflow's sign-in has noted it on the version. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

DECISION_TAG = "mlplatform.decision."
# Of what somebody has said elsewhere; MLflow's sign-in makes a decision of it, and takes it of the release path alone.
RELAYED_TAG = "mlplatform.approval.relayed"
ASKED, APPROVED, REJECTED = "asked", "approved", "rejected"


@dataclass(frozen=True)
class Decision:
    # Of the tag: time and a few random letters, so that of two at once both are kept, in an order.
    key: str
    what: str
    by: str
    at: str
    reason: str


def decisions(tags: Mapping[str, str], registered: int) -> list[Decision]:
    """
    In their order. What cannot be read, or was said of another version that had the same number once, is none.

    :param registered: when the version was registered, in milliseconds since 1970.
    """
    found = []
    for key, text in sorted(tags.items()):
        if not key.startswith(DECISION_TAG):
            continue
        try:
            given = json.loads(text)
            if given["registered"] != registered or given["decision"] not in (ASKED, APPROVED, REJECTED):
                continue
            found.append(Decision(key, given["decision"], given["by"], given["at"], given.get("reason", "")))
        except (ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda each: (each.at, each.what == REJECTED, each.key))


def answer(made: list[Decision]) -> Decision | None:
    """The last yes or no since somebody asked last: a yes of before is no answer to a new question. Of two at once, no counts."""
    asked = max((at for at, each in enumerate(made) if each.what == ASKED), default=-1)
    return next((each for each in reversed(made[asked + 1 :]) if each.what != ASKED), None)


def approved_at(made: list[Decision]) -> str:
    """When the version was first approved since somebody asked last, or else at its last approval; empty where it never was."""
    asked = max((at for at, each in enumerate(made) if each.what == ASKED), default=-1)
    after = [each.at for each in made[asked + 1 :] if each.what == APPROVED]
    before = [each.at for each in made[:asked] if each.what == APPROVED]
    return after[0] if after else before[-1] if before else ""


def rejected(made: list[Decision]) -> bool:
    """Whether the last answer of all is no, whoever asked since."""
    answers = [each for each in made if each.what != ASKED]
    return bool(answers) and answers[-1].what == REJECTED
