"""Versions in MLflow's registry, so that a task which is tried again makes nothing twice."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from mlplatform.baseline import FILE_NAME, Baseline
from mlplatform.gate import Verdict

if TYPE_CHECKING:  # It imports pandas, which clients that only promote need not have.
    from mlflow.models.model import ModelInfo

logger = logging.getLogger(__name__)

CHAMPION = "champion"
#: By it one asks for a version, where the release path moves the champion: its checks run, and an approver answers.
CANDIDATE = "candidate"
#: Tag of a version: where its baseline is.
BASELINE_TAG = "drift_baseline_uri"
GATE_TAG = "mlplatform.gate"
#: Beginning of the tags that `mlplatform.history` writes to a logged model; a version gets them too.
HISTORY = "history."
#: Of a version that came from another stack: which one, with its decisions and by what it was decided.
PROMOTION_TAG = "mlplatform.promotion"
#: What the release controller writes to versions: what became of them, on each target of each stack.
_release_tag = re.compile(r"^mlplatform\..+\.(kubernetes|sagemaker)$")


class GateClosed(RuntimeError):
    """A version that did not pass was asked to go live."""


def keep_baseline(model: ModelInfo, baseline: Baseline, client: MlflowClient | None = None) -> None:
    """Puts the baseline among the files of a logged model, where it stays with every version made of it."""
    client = client or MlflowClient()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, FILE_NAME)
        file.write_text(baseline.to_json(), encoding="utf-8")
        client.log_model_artifact(model.model_id, str(file))


def register(
    name: str,
    model: ModelInfo,
    tags: dict[str, str] | None = None,
    client: MlflowClient | None = None,
) -> ModelVersion:
    """Registers a logged model. A taken name gets one more version; the same logged model never gets a second."""
    client = client or MlflowClient()
    mine = f"name = {quoted(name)}"  # A name that cannot be found again is refused before anything is made of it.
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        # Two trainers may begin at once, and the second is told that the name is taken.
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    for version in client.search_model_versions(mine):
        if version.source == model.model_uri:
            logger.info("model %s is version %s of %s already", model.model_id, version.version, name)
            return version
    history = {
        key: value for key, value in client.get_logged_model(model.model_id).tags.items() if key.startswith(HISTORY)
    }
    note = client.get_run(model.run_id).data.tags.get("mlflow.note.content") if history and model.run_id else None
    version = client.create_model_version(
        name,
        source=model.model_uri,
        run_id=model.run_id,
        model_id=model.model_id,
        tags={**history, **(tags or {})},
        description=note,
    )
    if _has_baseline(client, model):
        uri = f"models:/{name}/{version.version}/{FILE_NAME}"
        client.set_model_version_tag(name, version.version, BASELINE_TAG, uri)
    return client.get_model_version(name, version.version)


def champion(name: str, alias: str = CHAMPION, client: MlflowClient | None = None) -> ModelVersion | None:
    """The version with the alias; None where there is none, or no such model yet."""
    client = client or MlflowClient()
    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        # A server that asks who one is denies what is not there in the same words as what is forbidden.
        if error.error_code == "PERMISSION_DENIED" and not client.search_registered_models(f"name = {quoted(name)}"):
            return None
        raise


def incumbent(name: str, alias: str = CHAMPION, client: MlflowClient | None = None) -> ModelVersion | None:
    """The version that a candidate has to beat: the one with the alias, unless releases took it back; then the live one.

    A version that was rolled back keeps the alias until another is promoted, and may not even load.
    """
    client = client or MlflowClient()
    wanted = champion(name, alias, client)
    if wanted is None or not _rolled_back(wanted):
        return wanted
    live = [each for each in client.search_model_versions(f"name = {quoted(name)}") if "live" in _states(each)]
    return max(live, key=lambda each: int(each.version), default=None)


def promote(
    version: ModelVersion,
    verdict: Verdict,
    alias: str = CHAMPION,
    client: MlflowClient | None = None,
) -> ModelVersion | None:
    """Moves the alias to a version that passed, and notes the verdict on it either way.

    Of a model whose block has a gate or an approver, the alias is not for people and DAGs to move: then this asks for the version.

    @returns the version that had the alias before, for the way back
    @raises GateClosed with the reasons when it did not pass; the alias stays where it is
    """
    client = client or MlflowClient()
    said = "passed" if verdict.passed else "; ".join(verdict.reasons)
    _unless_forbidden(lambda: client.set_model_version_tag(version.name, version.version, GATE_TAG, said))
    if not verdict.passed:
        raise GateClosed(f"version {version.version} of {version.name} did not pass: {'; '.join(verdict.reasons)}")
    before = champion(version.name, alias, client)
    moved = _unless_forbidden(lambda: client.set_registered_model_alias(version.name, alias, version.version))
    if not moved:
        ask(version.name, version.version, client)
    return before


def ask(name: str, version: str, client: MlflowClient | None = None) -> None:
    """Asks for a version of a model whose block has a gate or an approver to go live."""
    (client or MlflowClient()).set_registered_model_alias(name, CANDIDATE, version)
    logger.info("asked for version %s of %s: the release path checks it, and an approver answers", version, name)


def _unless_forbidden(act: Callable[[], object]) -> bool:
    """Whether MLflow let it happen."""
    try:
        act()
    except MlflowException as error:
        if error.error_code != "PERMISSION_DENIED":
            raise
        return False
    return True


def quoted(text: str) -> str:
    """A text in a filter of MLflow, where it has no way to hold the mark that ends it.

    @raises ValueError for a text that no filter can say
    """
    for mark in ("'", '"'):
        if mark not in text:
            return f"{mark}{text}{mark}"
    raise ValueError(f"{text!r} has both kinds of quotation marks: MLflow could never find it again")


def _states(version: ModelVersion) -> list[str]:
    return [value for key, value in version.tags.items() if _release_tag.match(key)]


def _rolled_back(version: ModelVersion) -> bool:
    states = _states(version)
    return "live" not in states and any(state.startswith("rolled-back") for state in states)


def _has_baseline(client: MlflowClient, model: ModelInfo) -> bool:
    return any(file.path == FILE_NAME for file in client.list_logged_model_artifacts(model.model_id))
