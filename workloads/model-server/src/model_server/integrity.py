"""Refuses a registered version whose files are not those that the release path has recorded, before anything of it is unpickled.

The record is a tag of the version that only the release path may write, signed with a key whose public half is in
MLPLATFORM_SIGNING_KEY; without that variable nothing is compared. `mlplatform.integrity` makes the records.
"""

import base64
import hashlib
import json
import os
import re
from pathlib import Path

import mlflow
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_VARIABLE = "MLPLATFORM_SIGNING_KEY"
INTEGRITY_TAG = "mlplatform.integrity"
_VERSION = re.compile(r"^models:/(?P<name>[^/@]+)/(?P<version>\d+)$")
# What MLflow's client adds to a model that it has downloaded.
_ADDED = ("registered_model_meta",)


class FilesChanged(Exception):
    """The files are not those that were recorded, or the record is not one of this version's."""


def check(uri: str, folder: Path) -> None:
    """
    Compares the files of a downloaded model with what was recorded of its version.

    :param uri: `models:/<name>/<version>`; of anything else nothing is recorded.
    :raises FilesChanged: with the reason.
    """
    key, found = os.environ.get(KEY_VARIABLE), _VERSION.match(uri)
    if not key or found is None:
        return
    version = mlflow.MlflowClient().get_model_version(found["name"], found["version"])
    wanted = recorded_digest(
        version.tags.get(INTEGRITY_TAG), key, found["name"], found["version"], version.creation_timestamp
    )
    got = digest_of_folder(folder)
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
    of = f"version {version} of {name}"
    if record is None:
        raise FilesChanged(f"nobody has recorded the files of {of}: the release path does before anything loads them")
    try:
        given = json.loads(record)
        signature = base64.b64decode(given["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, given["statement"].encode())
        said = json.loads(given["statement"])
        about = (said["name"], said["version"], said["registered"])
        digest = str(said["digest"])
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FilesChanged(f"the record of the files of {of} is not signed by the release path") from error
    if about != (name, str(version), registered):
        raise FilesChanged(
            f"the record of the files of {of} is one of version {about[1]} of {about[0]}, registered at {about[2]}"
        )
    return digest


def digest_of_folder(folder: Path) -> str:
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise FilesChanged(f"{name} is a link or a device, not a file")
        if path.is_file() and name not in _ADDED:
            with path.open("rb") as file:
                found.append((name, hashlib.file_digest(file, "sha256").hexdigest()))
    text = "".join(f"{name}\0{content}\n" for name, content in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()
