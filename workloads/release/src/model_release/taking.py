"""Takes from another stack what is approved there: its files, record and decisions into this stack's registry, and the alias to it."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.entities.model_registry import ModelVersion

from mlplatform.history.writing import AT_ONCE
from mlplatform.registry import PROMOTION_TAG, quoted
from model_release.approval import said
from model_release.artifacts import Entry, Unpackable, safe_paths
from model_release.decisions import rejected
from model_release.integrity import BLOCK_BYTES, Integrity, compare
from model_release.log import fields
from model_release.offers import CURRENT, FILES, OFFER, Current, Named, Offer, Refused, read_current, read_offer
from model_release.promoter_config import TakenModel
from model_release.promotion import rolled_back
from model_release.registration import create_registered_model, experiment_of, logged, point_to_baseline
from model_release.registry import version_at, versions_of
from model_release.staging import read_if_there
from model_release.trained import LONGEST_TAG

log = logging.getLogger(__name__)

# On a version, and on MLflow's run that stands for its training: which offer it was made of.
OFFER_TAG = "mlplatform.offer"
# On a registered model: the last statement that was heard.
SERIAL_TAG = "mlplatform.offer.serial"


class Revoked(Exception):
    """The producing stack has taken back what is live here, and nothing that is approved is here. What is live stays."""


class RejectedHere(Exception):
    """The producing stack approves what is here, and this one has rejected all of it, or rolled it back. What is live stays."""


class Taking:
    def __init__(
        self,
        client: MlflowClient,
        s3: Callable[[str], Any],
        stack: str,
        integrity: Integrity,
        scratch: str | None = None,
    ) -> None:
        """
        :param s3: a client for a region.
        :param scratch: directory for one model at a time.
        """
        self._client, self._s3, self._stack, self._integrity = client, s3, stack, integrity
        self._scratch = scratch

    def take(self, model: TakenModel) -> str | None:
        """
        One look at what is approved there.

        :returns: the version here that has the alias; none while nothing was approved yet.
        :raises Refused: where what is offered is not what the stack has signed, or is older than what was heard.
        :raises Revoked: where nothing is approved any more, and something is live.
        :raises RejectedHere: where nothing is left that was not rejected here, and something is live.
        """
        body = read_if_there(self._s3(model.producer.region), **_object(model, CURRENT))
        if body is None:
            return None
        current = read_current(body, model.producer.public_key, model.producer.stack, model.model)
        self._heard(model, current)
        here = self._here(model)
        if current.current is not None and _key(model, current.current) not in here:
            here[_key(model, current.current)] = self._copy(model, current.current)
        holder = version_at(self._client, model.registered, model.alias)
        chosen = self._chosen(model, current, here)
        if chosen is None:
            if holder is None:
                return None
            raise _nothing_left(model, current, here, holder)
        if holder is None or str(holder.version) != str(chosen.version):
            self._move(model, chosen, holder)
        return str(chosen.version)

    def _heard(self, model: TakenModel, current: Current) -> None:
        found = self._client.search_registered_models(f"name = {quoted(model.registered)}", max_results=1)
        if not found:
            create_registered_model(self._client, model.registered)
        last = int(found[0].tags.get(SERIAL_TAG, "0")) if found else 0
        if current.serial < last:
            raise Refused(
                f"{CURRENT} is older than what was heard before: its serial is {current.serial}, not {last} or more"
            )
        if current.serial > last:
            self._client.set_registered_model_tag(model.registered, SERIAL_TAG, str(current.serial))

    def _here(self, model: TakenModel) -> dict[str, ModelVersion]:
        """By offer; of two versions of one offer the first counts."""
        found: dict[str, ModelVersion] = {}
        for each in sorted(versions_of(self._client, model.registered), key=lambda one: int(one.version)):
            if OFFER_TAG in each.tags:
                found.setdefault(each.tags[OFFER_TAG], each)
        return found

    def _chosen(self, model: TakenModel, current: Current, here: dict[str, ModelVersion]) -> ModelVersion | None:
        """What is live there; or else the newest that is approved there and was not rolled back here. Nothing that was rejected here."""
        approved = [here[key] for each in current.approved if (key := _key(model, each)) in here]
        standing = {str(each.version): each for each in approved if not rejected(said(each))}
        first = here.get(_key(model, current.current)) if current.current is not None else None
        if first is not None and str(first.version) in standing:
            return first
        others = [each for each in standing.values() if not rolled_back(each, self._stack)]
        return max(others, key=lambda each: int(each.version), default=None)

    def _move(self, model: TakenModel, chosen: ModelVersion, holder: ModelVersion | None) -> None:
        # What a process that ended after the version was made has not come to is done here.
        point_to_baseline(self._client, chosen)
        recorded = self._integrity.ensure(f"models:/{chosen.name}/{chosen.version}")
        origin = json.loads(chosen.tags[PROMOTION_TAG])
        assert recorded is not None
        compare(f"models:/{chosen.name}/{chosen.version}", origin["digest"], recorded)
        self._client.set_registered_model_alias(model.registered, model.alias, chosen.version)
        told = fields(model=model.name, version=chosen.version, of=origin["version"], stack=model.producer.stack)
        log.info("the alias has been moved", extra=told)
        if holder is not None and int(holder.version) > int(chosen.version):
            log.warning("what was live is approved no more", extra=fields(model=model.name, version=holder.version))

    def _copy(self, model: TakenModel, named: Named) -> ModelVersion:
        body = self._get(model, f"{named.folder}/{OFFER}").read()
        offer = read_offer(body, model.producer.public_key, model.producer.stack, model.model, named)
        with tempfile.TemporaryDirectory(dir=self._scratch) as scratch:
            folder = Path(scratch)
            self._fetch(model, named, offer, folder)
            made = self._register(model, named, offer, folder)
        log.info(
            "taken", extra=fields(model=model.name, version=made.version, of=offer.version, files=len(offer.files))
        )
        return self._client.get_model_version(made.name, made.version)

    def _fetch(self, model: TakenModel, named: Named, offer: Offer, folder: Path) -> None:
        try:
            entries = safe_paths([Entry(path, content) for path, content in offer.files.items()])
        except Unpackable as error:
            raise Refused(f"version {offer.version}: {error}") from error
        for entry in entries:
            target = folder / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            found = self._get(model, f"{named.folder}/{FILES}/{entry.path}")
            content = hashlib.sha256()
            with target.open("wb") as file:
                while block := found.read(BLOCK_BYTES):
                    content.update(block)
                    file.write(block)
            if content.hexdigest() != entry.mark:
                raise Refused(
                    f"{entry.path} of version {offer.version} is not the file that was offered: its digest differs"
                )

    def _register(self, model: TakenModel, named: Named, offer: Offer, folder: Path) -> ModelVersion:
        key = _key(model, named)
        experiment = experiment_of(self._client, model.registered)
        found = self._client.search_runs([experiment], f"tags.`{OFFER_TAG}` = '{key}'", max_results=1)
        run = found[0] if found else self._client.create_run(experiment, tags={OFFER_TAG: key}, run_name=key)
        at = run.info.start_time
        metrics = [Metric(name, value, at, 0) for name, value in offer.metrics.items()]
        params = [Param(name, value) for name, value in offer.params.items()]
        for begin in range(0, max(len(metrics), len(params)), AT_ONCE):
            some = slice(begin, begin + AT_ONCE)
            self._client.log_batch(run.info.run_id, metrics=metrics[some], params=params[some])
        self._client.log_batch(run.info.run_id, tags=[RunTag(name, value) for name, value in offer.tags.items()])
        made = logged(self._client, run, folder, dict(offer.tags))
        self._client.set_terminated(run.info.run_id, "FINISHED")
        return self._client.create_model_version(
            model.registered,
            source=made.model_uri,
            run_id=run.info.run_id,
            model_id=made.model_id,
            tags={**offer.tags, OFFER_TAG: key, PROMOTION_TAG: origin(model, offer)},
            description=f"Version {offer.version} of {offer.model}, approved in the stack {offer.stack}.",
        )

    def _get(self, model: TakenModel, path: str) -> Any:
        return self._s3(model.producer.region).get_object(**_object(model, path))["Body"]


def _nothing_left(
    model: TakenModel, current: Current, here: Mapping[str, ModelVersion], holder: ModelVersion
) -> Exception:
    approved = {_key(model, each): each for each in current.approved}
    refused = [f"{here[key].version}, {each.version} there" for key, each in approved.items() if key in here]
    stays = f"version {holder.version} stays live"
    # What never came from there cannot have been taken back there.
    if refused and holder.tags.get(OFFER_TAG, next(iter(approved))) in approved:
        return RejectedHere(
            f"what {model.producer.stack} approves of {model.model} was rejected or rolled back here "
            f"(version {'; version '.join(refused)}): {stays}"
        )
    told = f" (revoked: {', '.join(current.revoked)})" if current.revoked else ""
    return Revoked(f"{model.producer.stack} approves no version of {model.model} that is here any more{told}: {stays}")


def origin(model: TakenModel, offer: Offer) -> str:
    """Where a version came from, as it stands in its tag; the oldest decisions are left out where there are too many."""
    told: dict[str, Any] = {
        **{"stack": offer.stack, "account": model.producer.account_id, "model": offer.model, "version": offer.version},
        **{"registered": offer.registered, "digest": offer.digest, "evidence": dict(offer.evidence)},
    }
    decisions = [{name: each.get(name, "") for name in ("what", "by", "at", "reason")} for each in offer.decisions]
    while len(text := json.dumps({**told, "decisions": decisions})) > LONGEST_TAG and decisions:
        decisions = decisions[1:]
    return text if len(text) <= LONGEST_TAG else json.dumps({**told, "evidence": {}, "decisions": []})


def _object(model: TakenModel, path: str) -> dict[str, str]:
    producer = model.producer
    key = f"promotions/{model.model}/{path}"
    return {"Bucket": producer.bucket, "Key": key, "ExpectedBucketOwner": producer.account_id}


def _key(model: TakenModel, named: Named) -> str:
    return f"{model.producer.stack}/{model.model}/{named.folder}"
