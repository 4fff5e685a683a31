"""Which version is live, and what becomes of one that is to go live: the release controller says so in tags."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from mlplatform.registry import quoted
from model_release.decisions import REJECTED, decisions, rejected
from model_release.log import fields
from model_release.registrar_config import TrainedModel
from model_release.registry import version_at

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
LIVE = "live"
# Of the tag that says that the alias has been moved, while it is.
MOVING = "moving"


class Gone(Exception):
    """Nobody waits for the answer any more."""


def champion(client: MlflowClient, model: TrainedModel) -> ModelVersion | None:
    """The version with the alias; none where there is none, or no such model yet."""
    return version_at(client, model.registered, model.alias)


def incumbent(client: MlflowClient, model: TrainedModel, stack: str) -> ModelVersion | None:
    """
    The version that a candidate has to beat: the one with the alias, unless it was rolled back; then the one that is live.

    A version that was rolled back keeps the alias until another is promoted, and may not even load.
    """
    wanted = champion(client, model)
    if wanted is None or not rolled_back(wanted, stack):
        return wanted
    found = client.search_model_versions(f"name = {quoted(model.registered)}")
    live = [each for each in found if LIVE in states(each, stack).values()]
    return max(live, key=lambda each: int(each.version), default=None)


def promote(
    client: MlflowClient,
    model: TrainedModel,
    version: str,
    stack: str,
    gone: Callable[[], bool],
    sleep: Callable[[float], object],
) -> str:
    """
    Moves the alias once, and waits until each target has decided: `live`, or why it is not, beginning with `rolled-back: `
    or `superseded: `.

    :param gone: whether nobody waits any more.
    :raises Gone: when that is so.
    :raises MlflowException: when there is no such version, or MLflow does not answer.
    """
    found = client.get_model_version(model.registered, version)
    moved = f"mlplatform.{stack}.promoted"
    made = decisions(found.tags, found.creation_timestamp)
    if rejected(made):
        last = [each for each in made if each.what == REJECTED][-1]
        return f"rejected: {last.by} said so at {last.at}{': ' + last.reason if last.reason else ''}"
    if may_move(found, stack, moved, lambda: champion(client, model)):
        client.set_model_version_tag(model.registered, version, moved, MOVING)
        client.set_registered_model_alias(model.registered, model.alias, version)
        log.info("the alias has been moved", extra=fields(model=model.name, version=version, alias=model.alias))
    if found.tags.get(moved) != model.alias:
        client.set_model_version_tag(model.registered, version, moved, model.alias)
    told: dict[str, str] | None = None
    while not gone():
        try:
            known, outcome = look(client, model, version, stack)
        except Exception as error:
            # A release takes hours, and MLflow may be updated meanwhile.
            log.warning("the registry does not answer", extra=fields(model=model.name, reason=str(error)))
        else:
            if known != told:
                log.info("waiting", extra=fields(model=model.name, version=version, states=known))
                told = known
            if outcome is not None:
                return outcome
        sleep(EVERY_SECONDS)
    raise Gone


def may_move(version: ModelVersion, stack: str, moved: str, holder: Callable[[], ModelVersion | None]) -> bool:
    """
    Whether the alias has still to be moved to a version that is to go live.

    Who moves it may end before it has said so. The alias has been moved then where it is with the version, or where a target says
    what became of the version: a person who has moved it back since is not overruled.
    """
    if moved not in version.tags:
        return True
    if version.tags[moved] != MOVING or states(version, stack):
        return False
    now = holder()
    return now is None or str(now.version) != str(version.version)


def look(client: MlflowClient, model: TrainedModel, version: str, stack: str) -> tuple[dict[str, str], str | None]:
    """What is said of the version on each target, and the outcome if there is one."""
    found = client.get_model_version(model.registered, version)
    known = {target: state for target, state in states(found, stack).items() if target in model.targets}
    taken_back = next((state for state in known.values() if state.startswith("rolled-back")), None)
    if taken_back is not None:
        return known, taken_back
    if len(known) == len(model.targets) and set(known.values()) <= {LIVE}:
        return known, LIVE
    holder = champion(client, model)
    if holder is None or str(holder.version) != version:
        place = f"version {holder.version}" if holder else "no version"
        return known, f"superseded: the alias {model.alias} is with {place}"
    return known, None


def states(version: ModelVersion, stack: str) -> dict[str, str]:
    """What became of a version in this stack, by target."""
    pattern = re.compile(rf"^mlplatform\.{re.escape(stack)}\.(kubernetes|sagemaker)$")
    matches = ((pattern.match(key), value) for key, value in version.tags.items())
    return {match[1]: value for match, value in matches if match}


def rolled_back(version: ModelVersion, stack: str) -> bool:
    known = states(version, stack).values()
    return LIVE not in known and any(state.startswith("rolled-back") for state in known)
