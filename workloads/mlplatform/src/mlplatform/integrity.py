"""Whether a registered version's files are those that were recorded. Pure but for reading a folder.

The record is a statement and a signature, in one tag of the version. Its key is Ed25519: who holds the public half can check a
record without asking anybody, and cannot make one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

#: Tag of a version, which only the release path may write.
INTEGRITY_TAG = "mlplatform.integrity"
#: What MLflow's client adds to a model that it has downloaded.
ADDED = ("registered_model_meta",)


class FilesChanged(Exception):
    """The files are not those that were recorded, or the record is not one of this version's."""


@dataclass(frozen=True)
class Statement:
    """What the release path says of one version's files."""

    name: str
    version: str
    #: When the version was registered, in milliseconds since 1970: one of the same number that comes later is another.
    registered: int
    digest: str
    files: int
    by: str
    at: str


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(files: Iterable[tuple[str, str]]) -> tuple[str, int]:
    """Digest over every file and its name, and how many there are.

    @param files path below the model with slashes, and SHA-256 in hexadecimal
    """
    listed = sorted((path, content) for path, content in files if path not in ADDED)
    text = "".join(f"{path}\0{content}\n" for path, content in listed)
    return hashlib.sha256(text.encode()).hexdigest(), len(listed)


def digest_of_folder(folder: Path) -> tuple[str, int]:
    """@raises FilesChanged where something in it is no file: a link leads elsewhere tomorrow"""
    found = []
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise FilesChanged(f"{path.relative_to(folder)} is a link or a device, not a file")
        if path.is_file():
            found.append((path.relative_to(folder).as_posix(), sha256_of(path)))
    return digest_of(found)


def sign(statement: Statement, seed: str) -> str:
    """The record, as it stands in the tag."""
    said = json.dumps(asdict(statement), sort_keys=True, separators=(",", ":"))
    return json.dumps({"statement": said, "signature": signature(said, seed)})


def signature(said: str, seed: str) -> str:
    signed: bytes = _private(seed).sign(said.encode())
    return base64.b64encode(signed).decode()


def verified(record: str | None, public_key: str, name: str, version: str, registered: int) -> Statement:
    """The statement of a record, if it is one of this version's.

    @param public_key in hexadecimal
    @raises FilesChanged with the reason where it is not
    """
    of = f"version {version} of {name}"
    if record is None:
        raise FilesChanged(f"nobody has recorded the files of {of}: the release path does before anything loads them")
    try:
        statement = Statement(**json.loads(said_in(record, public_key)))
    except (ValueError, TypeError) as error:
        raise FilesChanged(f"the record of the files of {of} is not signed by the release path") from error
    if (statement.name, statement.version, statement.registered) != (name, str(version), registered):
        raise FilesChanged(
            f"the record of the files of {of} is one of version {statement.version} of {statement.name}, "
            f"registered at {statement.registered}"
        )
    return statement


def said_in(record: str | bytes, public_key: str) -> str:
    """The statement of a signed record.

    @param public_key in hexadecimal
    @raises ValueError where nobody has signed it with that key
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        given = json.loads(record)
        said: str = given["statement"]
        signed = base64.b64decode(given["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signed, said.encode())
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is not signed with this key") from error
    return said


def public_key_of(seed: str) -> str:
    """In hexadecimal, of the key that a secret text stands for; `components/lib/signingKey.ts` says the same."""
    return _private(seed).public_key().public_bytes_raw().hex()


def _private(seed):  # type: ignore[no-untyped-def]
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
