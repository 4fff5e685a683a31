"""Moves the alias of a model that has a gate or an approver: to what passed and was approved, and back from what was rejected."""

from __future__ import annotations

import logging
import threading
from dataclasses import asdict
from functools import partial
from typing import Any

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from mlplatform.integrity import INTEGRITY_TAG
from model_release.config import Model
from model_release.decisions import APPROVED, REJECTED, Decision, answer, approved_at, decisions, rejected
from model_release.log import fields
from model_release.promotion import LIVE, MOVING, may_move, rolled_back, states
from model_release.records import Records
from model_release.registry import RegistryAway, commit_of, version_at, versions_of
from model_release.version import alias_of

log = logging.getLogger(__name__)

CANDIDATE = "candidate"
PASSED = "passed"
# What is known of how a version came to be: the registrar's tags.
EVIDENCE = ("run", "reason", "image", "data", "package")


def evaluation_tag(stack: str) -> str:
    """On a version: where the record of its check is."""
    return f"mlplatform.{stack}.evaluation"


def gate_tag(stack: str) -> str:
    """On a version: what the loop's gate has said of it."""
    return f"mlplatform.{stack}.gate"


def promoted_tag(stack: str) -> str:
    return f"mlplatform.{stack}.promoted"


class Approvals:
    def __init__(self, client: MlflowClient, stack: str, records: Records | None = None) -> None:
        """
        :param records: absent where there is no store, or no key to sign with.
        """
        self._client, self._stack, self._records = client, stack, records
        self._settling: dict[str, threading.Lock] = {}

    def settle(self, model: Model) -> bool:
        """
        One look at what was decided of the model's versions, before it is asked which of them is wanted.

        :return: whether a version that was rejected has to stay live, since there is no other to go back to.
        :raises RegistryAway: when MLflow does not answer.
        :raises RecordsAway: when the store does not take what was decided.
        """
        named = alias_of(model.source)
        if model.approval is None or named is None:
            return False
        name, alias = named
        # A model on two targets is looked at twice at once.
        with self._settling.setdefault(model.name, threading.Lock()):
            return self._settle(model, name, alias)

    def _settle(self, model: Model, name: str, alias: str) -> bool:
        try:
            versions = versions_of(self._client, name)
            holder = self._holder(name, alias)
            self._keep(model, versions, holder)
            live = next((each for each in versions if str(each.version) == holder), None)
            if live is not None and live.tags.get(promoted_tag(self._stack)) == MOVING:
                self._client.set_model_version_tag(name, live.version, promoted_tag(self._stack), alias)
            chosen = self._chosen(model, name, versions, live)
            if live is not None and (rejected(said(live)) or self._leaves_rejected(live, versions)):
                return not self._take_back(model, name, alias, live, versions, chosen)
            if chosen is not None:
                self._promote(model, name, alias, chosen)
            return False
        except MlflowException as error:
            raise RegistryAway(str(error)) from error

    def _leaves_rejected(self, wanted: ModelVersion, versions: list[ModelVersion]) -> bool:
        """What was gone back to does not load, so that a version that was rejected still answers."""
        answering = (each for each in versions if LIVE in states(each, self._stack).values())
        return rolled_back(wanted, self._stack) and any(rejected(said(each)) for each in answering)

    def _holder(self, name: str, alias: str) -> str | None:
        found = version_at(self._client, name, alias)
        return str(found.version) if found is not None else None

    def _chosen(
        self, model: Model, name: str, versions: list[ModelVersion], live: ModelVersion | None
    ) -> ModelVersion | None:
        """The version that may go live and is not; of several the one that was decided on last."""
        assert model.approval is not None
        asked = self._holder(name, CANDIDATE)
        holder = str(live.version) if live is not None else None
        since = approved_at(said(live)) if live is not None else ""
        ready: list[tuple[str, ModelVersion]] = []
        for each in versions:
            if str(each.version) == holder or (self._was_moved_to(each) and str(each.version) != asked):
                continue
            last = answer(said(each))
            if last is not None and last.what == REJECTED:
                continue
            if model.approval.gate and each.tags.get(gate_tag(self._stack)) != PASSED:
                continue
            if last is not None and last.what == APPROVED:
                # What was approved before the live version was is superseded, until somebody asks for it again.
                if last.at > since or str(each.version) == asked:
                    ready.append((last.at, each))
            elif not model.approval.manual and str(each.version) == asked:
                ready.append((max((one.at for one in said(each)), default=""), each))
        return max(ready, key=lambda pair: pair[0])[1] if ready else None

    def _was_moved_to(self, version: ModelVersion) -> bool:
        tag = promoted_tag(self._stack)
        # Another has the alias: of the version's holder nobody asks here.
        return not may_move(version, self._stack, tag, lambda: None)

    def _promote(self, model: Model, name: str, alias: str, version: ModelVersion) -> None:
        tag = promoted_tag(self._stack)
        # Before the alias: who ends in between leaves word of it, and a person who goes back in the meantime is not overruled.
        self._client.set_model_version_tag(name, version.version, tag, MOVING)
        self._client.set_registered_model_alias(name, alias, version.version)
        self._client.set_model_version_tag(name, version.version, tag, alias)
        if self._holder(name, CANDIDATE) == str(version.version):
            self._client.delete_registered_model_alias(name, CANDIDATE)
        log.info("the alias has been moved", extra=fields(model=model.name, version=version.version, alias=alias))

    def _take_back(
        self,
        model: Model,
        name: str,
        alias: str,
        live: ModelVersion,
        versions: list[ModelVersion],
        chosen: ModelVersion | None,
    ) -> bool:
        """Moves the alias to what was live before and still stands, or else to what may go live by now; not where there is neither."""
        before = [each for each in versions if str(each.version) != str(live.version) and stood(each, self._stack)]
        if before:
            chosen = max(before, key=lambda each: int(each.version))
            self._client.set_registered_model_alias(name, alias, chosen.version)
        elif chosen is not None:
            self._promote(model, name, alias, chosen)
        if chosen is None:
            told = fields(model=model.name, version=live.version)
            log.error("the live version was rejected, and there is no other that was approved: it stays", extra=told)
            return False
        told = fields(model=model.name, version=live.version, instead=chosen.version)
        log.warning("the live version was rejected", extra=told)
        return True

    def _keep(self, model: Model, versions: list[ModelVersion], holder: str | None) -> None:
        """Puts what is new of it into the store: each decision, and each version that the alias has come to."""
        if self._records is None:
            return
        for each in versions:
            made = said(each)
            events: list[tuple[str, dict[str, Any]]] = [
                (one.key.rsplit(".decision.", 1)[-1], asdict(one)) for one in made
            ]
            if str(each.version) == holder:
                # The last answer is in the name: a version that comes back is another event.
                last = made[-1].key.rsplit(".decision.", 1)[-1] if made else "automatic"
                events.append((f"alias-{last}", {"what": "promoted", "by": _by(made)}))
            for event, content in events:
                statement = partial(self._statement, model, each, content)
                self._records.keep(model.name, str(each.version), each.creation_timestamp, event, statement)

    def _statement(self, model: Model, version: ModelVersion, event: dict[str, Any]) -> dict[str, Any]:
        commit = commit_of(self._client, version)
        return {
            **{"stack": self._stack, "model": model.name, "registered_model": version.name},
            **{"version": str(version.version), "registered": version.creation_timestamp, "event": event},
            "evidence": {**evidence(version, self._stack), **({"commit": commit} if commit else {})},
        }


