"""Objects of the data bucket, as `monitor` reads them."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from training_template.hyperparameters import Unusable
from training_template.logs import fields

log = logging.getLogger(__name__)


def listed(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, datetime]]:
    """Those that hold anything."""
    return ((key, changed) for key, size, changed in sized(s3, bucket, prefix) if size > 0)


def sized(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, int, datetime]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            yield each["Key"], each["Size"], each["LastModified"].astimezone(UTC)


def download(s3: Any, bucket: str, key: str, file: Path) -> None:
    try:
        with file.open("wb") as target:
            shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], target)
    except s3.exceptions.NoSuchKey as error:
        raise Unusable(f"s3://{bucket}/{key} is not there") from error


def content(s3: Any, bucket: str, key: str) -> str:
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey as error:
        raise Unusable(f"s3://{bucket}/{key} is not there") from error
    try:
        return (gzip.decompress(body) if key.endswith(".gz") else body).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise Unusable(f"s3://{bucket}/{key} is damaged: {error}") from error


def lines_of(s3: Any, bucket: str, key: str) -> Iterator[dict[str, Any]]:
    try:
        lines = content(s3, bucket, key).splitlines()
    except Unusable as error:
        log.warning("file of samples is damaged", extra=fields(file=key, reason=str(error)))
        return
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found
