"""What one stack tells another of its approved versions: statements that are signed with the stack's key. Pure.

`current.json` says which version is live and approved now, `offer.json` beside the files of each version what they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlplatform.integrity import digest_of, said_in

CURRENT, OFFER, FILES = "current.json", "offer.json", "files"
# In what is signed: a statement of one kind is none of another.
CURRENT_KIND, OFFER_KIND = "mlplatform.current/1", "mlplatform.offer/1"


class Refused(Exception):
    """What is offered is not taken, and will not be until something else is offered."""


@dataclass(frozen=True)
class Named:
    """One version of the producing stack's registry."""

    version: str
    # When it was registered, in milliseconds since 1970: another of the same number is another one.
    registered: int
    # SHA-256 of its offer.json.
    offer: str

    @property
    def folder(self) -> str:
        return f"{self.version}-{self.registered}"


@dataclass(frozen=True)
class Current:
    stack: str
    model: str
    # Milliseconds since 1970, and always more than the one before: an older statement is none.
    serial: int
    # What was live on each target last, and was not taken back since; none where nothing is.
    current: Named | None = None
    # Offered once, and not taken back since.
    approved: tuple[Named, ...] = ()
    # Numbers of versions that were offered, and rejected, rolled back or deleted since.
    revoked: tuple[str, ...] = ()

    def record(self, sign: Callable[[str], str]) -> bytes:
        return signed(CURRENT_KIND, asdict(self), sign)


@dataclass(frozen=True)
class Offer:
    stack: str
    model: str
    version: str
    registered: int
    # Over all files, as the integrity record of the version has it.
    digest: str
    # SHA-256 by path.
    files: Mapping[str, str]
    # Of the version: `history.*` and where its baseline is.
    tags: Mapping[str, str] = field(default_factory=dict)
    # Of MLflow's run that made it.
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    # Who asked, who said yes.
    decisions: tuple[Mapping[str, str], ...] = ()
    # By which it was decided: run, image, data, gate, evaluation.
    evidence: Mapping[str, str] = field(default_factory=dict)

    def record(self, sign: Callable[[str], str]) -> bytes:
        return signed(OFFER_KIND, asdict(self), sign)


def signed(kind: str, content: Mapping[str, Any], sign: Callable[[str], str]) -> bytes:
    said = json.dumps({"kind": kind, **content}, sort_keys=True)
    return json.dumps({"statement": said, "signature": sign(said)}).encode()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def read_current(body: bytes, public_key: str, stack: str, model: str) -> Current:
    """
    :raises Refused: where it is none that the stack has signed of the model.
    """
    given = _opened(body, public_key, CURRENT_KIND, CURRENT, stack, model)
    try:
        named = given["current"]
        return Current(
            stack=stack,
            model=model,
            serial=int(given["serial"]),
            current=Named(**named) if named else None,
            approved=tuple(Named(**each) for each in given["approved"]),
            revoked=tuple(str(each) for each in given["revoked"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"{CURRENT} has another shape than expected: {error}") from error


def read_offer(body: bytes, public_key: str, stack: str, model: str, named: Named) -> Offer:
    """
    :raises Refused: where it is not the one that `current.json` names.
    """
    if sha256(body) != named.offer:
        raise Refused(f"{OFFER} of version {named.version} is not the one that {CURRENT} names: its digest differs")
    given = _opened(body, public_key, OFFER_KIND, OFFER, stack, model)
    del given["kind"]
    try:
        offer = Offer(**{**given, "decisions": tuple(given["decisions"])})
        whole = digest_of(offer.files.items())[0]
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{OFFER} has another shape than expected: {error}") from error
    if (offer.version, offer.registered) != (named.version, named.registered):
        raise Refused(f"{OFFER} of version {named.version} is one of version {offer.version}")
    if whole != offer.digest:
        raise Refused(f"{OFFER} of version {named.version} names other files than were recorded of it")
    return offer


def _opened(body: bytes, public_key: str, kind: str, name: str, stack: str, model: str) -> dict[str, Any]:
    try:
        given = json.loads(said_in(body, public_key))
    except ValueError as error:
        raise Refused(
            f"{name} is not signed by the stack {stack}: its public key is not the one that is pinned"
        ) from error
    if not isinstance(given, dict) or given.get("kind") != kind:
        raise Refused(f"{name} is signed, and is no statement of the kind {kind}")
    if (given.get("stack"), given.get("model")) != (stack, model):
        raise Refused(
            f"{name} is one of the model {given.get('model')} of the stack {given.get('stack')}, not of {model} of {stack}"
        )
    return given
