"""Offers approved versions that are live to other stacks, below a folder of the stack's bucket, and takes back what is approved no more."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from mlplatform.integrity import digest_of
from mlplatform.registry import HISTORY
from model_release.approval import evidence, said, stood, taken_back
from model_release.artifacts import Tracked, safe_paths
from model_release.integrity import Integrity, compare
from model_release.log import fields
from model_release.offers import CURRENT, FILES, OFFER, Current, Named, Offer, Refused, read_current, sha256
from model_release.pack import Hashed
from model_release.promoter_config import OfferedModel
from model_release.promotion import LIVE, states
from model_release.registry import version_at, versions_of
from model_release.staging import address, read_if_there
from model_release.trained import LONGEST_TAG

log = logging.getLogger(__name__)

# Of what was offered once, for who goes back.
KEPT = 20
RETIRED = "retired"
JSON = "application/json"


class Offering:
    def __init__(
        self,
        client: MlflowClient,
        s3: Any,
        below: str,
        stack: str,
        integrity: Integrity,
        scratch: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        :param below: s3:// address of the folder of all models, with a slash at its end.
        :param scratch: directory for one file at a time.
        """
        self._client, self._s3, self._stack, self._integrity = client, s3, stack, integrity
        self._bucket, self._folder = address(below)
        self._scratch, self._clock = scratch, clock

    def offer(self, model: OfferedModel) -> Current | None:
        """
        What the model's other stacks are told now, written where it is news. None where nothing was ever approved.

        :raises FilesChanged: where the files of the live version are not those that were recorded.
        """
        versions = versions_of(self._client, model.registered)
        before = self._before(model)
        good = {_identity(each) for each in versions if not taken_back(each, self._stack)}
        approved = [each for each in before.approved if (each.version, each.registered) in good]
        gone = {each.version for each in before.approved if (each.version, each.registered) not in good}
        # While nothing else has reached each target, such as one that was just added, what was current goes on.
        current = before.current if before.current in approved else None
        live = self._live(model, [each for each in versions if self._stands(model, each)])
        if live is not None:
            found = [each for each in approved if (each.version, each.registered) == _identity(live)]
            current = found[0] if found else self._write(model, live)
            approved = [*approved, *([] if found else [current])][-KEPT:]
        again = {str(each.version) for each in versions if stood(each, self._stack)}
        revoked = tuple(sorted({*before.revoked, *gone} - again - {each.version for each in approved}, key=int))
        told = replace(before, current=current, approved=tuple(approved), revoked=revoked)
        if told == before:
            return before if before.serial else None
        told = replace(told, serial=max(int(self._clock() * 1000), before.serial + 1))
        self._put(f"{model.name}/{CURRENT}", told.record(self._integrity.signature))
        told_of = fields(model=model.name, current=current and current.version, revoked=revoked, serial=told.serial)
        log.info("other stacks are told", extra=told_of)
        return told

    def _stands(self, model: OfferedModel, version: ModelVersion) -> bool:
        """It was approved and went live, on each target; nobody has rejected it, and it was not rolled back."""
        known = states(version, self._stack)
        return stood(version, self._stack) and all(known.get(target) in (LIVE, RETIRED) for target in model.targets)

    def _live(self, model: OfferedModel, standing: list[ModelVersion]) -> ModelVersion | None:
        """The one with the alias; while that is still tried, the one that answers."""
        holder = version_at(self._client, model.registered, model.alias)
        numbers = {str(each.version): each for each in standing}
        if holder is not None and str(holder.version) in numbers:
            return numbers[str(holder.version)]
        answering = [each for each in standing if LIVE in states(each, self._stack).values()]
        return max(answering, key=lambda each: int(each.version), default=None)

    def _before(self, model: OfferedModel) -> Current:
        nothing = Current(self._stack, model.name, 0)
        try:
            body = read_if_there(self._s3, Bucket=self._bucket, Key=f"{self._folder}{model.name}/{CURRENT}")
            if body is None:
                return nothing
            return read_current(body, self._integrity.public_key, self._stack, model.name)
        except Refused as error:
            log.error("what other stacks were told is written anew", extra=fields(model=model.name, reason=str(error)))
        return nothing

    def _write(self, model: OfferedModel, version: ModelVersion) -> Named:
        uri = f"models:/{version.name}/{version.version}"
        recorded = self._integrity.ensure(uri)
        assert recorded is not None
        named = Named(*_identity(version), offer="")
        below = f"{model.name}/{named.folder}"
        files: dict[str, str] = {}
        artifacts = Tracked(uri, self._scratch)
        for entry in safe_paths(artifacts.entries()):
            with artifacts.open(entry) as (file, _):
                hashed = Hashed(file)
                self._s3.upload_fileobj(hashed, self._bucket, f"{self._folder}{below}/{FILES}/{entry.path}")
            files[entry.path] = hashed.sha256.hexdigest()
        compare(uri, recorded, digest_of(files.items())[0])
        body = self._described(model, version, recorded, files).record(self._integrity.signature)
        self._put(f"{below}/{OFFER}", body)
        log.info("offered", extra=fields(model=model.name, version=version.version, files=len(files)))
        return replace(named, offer=sha256(body))

    def _described(self, model: OfferedModel, version: ModelVersion, digest: str, files: dict[str, str]) -> Offer:
        run = self._client.get_run(version.run_id).data if version.run_id else None
        known = evidence(version, self._stack)
        known.pop("integrity", None)
        return Offer(
            stack=self._stack,
            model=model.name,
            version=str(version.version),
            registered=version.creation_timestamp,
            digest=digest,
            files=files,
            tags={key: value for key, value in version.tags.items() if key.startswith(HISTORY)},
            metrics=dict(run.metrics) if run else {},
            params={key: value[:LONGEST_TAG] for key, value in run.params.items()} if run else {},
            decisions=tuple({key: str(value) for key, value in asdict(each).items()} for each in said(version)),
            evidence={key: str(value) for key, value in known.items()},
        )

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=f"{self._folder}{key}", Body=body, ContentType=JSON)


def _identity(version: ModelVersion) -> tuple[str, int]:
    return str(version.version), version.creation_timestamp
