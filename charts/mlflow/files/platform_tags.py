"""Tags that the platform writes and reads, and notes that follow what MLflow has done."""

import json
import secrets
from datetime import UTC, datetime

import platform_registry as registry
from flask import after_this_request

RESERVED = "mlplatform."
# Of a version: what is known of its training, and the digests of the files that say it. They come with its registration.
HISTORY = "history."
# Which of the candidates of one training a run is; nothing decides by it.
FREE_RUN_TAGS = ("mlplatform.candidate",)
# What the helper of notebooks notes about a model without a gate of the platform.
NOTED_GATE = "mlplatform.gate"
APPROVAL_TAG = "mlplatform.approval"
# What somebody has answered where MLflow's sign-in does not know them, as the release path tells it.
RELAYED_TAG = "mlplatform.approval.relayed"
DECISION_TAG = "mlplatform.decision."
_LONGEST_REASON = 2000


def reserved(sender, tags, free):
    return reserved_keys(sender, [tag.key for tag in tags], free)


def reserved_keys(sender, keys, free, beginnings=(RESERVED,)):
    """Why one of these tags may not be written; none where all may."""
    if sender.releases:
        return None
    taken = [key for key in keys if key.strip().lower().startswith(beginnings) and key not in free]
    return f"the tag {taken[0]} is written by the platform" if taken else None


def decision(by, name, number, what, reason="", at=None):
    """
    The tag that keeps it. Each has a key of its own, so that of two at once none is lost.

    :param at: when it was said, in the form that is kept; none for now.
    """
    found = registry.version(name, number)
    if found is None:
        return None
    now = datetime.now(UTC)
    content = {
        "decision": what,
        "by": by,
        "at": at or now.isoformat(timespec="milliseconds"),
        "reason": reason[:_LONGEST_REASON],
        # A version of the same number that is registered later is another one.
        "registered": found.creation_timestamp,
    }
    return {f"{DECISION_TAG}{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}": json.dumps(content, sort_keys=True)}


def after(note):
    """Does it when MLflow has done what was asked."""

    @after_this_request
    def _noted(response):
        if response.status_code == 200:
            note(response.get_json())
        return response
