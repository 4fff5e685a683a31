"""Inputs of the provider as the parameters of AWS's API: they are called alike but for letters' case and a plural."""

import base64
import json
from typing import Any

from calls import provider_only


def parameters(inputs: Any, shape: Any, names: dict[str, str | None], untold: list[str], path: str = "") -> Any:
    """`inputs` as the shape has them. What it has no place for is added to `untold`, by its path."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(inputs, shape, names, untold, path)
    if kind == "list":
        if isinstance(inputs, dict) and shape.member.type_name == "structure":
            pairs = _pairs(inputs, shape.member)
            inputs = [inputs] if pairs is None else pairs
        return [parameters(each, shape.member, names, untold, path) for each in _listed(inputs)]
    if kind == "map":
        return {key: parameters(each, shape.value, names, untold, f"{path}.{key}") for key, each in inputs.items()}
    return _scalar(inputs, kind)


def _structure(inputs: Any, shape: Any, names: dict[str, str | None], untold: list[str], path: str) -> dict[str, Any]:
    if isinstance(inputs, list):
        (inputs,) = inputs  # The provider has a list where a block may be missing.
    if isinstance(inputs, str):
        return {"document": inputs}
    told: dict[str, Any] = {}
    for key, value in inputs.items():
        here = f"{path}.{key}" if path else key
        wanted = names.get(here, key)
        if value is None or wanted is None or key in provider_only:
            continue
        member = _member(wanted, shape.members)
        if member is None:
            untold.append(here)
        else:
            told[member] = parameters(value, shape.members[member], names, untold, here)
    return told


def _member(key: str, members: Any) -> str | None:
    """The member that a key means: `subnetId` is `SubnetId`, `kmsKey` of a list `KmsKeys`."""
    by_letters = {name.lower(): name for name in members}
    low = key.lower()
    spelled = [low, f"{low}s", low.removesuffix("s"), f"{low.removesuffix('y')}ies", f"{low}list"]
    return next((by_letters[each] for each in spelled if each in by_letters), None)


def _pairs(inputs: dict[str, Any], member: Any) -> list[dict[str, Any]] | None:
    """Tags and dimensions, which the provider has as a map."""
    names = {name.lower(): name for name in member.members}
    first = names.get("key") or names.get("tagkey") or (names.get("name") if len(names) <= 3 else None)
    second = names.get("value") or names.get("tagvalue")
    if first is None or second is None or {key.lower() for key in inputs} & set(names):
        return None
    return [{first: key, second: value} for key, value in inputs.items()]


def _listed(inputs: Any) -> list[Any]:
    return inputs if isinstance(inputs, list) else [inputs]


def _scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value in (True, "true")
    if kind == "blob":
        return value if isinstance(value, bytes) else str(value).encode()
    if kind == "timestamp":
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def zipped() -> bytes:
    """An empty archive, for the code of functions."""
    return base64.b64decode("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==")
