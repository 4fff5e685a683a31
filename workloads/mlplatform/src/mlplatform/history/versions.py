"""A registered version with what is written down of it: record and manifest, and whether they are those that were registered."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from mlplatform.commands.refused import Refused
from mlplatform.history.manifest import MANIFEST_FILE, Manifest
from mlplatform.history.record import RECORD_FILE, TrainingRecord, Unreadable
from mlplatform.history.writing import MANIFEST_SHA256, RECORD_SHA256
from mlplatform.registry import quoted

#: What people have asked and answered, as MLflow's sign-in notes it: `decisions.py` of the release controller reads the same.
DECISION_TAG = "mlplatform.decision."
#: `churn@champion`, `churn/3`
_reference = re.compile(r"^(?P<name>.+?)(@(?P<alias>[^@/]+)|/(?P<version>[0-9]+))$")


@dataclass
class Told:
    """One version, and what is known of how it was made."""

    version: ModelVersion
    record: TrainingRecord = field(default_factory=TrainingRecord)
    manifest: Manifest | None = None
    #: Where what lies there is not what was registered, in sentences.
    problems: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.version.name}/{self.version.version}"


def find(client: MlflowClient, reference: str) -> ModelVersion:
    """@raises Refused where there is no such version"""
    match = _reference.match(reference)
    if match is None:
        raise Refused(f"{reference!r} names no version: write MODEL@ALIAS or MODEL/VERSION, such as churn@champion")
    try:
        if match["alias"]:
            found = client.get_model_version_by_alias(match["name"], match["alias"])
            # By number: only so its aliases are told.
            return client.get_model_version(found.name, found.version)
        return client.get_model_version(match["name"], match["version"])
    except MlflowException as error:
        raise Refused(f"{reference}: {error.message}; MLflow's page Models lists what is there") from error


def told(client: MlflowClient, version: ModelVersion) -> Told:
    """Reads what lies beside the version's model; what cannot be read is not known, with the reason."""
    found = Told(version)
    record = _file(found, RECORD_FILE, RECORD_SHA256, TrainingRecord.from_json)
    found.record = record or TrainingRecord()
    found.manifest = _file(found, MANIFEST_FILE, MANIFEST_SHA256, Manifest.from_json)
    return found


def _file(found: Told, name: str, tag: str, parse: Callable[[str], Any]) -> Any:
    version = found.version
    recorded = version.tags.get(tag)
    uri = f"models:/{version.name}/{version.version}"
    if recorded is None:
        try:
            there = name in (each.path for each in mlflow.artifacts.list_artifacts(artifact_uri=uri))
        except (MlflowException, OSError) as error:
            found.unknown[name] = f"the version has no tag {tag}, and its files cannot be listed: {error}"
            return None
        if there:
            found.problems.append(
                f"{name} is there, and the version's tag {tag}, which tells whether it is the registered one, is gone"
            )
        else:
            found.unknown[name] = "the version was registered without one"
        return None
    try:
        with tempfile.TemporaryDirectory() as folder:
            content = Path(mlflow.artifacts.download_artifacts(f"{uri}/{name}", dst_path=folder)).read_bytes()
    except (MlflowException, OSError) as error:
        found.problems.append(f"{name} cannot be read: {error}")
        return None
    digest = hashlib.sha256(content).hexdigest()
    if digest != recorded:
        found.problems.append(
            f"{name} is not the one that was registered: its SHA-256 is {digest[:12]}…, the version says {recorded[:12]}…"
        )
        return None
    try:
        return parse(content.decode("utf-8"))
    except (Unreadable, UnicodeDecodeError) as error:
        found.problems.append(f"{name} cannot be read: {error}")
        return None


def decided(version: ModelVersion) -> list[dict[str, str]]:
    """Who asked for the version, approved or rejected it, in their order."""
    found = []
    for key, text in sorted(version.tags.items()):
        if not key.startswith(DECISION_TAG):
            continue
        try:
            given = json.loads(text)
            # A version of the same number that was registered before is another one.
            if given["registered"] == version.creation_timestamp:
                found.append({name: str(given.get(name, "")) for name in ("decision", "by", "at", "reason")})
        except (ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda each: each["at"])


def states(version: ModelVersion) -> list[dict[str, str]]:
    """What became of it on each target of each stack, as release controllers say."""
    pattern = re.compile(r"^mlplatform\.(?P<stack>.+)\.(?P<target>kubernetes|sagemaker)$")
    matches = ((pattern.match(key), value) for key, value in sorted(version.tags.items()))
    return [{"stack": match["stack"], "target": match["target"], "state": value} for match, value in matches if match]


def of_run(client: MlflowClient, run: str) -> ModelVersion:
    """The version that a run has made, by MLflow's id, the engine's, or as MODEL/VERSION.

    @raises Refused where there is none
    """
    if "/" in run or "@" in run:
        return find(client, run)
    for wanted in (f"run_id = {quoted(run)}", f"tags.`mlplatform.run` = {quoted(run)}"):
        for version in client.search_model_versions(wanted, max_results=1):
            return version
    raise Refused(
        f"--run {run}: no version of MLflow was made by it; `mlplatform trace MODEL/VERSION` tells a version's run"
    )
