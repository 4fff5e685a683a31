"""Where samples are read and reports are written: a bucket that speaks S3, or a directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Entry:
    key: str
    size: int
    changed: datetime


class Store(Protocol):
    """Keys are relative to the URI that the store was opened with."""

    def list(self, prefix: str) -> Iterator[Entry]: ...

    def open(self, key: str) -> IO[bytes]: ...

    def read(self, key: str) -> bytes | None:
        """None where there is no such object."""
        ...

    def write(self, key: str, body: bytes) -> None: ...


class Bucket:
    def __init__(self, bucket: str, folder: str, client: Any = None) -> None:
        if client is None:
            import boto3
            from botocore.config import Config

            timeouts = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})
            client = boto3.client("s3", config=timeouts)
        self.client = client
        self.bucket = bucket
        self.folder = f"{folder}/" if folder else ""

    def list(self, prefix: str) -> Iterator[Entry]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.folder + prefix)
        for page in pages:
            for found in page.get("Contents", []):
                yield Entry(found["Key"][len(self.folder) :], found["Size"], found["LastModified"].astimezone(UTC))

    def open(self, key: str) -> IO[bytes]:
        return self.client.get_object(Bucket=self.bucket, Key=self.folder + key)["Body"]

    def read(self, key: str) -> bytes | None:
        try:
            with self.open(key) as body:
                return body.read()
        except self.client.exceptions.NoSuchKey:
            return None

    def write(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self.folder + key, Body=body, ContentType="application/json")


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def list(self, prefix: str) -> Iterator[Entry]:
        top = self.path / prefix
        for file in sorted(top.rglob("*")):
            if file.is_file():
                found = file.stat()
                changed = datetime.fromtimestamp(found.st_mtime, UTC)
                yield Entry(file.relative_to(self.path).as_posix(), found.st_size, changed)

    def open(self, key: str) -> IO[bytes]:
        return (self.path / key).open("rb")

    def read(self, key: str) -> bytes | None:
        try:
            return (self.path / key).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, key: str, body: bytes) -> None:
        target = self.path / key
        target.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a reader never meets half a report.
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        partial.write_bytes(body)
        partial.replace(target)


def open_store(uri: str) -> Store:
    """@param uri s3://bucket/folder, file:///folder or a path"""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        if not parts.netloc:
            raise ValueError(f"{uri!r} names no bucket")
        return Bucket(parts.netloc, parts.path.strip("/"))
    if parts.scheme in ("", "file"):
        return Folder(Path(parts.path))
    raise ValueError(f"{uri!r} is neither s3://, file:// nor a path")
