"""What a loop has kept of a version in the data store: its record, and how the version was judged."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlparse

from mlplatform.history.versions import Told

EVALUATION = "evidence/evaluation.json"


class NotRead(Exception):
    """It could not be read; says why."""


def kept_by_loop(found: Told) -> dict[str, str]:
    """Where a loop keeps its record, evaluation and decisions, by the name of the entry; nothing of a version that no loop made."""
    package = urlparse(found.record.package or found.version.tags.get("mlplatform.package", ""))
    parts = package.path.strip("/").split("/")
    if package.scheme != "s3" or "models" not in parts[:-2]:
        return {}
    at = parts.index("models")
    root, model, run = "/".join([package.netloc, *parts[:at]]), parts[at + 1], parts[at + 2]
    kept = {"evidence/run_record.json": f"s3://{root}/metadata/{model}/runs/{run}.json"}
    for name in ("evaluation", "statistics", "constraints"):
        kept[f"evidence/{name}.json"] = f"s3://{root}/models/{model}/{run}/baseline/{name}.json"
    return kept


def read(s3: Any, uri: str) -> bytes:
    """@raises NotRead with what the store says"""
    if s3 is None:
        raise NotRead("no credentials of the store were given")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content
    except Exception as error:  # Whatever client it is: what it says is told.
        raise NotRead(_reason(error)) from error


def _reason(error: Exception) -> str:
    answer = getattr(error, "response", None)
    if isinstance(answer, Mapping):
        # Without the request's own number, which is another one each time.
        return f"{answer.get('Error', {}).get('Code', '')}: {answer.get('Error', {}).get('Message', '')}"
    return f"{type(error).__name__}: {error}"


def store_client() -> Any:
    """boto3's client of S3 where boto3 is and finds credentials; else none."""
    try:
        import boto3
    except ImportError:
        return None
    session = boto3.Session()
    endpoint = os.environ.get("MLFLOW_S3_ENDPOINT_URL") or None
    return session.client("s3", endpoint_url=endpoint) if session.get_credentials() else None


def checks_in(evaluation: bytes) -> list[dict[str, Any]]:
    """What the gate looked at beside its metric."""
    try:
        found = json.loads(evaluation).get("checks")
    except (ValueError, AttributeError):
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def checked(check: Mapping[str, Any]) -> tuple[str, str]:
    """Name, and how it went: `0.4120, at most 0.5000: passed`."""
    value = check.get("value")
    shown = f"{value:.4f}" if isinstance(value, int | float) else "not measured"
    went = "passed" if check.get("passed") is True else "failed" if check.get("effect") == "block" else "only warned"
    return str(check.get("name")), f"{shown}, {check.get('bound')}: {went}"