def said(version: ModelVersion) -> list[Decision]:
    return decisions(version.tags, version.creation_timestamp)


def stood(version: ModelVersion, stack: str) -> bool:
    """The alias was moved to it, and it was neither rejected nor rolled back since."""
    moved = version.tags.get(promoted_tag(stack), MOVING) != MOVING
    return moved and not taken_back(version, stack)


def taken_back(version: ModelVersion, stack: str) -> bool:
    """It was rejected, or rolled back."""
    return rejected(said(version)) or rolled_back(version, stack)


def evidence(version: ModelVersion, stack: str) -> dict[str, Any]:
    """By which it was decided: the run and its image, data and package, what the gate said, and the digest of the files."""
    known = {name: version.tags.get(f"mlplatform.{name}") for name in EVIDENCE}
    found = {
        **known,
        "gate": version.tags.get(gate_tag(stack)),
        "evaluation": version.tags.get(evaluation_tag(stack)),
        "integrity": version.tags.get(INTEGRITY_TAG),
        "mlflow_run": version.run_id,
        "source": version.source,
        "owner": version.tags.get("mlplatform.owner"),
    }
    return {name: value for name, value in found.items() if value}


def _by(made: list[Decision]) -> str:
    last = answer(made)
    return last.by if last is not None and last.what == APPROVED else "the loop"
