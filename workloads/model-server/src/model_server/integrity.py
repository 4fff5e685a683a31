"""Refuses a registered version whose files are not those that the release path has recorded, before anything of it is unpickled.

The record is a tag of the version that only the release path may write, signed with a key whose public half is in
MLPLATFORM_SIGNING_KEY; without that variable nothing is compared.
"""

import os
from pathlib import Path

import mlflow

from mlplatform.integrity import INTEGRITY_TAG, FilesChanged, digest_of_folder, verified
from model_server.model_folder import REGISTERED_VERSION

KEY_VARIABLE = "MLPLATFORM_SIGNING_KEY"


def check(uri: str, folder: Path) -> None:
    """
    Compares the files of a downloaded model with what was recorded of its version.

    :param uri: `models:/<name>/<version>`; of anything else nothing is recorded.
    :raises FilesChanged: with the reason.
    """
    key, found = os.environ.get(KEY_VARIABLE), REGISTERED_VERSION.match(uri)
    if not key or found is None:
        return
    version = mlflow.MlflowClient().get_model_version(found["name"], found["version"])
    wanted = recorded_digest(
        version.tags.get(INTEGRITY_TAG), key, found["name"], found["version"], version.creation_timestamp
    )
    got, _ = digest_of_folder(folder)
    if got != wanted:
        raise FilesChanged(
            f"the files of version {found['version']} of {found['name']} have changed since they were recorded: "
            f"their digest is {got[:12]}…, recorded is {wanted[:12]}…"
        )


def recorded_digest(record: str | None, public_key: str, name: str, version: str, registered: int) -> str:
    """
    :param registered: when the version was registered, in milliseconds since 1970.
    :raises FilesChanged: where the record is none of this version's.
    """
    return verified(record, public_key, name, version, registered).digest
