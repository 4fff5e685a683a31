"""Files of a model, wherever they are: MLflow, a prefix of a bucket, a directory."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlparse

from model_release.version import REGISTRY


class Unpackable(Exception):
    """The source is no model, or not a safe one; trying again will not help."""


@dataclass(frozen=True)
class Entry:
    """One file, by its path below the model, with what tells that it is the same file as last time."""

    path: str
    mark: str


class Artifacts(Protocol):
    def entries(self) -> list[Entry]: ...

    def identity(self) -> str:
        """What tells this model from another of the same address, such as a version registered anew."""
        ...

    def open(self, entry: Entry) -> Any:
        """A context with the file and its size in bytes."""
        ...


def artifacts_of(uri: str, s3: Any, scratch: str | None = None) -> Artifacts:
    """
    :param scratch: directory for one file at a time, for those that come by MLflow.
    """
    if uri.startswith("s3://"):
        return BucketPrefix(uri, s3)
    if uri.startswith(("models:/", "runs:/")):
        return Tracked(uri, scratch)
    return Directory(Path(uri))


def safe_paths(entries: list[Entry]) -> list[Entry]:
    """
    The entries, sorted.

    :raises Unpackable: where a path would leave the directory that the archive is unpacked to, or there is no MLmodel.
    """
    paths = {entry.path for entry in entries}
    for path in paths:
        parts = path.split("/")
        if "\\" in path or not path.isprintable() or any(part in ("", ".", "..") for part in parts):
            raise Unpackable(f"{path!r} is no path below a model")
        for depth in range(1, len(parts)):
            if "/".join(parts[:depth]) in paths:
                raise Unpackable(f"{path!r} lies below a file")
    if "MLmodel" not in paths:
        raise Unpackable("there is no MLmodel at its root, so it is no MLflow model")
    return sorted(entries, key=lambda entry: entry.path)


class Directory:
    def __init__(self, root: Path) -> None:
        self._root = root

    def identity(self) -> str:
        return ""

    def entries(self) -> list[Entry]:
        if not self._root.is_dir():
            raise Unpackable(f"{self._root} is no directory")
        return [self._entry(path) for path in self._root.rglob("*") if not self._passed_over(path)]

    @staticmethod
    def _passed_over(path: Path) -> bool:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            return True
        if not stat.S_ISREG(mode):
            raise Unpackable(f"{path.name} is a link or a device, not a file")
        return False

    def _entry(self, path: Path) -> Entry:
        with path.open("rb") as file:
            return Entry(path.relative_to(self._root).as_posix(), hashlib.file_digest(file, "sha256").hexdigest())

    @contextmanager
    def open(self, entry: Entry) -> Iterator[tuple[BinaryIO, int]]:
        # A file that became a link since it was listed is not followed.
        descriptor = os.open(self._root / entry.path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            yield file, os.fstat(file.fileno()).st_size


class BucketPrefix:
    """Read as a stream: no byte of it touches the disk."""

    def __init__(self, uri: str, s3: Any) -> None:
        parsed = urlparse(uri)
        self._bucket, self._prefix = parsed.netloc, parsed.path.strip("/") + "/"
        self._s3 = s3

    def identity(self) -> str:
        return ""

    def entries(self) -> list[Entry]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        listed = [item for page in pages for item in page.get("Contents", [])]
        return [
            Entry(item["Key"][len(self._prefix) :], item["ETag"])
            for item in listed
            # An empty object with a slash at its end is how consoles show a folder.
            if not (item["Key"].endswith("/") and item["Size"] == 0)
        ]

    @contextmanager
    def open(self, entry: Entry) -> Iterator[tuple[Any, int]]:
        found = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + entry.path, IfMatch=entry.mark)
        try:
            yield found["Body"], found["ContentLength"]
        finally:
            found["Body"].close()


class Tracked:
    """Of a run or a registered version, by the MLflow server: one file at a time in the scratch directory."""

    def __init__(self, uri: str, scratch: str | None) -> None:
        from mlflow import MlflowClient
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        self._uri = uri
        self._scratch = scratch
        self._version = REGISTRY.match(uri)
        self._client = MlflowClient()
        self._repository = get_artifact_repository(uri)

    def identity(self) -> str:
        if not self._version:
            return ""
        found = self._client.get_model_version(self._version["name"], self._version["version"])
        return f"{found.creation_timestamp} {found.source}"

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        folders: list[str | None] = [None]
        while folders:
            for item in self._repository.list_artifacts(folders.pop()):
                if item.is_dir:
                    folders.append(item.path)
                else:
                    found.append(Entry(item.path, str(item.file_size)))
        return found

    @contextmanager
    def open(self, entry: Entry) -> Iterator[tuple[BinaryIO, int]]:
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            local = Path(self._repository.download_artifacts(entry.path, folder))
            # A store on this machine answers with its own file instead of a copy.
            if local.is_symlink() or not local.is_file():
                raise Unpackable(f"{entry.path} is a link or a device, not a file")
            with local.open("rb") as file:
                yield file, local.stat().st_size
