"""Registered models, their aliases and versions: where a block has a gate or an approver, the release path alone moves them."""

import json
import re
from datetime import UTC, datetime

import platform_owners as owners
import platform_registry as registry
import platform_tags as tags
from flask import request
from mlflow.server import handlers
from platform_sources import source_refused

CANDIDATE = "candidate"
_ANSWER = re.compile(r"^(approved|rejected)(?:: *(?P<reason>.*))?$", re.DOTALL)
# By these MLflow takes a model or a version for a prompt, which its searches for versions leave out, and so the release path.
_PROMPT = "mlflow.prompt."


def change_registered_model(sender, asked):
    name = type(asked).DESCRIPTOR.name
    if name in ("RenameRegisteredModel", "DeleteRegisteredModel"):
        for model in (asked.name, getattr(asked, "new_name", "")):
            if model in sender.gated:
                return _kept_by_gate(model)
    if name in ("SetRegisteredModelTag", "DeleteRegisteredModelTag"):
        if asked.key.startswith(_PROMPT) and not registry.is_prompt(asked.name):
            return f"{asked.name} holds models, and is made no prompt"
        return tags.reserved_keys(sender, [asked.key], ())
    if name == "CreateRegisteredModel" and asked.name in sender.gated and handlers._is_prompt_request(asked):
        return _kept_by_gate(asked.name)
    return tags.reserved(sender, getattr(asked, "tags", []), ())


def _kept_by_gate(model):
    return (
        f"{model} has a gate: it is neither renamed, replaced nor deleted while the stack's configuration lists it so"
    )


def change_alias(sender, asked):
    aliases = sender.gated.get(asked.name, {})
    if asked.alias in aliases and not sender.releases:
        return (
            f"the alias {asked.alias} of {asked.name} is moved by the release path alone, since its block has a gate or an "
            f"approver; ask for a version by the alias {CANDIDATE}"
        )
    if asked.alias == CANDIDATE and aliases and not sender.releases and request.method == "POST":
        asking = tags.decision(sender.name, asked.name, asked.version, "asked")
        tags.after(lambda _answer: registry.note_version(asked.name, asked.version, asking))
    return None


def change_version(sender, asked):
    name = type(asked).DESCRIPTOR.name
    if name == "CreateModelVersion":
        return _register(sender, asked)
    gated = asked.name in sender.gated
    if name in ("SetModelVersionTag", "DeleteModelVersionTag"):
        return _version_tag(sender, asked, gated, sets=name == "SetModelVersionTag")
    if sender.releases or not gated:
        return None
    if name == "TransitionModelVersionStage":
        return "stages of MLflow decide nothing here"
    if (found := registry.version(asked.name, asked.version)) is None:
        return None
    if name == "DeleteModelVersion" and (reason := _lives(found, sender.gated[asked.name])):
        return reason
    if sender.role == "admin":
        return None
    if name == "DeleteModelVersion" and any(re.fullmatch(r"mlplatform\..+\.promoted", key) for key in found.tags):
        return f"version {found.version} of {found.name} has been live, and may have to be again"
    return _of_others(sender, found)


def _of_others(sender, version):
    owner = version.tags.get(owners.OWNER_TAG)
    if owner is None or owner == sender.name:
        return None
    return f"version {version.version} of {version.name} was registered by {owner}"


def _lives(version, aliases):
    states = [key for key, value in version.tags.items() if _is_state(key) and value in ("live", "canary")]
    held = [alias for alias in version.aliases if alias in aliases]
    if not states and not held:
        return None
    why = f"it has the alias {held[0]}" if held else f"{states[0]} says {version.tags[states[0]]}"
    return f"version {version.version} of {version.name} is not deleted: {why}"


def _is_state(key):
    return re.fullmatch(r"mlplatform\..+\.(kubernetes|sagemaker)", key) is not None


def _register(sender, asked):
    if handlers._is_prompt_request(asked):
        if asked.name in sender.gated or not registry.is_prompt(asked.name):
            return f"{asked.name} holds models, and no prompts"
        return tags.reserved(sender, asked.tags, ())
    reason = tags.reserved(sender, asked.tags, () if asked.name in sender.gated else (tags.NOTED_GATE,))
    if reason is None:
        reason = source_refused(sender, asked)
    if reason is None:
        owners.note(sender.name)
    return reason


def _version_tag(sender, asked, gated, sets):
    if asked.key == tags.APPROVAL_TAG and sets:
        return _answer(sender, asked)
    if asked.key == tags.RELAYED_TAG and sets and sender.releases:
        return _relayed(asked)
    if asked.key.startswith(_PROMPT) and not registry.is_prompt(asked.name):
        return f"{asked.name} holds models, and no prompts"
    if sender.releases:
        once = asked.key.startswith((tags.DECISION_TAG, owners.OWNER_TAG))
        return f"{asked.key} is written once" if once else None
    free = () if gated else (tags.NOTED_GATE,)
    reason = tags.reserved_keys(sender, [asked.key], free, (tags.RESERVED, tags.HISTORY))
    if reason is None and gated and (found := registry.version(asked.name, asked.version)):
        return _of_others(sender, found)
    return reason


def _relayed(asked):
    """An answer that was given elsewhere, by somebody with that place's own right to give it."""
    try:
        given = json.loads(asked.value)
        what, by, at = given["decision"], given["by"], datetime.fromisoformat(given["at"]).astimezone(UTC)
        reason = given.get("reason", "")
    except (ValueError, KeyError, TypeError) as error:
        return f"{tags.RELAYED_TAG} cannot be read: {error}"
    if what not in ("approved", "rejected") or not (isinstance(by, str) and by and isinstance(reason, str)):
        return f"{tags.RELAYED_TAG} is {asked.value!r}; allowed: approved, rejected, by somebody"
    kept = at.isoformat(timespec="milliseconds")
    answer = tags.decision(by, asked.name, asked.version, what, reason, kept)
    if answer is None:
        return f"there is no version {asked.version} of {asked.name}"
    tags.after(lambda _answer: registry.note_version(asked.name, asked.version, answer))
    return None


def _answer(sender, asked):
    if not sender.approves(asked.name):
        return f"{sender.name} is no approver of {asked.name}"
    given = _ANSWER.match(asked.value)
    if given is None:
        return f"{tags.APPROVAL_TAG} is {asked.value!r}; allowed: approved, rejected, each with a reason after a colon"
    answer = tags.decision(sender.name, asked.name, asked.version, given[1], given["reason"] or "")
    if answer is None:
        return f"there is no version {asked.version} of {asked.name}"
    tags.after(lambda _answer: registry.note_version(asked.name, asked.version, answer))
    return None
