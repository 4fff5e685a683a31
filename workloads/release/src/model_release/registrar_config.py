"""The mounted file that says which models are trained, written by the Pulumi program."""

from __future__ import annotations

import json
from dataclasses import dataclass

from model_release.version import alias_of


@dataclass(frozen=True)
class TrainedModel:
    name: str
    # Name and alias in the registry: the alias is what makes a version live.
    registered: str
    alias: str
    # Of kubernetes and sagemaker: where releases of it say what became of them.
    targets: tuple[str, ...]


@dataclass(frozen=True)
class RegistrarConfig:
    stack: str
    activity_arn: str
    region: str
    # s3:// address; what is live is packed to <packages>/<model>/champion/<version>/model.tar.gz.
    packages: str
    models: dict[str, TrainedModel]


def parse(text: str) -> RegistrarConfig:
    """
    :raises ValueError: with the place and what is wrong there.
    """
    try:
        given = json.loads(text)
        models = [model(entry["name"], entry["from"], entry["targets"]) for entry in given["models"]]
        return RegistrarConfig(
            stack=given["stack"],
            activity_arn=given["activityArn"],
            region=given["region"],
            packages=given["packages"].rstrip("/"),
            models={each.name: each for each in models},
        )
    except KeyError as missing:
        raise ValueError(f"{missing} is missing") from missing
    except (TypeError, AttributeError) as error:
        raise ValueError(f"it has another shape than expected: {error}") from error


def model(name: str, source: str, targets: list[str]) -> TrainedModel:
    found = alias_of(source)
    if found is None:
        raise ValueError(f'{name}: from is "{source}", and a trained model needs models:/<name>@<alias>')
    unknown = set(targets) - {"kubernetes", "sagemaker"}
    if unknown:
        raise ValueError(f"{name}: targets are kubernetes and sagemaker, not {', '.join(sorted(unknown))}")
    return TrainedModel(name, *found, tuple(targets))
