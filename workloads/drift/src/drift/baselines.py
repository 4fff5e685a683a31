"""Finds the baseline of a version where training left it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from mlplatform.baseline import FILE_NAME, Baseline, BaselineError

#: Tag of a version in the registry, where its baseline is not among its own files.
BASELINE_TAG = "drift_baseline_uri"
MAX_BYTES = 32 * 1024 * 1024

_registered = re.compile(r"^models:/([^@/\s]+)(?:@[^@/\s]+|/\d+)$")


class BaselineMissing(LookupError):
    """The version has none, or none that can be read. Says why."""


class Baselines:
    """Of the versions that are live; fetched once, for a version never changes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Baseline]] = {}

    def of(self, model: str, source: str, version: str) -> Baseline:
        """
        @param source `from` of the stack's config, which the version was resolved from
        @raises BaselineMissing; anything else means that nobody could be asked, and that it is worth to try again
        """
        registered = _registered.match(source)
        place = f"models:/{registered[1]}/{version}" if registered else source
        if self._kept.get(model, ("",))[0] != place:
            self._kept[model] = (place, _fetch(place, registered[1] if registered else None, version))
        return self._kept[model][1]


def _fetch(place: str, name: str | None, version: str) -> Baseline:
    uri = _tagged(name, version) if name is not None else None
    if uri is None:
        files = {Path(file.path).name: file for file in mlflow.artifacts.list_artifacts(artifact_uri=place) or []}
        if FILE_NAME not in files:
            raise BaselineMissing(f"{place} has no file {FILE_NAME}: train it with mlplatform.registry.keep_baseline")
        if (files[FILE_NAME].file_size or 0) > MAX_BYTES:
            raise BaselineMissing(f"{FILE_NAME} of {place} is larger than {MAX_BYTES} bytes")
        uri = f"{place}/{FILE_NAME}"
    with tempfile.TemporaryDirectory() as folder:
        text = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=folder)).read_bytes()
    try:
        return Baseline.from_json(text)
    except BaselineError as error:
        raise BaselineMissing(f"{uri} cannot be used: {error}") from error


def _tagged(name: str, version: str) -> str | None:
    try:
        return MlflowClient().get_model_version(name, version).tags.get(BASELINE_TAG)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise BaselineMissing(f"the registry has no version {version} of {name}") from error
        raise
