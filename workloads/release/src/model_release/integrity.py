"""Records the files of registered versions, and looks whether they are still those: what pods are told to load, and what is packed."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from mlplatform.integrity import (
    INTEGRITY_TAG,
    FilesChanged,
    Statement,
    digest_of,
    public_key_of,
    sign,
    signature,
    verified,
)
from model_release.artifacts import Artifacts, Tracked, safe_paths
from model_release.log import fields
from model_release.version import REGISTRY

log = logging.getLogger(__name__)

SEED_VARIABLE = "MLPLATFORM_SIGNING_SEED"
BLOCK_BYTES = 1024 * 1024


class Integrity:
    def __init__(self, client: MlflowClient, seed: str, by: str, scratch: str | None = None) -> None:
        """
        :param seed: the secret that the signing key is made of.
        :param by: who records, such as `registrar`.
        :param scratch: directory for one file at a time.
        """
        self._client = client
        self._seed = seed
        self.public_key = public_key_of(seed)
        self._by = by
        self._scratch = scratch

    def ensure(self, uri: str) -> str | None:
        """
        The digest that is recorded of a registered version; it is recorded first where it is not. None for what is not registered.

        :raises FilesChanged: where a record is there, and none of this version's.
        """
        version = self._version(uri)
        if version is None:
            return None
        if INTEGRITY_TAG in version.tags:
            return self._recorded(version).digest
        digest, files = self._digest(uri)
        statement = Statement(
            name=version.name,
            version=str(version.version),
            registered=version.creation_timestamp,
            digest=digest,
            files=files,
            by=self._by,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._client.set_model_version_tag(version.name, version.version, INTEGRITY_TAG, sign(statement, self._seed))
        log.info("recorded", extra=fields(model=version.name, version=version.version, files=files, digest=digest))
        return digest

    def signature(self, said: str) -> str:
        return signature(said, self._seed)

    def verify(self, uri: str) -> None:
        """
        Reads every file of a registered version again.

        :raises FilesChanged: where they are not those that were recorded.
        """
        version = self._version(uri)
        if version is not None:
            compare(uri, self._recorded(version).digest, self._digest(uri)[0])

    def registered_at(self, uri: str) -> int | None:
        """
        When a version was registered, in milliseconds since 1970: a model that is deleted and made again counts anew, and
        its first version has the address of the one that was there before.
        """
        version = self._version(uri)
        return version.creation_timestamp if version is not None else None

    def recorded(self, uri: str) -> bool:
        """Whether something stands where the record is looked for."""
        version = self._version(uri)
        return version is not None and INTEGRITY_TAG in version.tags

    def _version(self, uri: str) -> ModelVersion | None:
        match = REGISTRY.match(uri)
        return self._client.get_model_version(match["name"], match["version"]) if match and match["version"] else None

    def _recorded(self, version: ModelVersion) -> Statement:
        record, number = version.tags.get(INTEGRITY_TAG), str(version.version)
        return verified(record, self.public_key, version.name, number, version.creation_timestamp)

    def _digest(self, uri: str) -> tuple[str, int]:
        return digest_of_artifacts(Tracked(uri, self._scratch))


def digest_of_artifacts(artifacts: Artifacts) -> tuple[str, int]:
    return digest_of(_hashed(artifacts))


def _hashed(artifacts: Artifacts) -> Iterable[tuple[str, str]]:
    for entry in safe_paths(artifacts.entries()):
        content = hashlib.sha256()
        with artifacts.open(entry) as (file, _):
            while block := file.read(BLOCK_BYTES):
                content.update(block)
        yield entry.path, content.hexdigest()


def compare(uri: str, recorded: str, found: str) -> None:
    if recorded != found:
        raise FilesChanged(
            f"the files of {uri} have changed since they were recorded: their digest is {found[:12]}…, recorded is {recorded[:12]}…"
        )


def from_environment(client: MlflowClient, by: str, scratch: str | None = None) -> Integrity | None:
    """None where there is no key: nothing is recorded then, and nothing compared."""
    seed = os.environ.get(SEED_VARIABLE)
    return Integrity(client, seed, by, scratch) if seed else None
