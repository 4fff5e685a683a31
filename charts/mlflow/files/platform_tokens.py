"""Tokens by which somebody's programs act as that person. JupyterHub makes them, of whom its sign-in knows.

A JSON Web Token, signed with Ed25519: the secret half of the key is with the hub alone, so that nobody who breaks in here can
make one. https://www.rfc-editor.org/rfc/rfc8037#section-3.1
"""

import base64
import json
import re
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# What must be in it, letter by letter. No other algorithm and no key that a token brings itself is looked at.
_HEADER = {"alg": "EdDSA", "typ": "JWT"}
_ISSUER, _AUDIENCE = "jupyterhub", "mlflow"
# One that would hold for longer was not made by the hub as it is configured.
LONGEST_SECONDS = 3600
_CLOCKS_DIFFER_SECONDS = 30


class Refused(Exception):
    """Why a token is worth nothing, for its owner to read."""


def person_of(token, public_key):
    """
    :param public_key: in hexadecimal.
    :return: address and groups, as the hub's sign-in says them.
    :raises Refused: when the hub did not make it, not for MLflow, or not in time.
    """
    parts = token.split(".")
    if len(parts) != 3 or _object(parts[0]) != _HEADER:
        raise Refused("this is no token of JupyterHub's")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(_bytes(parts[2]), f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature:
        raise Refused("JupyterHub did not sign this token") from None
    said = _object(parts[1])
    if said.get("iss") != _ISSUER or said.get("aud") != _AUDIENCE:
        raise Refused("this token is for another server")
    begins, ends, now = said.get("iat"), said.get("exp"), time.time()
    if not _is_time(begins) or not _is_time(ends) or not 0 < ends - begins <= LONGEST_SECONDS:
        raise Refused("this token does not say how long it holds, or holds for too long")
    if now < begins - _CLOCKS_DIFFER_SECONDS:
        raise Refused("this token is from the future: the clocks of JupyterHub and MLflow differ")
    if now >= ends:
        raise Refused("this token has run out: ask JupyterHub for another")
    name, groups = said.get("sub"), said.get("groups")
    if not isinstance(name, str) or not isinstance(groups, list) or not all(isinstance(each, str) for each in groups):
        raise Refused("this token does not say whose it is")
    return name, groups


def _object(part):
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(part):
    if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
        raise Refused("this is no token of JupyterHub's")
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Refused("this is no token of JupyterHub's") from None


def _is_time(value):
    return isinstance(value, int) and not isinstance(value, bool)
