"""Names of model versions: where a model comes from, and the version that this means today."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

RUN = re.compile(r"^runs:/(?P<run>[^/]+)/.+")
REGISTRY = re.compile(r"^models:/(?P<name>[^/@]+)(?:/(?P<version>[0-9]+)|@(?P<alias>[^/@]+))$")


@dataclass(frozen=True)
class Version:
    """One exact model: `key` names it in paths and labels, `uri` is what a server loads."""

    key: str
    uri: str

    @property
    def registered(self) -> tuple[str, str] | None:
        """Name and version in the MLflow registry; none for runs:/ and s3://."""
        match = REGISTRY.match(self.uri)
        return (match["name"], match["version"]) if match and match["version"] else None

    @property
    def run(self) -> str | None:
        """MLflow's run that holds it, where it is named by that."""
        match = RUN.match(self.uri)
        return match and match["run"]


def alias_of(source: str) -> tuple[str, str] | None:
    """Name and alias of a source such as models:/churn@champion."""
    match = REGISTRY.match(source)
    return (match["name"], match["alias"]) if match and match["alias"] else None


def in_mlflow(source: str) -> bool:
    """Whether MLflow has to answer before a server can load it."""
    return source.startswith(("models:/", "runs:/"))


def exact(source: str) -> Version:
    """
    The version that an exact source names: models:/churn/3, runs:/…, s3://….

    :raises ValueError: for an alias, which only the registry can resolve, and for anything else.
    """
    match = REGISTRY.match(source)
    if match and match["version"]:
        return Version(match["version"], source)
    if re.match(r"^(runs:/[^/]+/.+|s3://[^/]+/.+)$", source):
        return Version(hashlib.sha256(source.encode()).hexdigest()[:10], source)
    raise ValueError(
        f'"{source}" names no model: give models:/<name>/<version>, models:/<name>@<alias>, runs:/… or s3://…'
    )
