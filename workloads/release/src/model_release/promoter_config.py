"""The mounted file that says which models go to other stacks, and which come from them; written by the Pulumi program."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from model_release.version import alias_of


@dataclass(frozen=True)
class OfferedModel:
    name: str
    # Name and alias in the registry.
    registered: str
    alias: str
    # Of kubernetes and sagemaker: where releases of it say what became of them.
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Producer:
    """The stack that a model comes from, as it has told of itself."""

    stack: str
    account_id: str
    region: str
    bucket: str
    # In hexadecimal.
    public_key: str


@dataclass(frozen=True)
class TakenModel:
    name: str
    registered: str
    alias: str
    # As the producing stack calls it.
    model: str
    producer: Producer


@dataclass(frozen=True)
class PromoterConfig:
    stack: str
    region: str
    # s3:// address of the folder of what is offered, with a slash at its end.
    offers: str
    offered: tuple[OfferedModel, ...]
    taken: tuple[TakenModel, ...]


def parse(text: str) -> PromoterConfig:
    """
    :raises ValueError: with the place and what is wrong there.
    """
    try:
        given = json.loads(text)
        return PromoterConfig(
            stack=given["stack"],
            region=given["region"],
            offers=given["offers"],
            offered=tuple(
                OfferedModel(each["name"], *_named(each), tuple(each["targets"])) for each in given["offered"]
            ),
            taken=tuple(
                TakenModel(each["name"], *_named(each), each["model"], _producer(each["producer"]))
                for each in given["taken"]
            ),
        )
    except KeyError as missing:
        raise ValueError(f"{missing} is missing") from missing
    except (TypeError, AttributeError) as error:
        raise ValueError(f"it has another shape than expected: {error}") from error


def _named(given: dict[str, Any]) -> tuple[str, str]:
    found = alias_of(given["from"])
    if found is None:
        raise ValueError(f'{given["name"]}: from is "{given["from"]}", and has to be models:/<name>@<alias>')
    return found


def _producer(given: dict[str, Any]) -> Producer:
    return Producer(given["stack"], given["accountId"], given["region"], given["bucket"], given["publicKey"])
