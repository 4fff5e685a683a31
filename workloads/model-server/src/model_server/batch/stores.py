"""Folders of objects, in a bucket or on disk, with the few atomic operations that scoring leans on."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Item:
    """One object. Its etag is another one when it is written anew."""

    key: str
    etag: str
    size: int


class Gone(Exception):
    """The object is not there any more, or was written anew since it was listed."""


class Store(Protocol):
    """Objects below one folder; keys are relative to it."""

    def address(self, key: str) -> str: ...

    def items(self, prefix: str = "") -> Iterator[Item]: ...

    def fetch(self, item: Item, target: Path) -> None: ...

    def read(self, key: str) -> tuple[bytes, str] | None: ...

    def write(self, key: str, content: bytes) -> None: ...

    def write_new(self, key: str, content: bytes) -> bool: ...

    def write_over(self, key: str, content: bytes, etag: str) -> bool: ...

    def upload(self, key: str, source: Path) -> None: ...

    def copy(self, source: str, target: str) -> bool: ...

    def delete(self, key: str) -> None: ...


def store_at(uri: str) -> Store:
    """The store of `s3://bucket/folder/` (at AWS_ENDPOINT_URL_S3, where that is set), or of a directory."""
    if not uri.startswith("s3://"):
        return Directory(Path(uri))
    bucket, _, folder = uri.removeprefix("s3://").partition("/")
    return Bucket(boto3.client("s3"), bucket, f"{folder.strip('/')}/" if folder.strip("/") else "")


class Directory:
    """A directory. Writes appear whole, by a rename or a link."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def address(self, key: str) -> str:
        return str(self.root / key)

    def items(self, prefix: str = "") -> Iterator[Item]:
        for folder, _, names in os.walk(self.root):
            for name in sorted(names):
                path = Path(folder, name)
                key = path.relative_to(self.root).as_posix()
                if not key.startswith(prefix) or name.startswith("."):
                    continue
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue  # Deleted since it was listed.
                yield Item(key, f"{stat.st_mtime_ns}-{stat.st_size}", stat.st_size)

    def fetch(self, item: Item, target: Path) -> None:
        source = self.root / item.key
        try:
            shutil.copyfile(source, target)
            stat = source.stat()
        except FileNotFoundError as error:
            raise Gone(item.key) from error
        if f"{stat.st_mtime_ns}-{stat.st_size}" != item.etag:
            raise Gone(item.key)

    def read(self, key: str) -> tuple[bytes, str] | None:
        try:
            content = (self.root / key).read_bytes()
        except FileNotFoundError:
            return None
        return content, hashlib.sha256(content).hexdigest()

    def write(self, key: str, content: bytes) -> None:
        with self._written(key, content) as temporary:
            os.replace(temporary, self.root / key)

    def write_new(self, key: str, content: bytes) -> bool:
        with self._written(key, content) as temporary:
            try:
                os.link(temporary, self.root / key)
            except FileExistsError:
                return False
            return True

    def write_over(self, key: str, content: bytes, etag: str) -> bool:
        self.root.mkdir(parents=True, exist_ok=True)
        with open(self.root / ".lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = self.read(key)
            if found is None or found[1] != etag:
                return False
            self.write(key, content)
            return True

    def upload(self, key: str, source: Path) -> None:
        with self._written(key, b"") as temporary:
            shutil.copyfile(source, temporary)
            os.replace(temporary, self.root / key)

    def copy(self, source: str, target: str) -> bool:
        try:
            self.upload(target, self.root / source)
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        (self.root / key).unlink(missing_ok=True)

    def _beside(self, key: str) -> Path:
        """A name that no listing shows as an object to score: hidden, in the directory of the key."""
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=target.parent)
        os.close(handle)
        return Path(name)

    @contextmanager
    def _written(self, key: str, content: bytes) -> Iterator[Path]:
        temporary = self._beside(key)
        temporary.write_bytes(content)
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)


class Bucket:
    """A folder of a bucket. Conditional writes make its claims atomic."""

    def __init__(self, client: Any, bucket: str, folder: str) -> None:
        self.client = client
        self.bucket = bucket
        self.folder = folder

    def address(self, key: str) -> str:
        return f"s3://{self.bucket}/{self.folder}{key}"

    def items(self, prefix: str = "") -> Iterator[Item]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.folder + prefix)
        for page in pages:
            for found in page.get("Contents", []):
                key = found["Key"].removeprefix(self.folder)
                if key and not key.endswith("/"):
                    yield Item(key, found["ETag"].strip('"'), found["Size"])

    def fetch(self, item: Item, target: Path) -> None:
        try:
            answer = self.client.get_object(**self._named(item.key), IfMatch=item.etag)
        except ClientError as error:
            if _status(error) in (404, 412):
                raise Gone(item.key) from error
            raise
        with open(target, "wb") as file:
            shutil.copyfileobj(answer["Body"], file, 1024 * 1024)

    def read(self, key: str) -> tuple[bytes, str] | None:
        try:
            answer = self.client.get_object(**self._named(key))
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        return answer["Body"].read(), answer["ETag"]

    def write(self, key: str, content: bytes) -> None:
        self.client.put_object(**self._named(key), Body=content)

    def write_new(self, key: str, content: bytes) -> bool:
        return self._write_if(key, content, IfNoneMatch="*")

    def write_over(self, key: str, content: bytes, etag: str) -> bool:
        return self._write_if(key, content, IfMatch=etag)

    def upload(self, key: str, source: Path) -> None:
        self.client.upload_file(str(source), self.bucket, self.folder + key)

    def copy(self, source: str, target: str) -> bool:
        try:
            self.client.copy({"Bucket": self.bucket, "Key": self.folder + source}, self.bucket, self.folder + target)
        except ClientError as error:
            if _status(error) == 404:
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        self.client.delete_object(**self._named(key))

    def _named(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.folder + key}

    def _write_if(self, key: str, content: bytes, **condition: str) -> bool:
        try:
            self.client.put_object(**self._named(key), Body=content, **condition)
        except ClientError as error:
            # 409: somebody writes the same key at this moment.
            if _status(error) in (404, 409, 412):
                return False
            raise
        # A store that does not know conditions would let two writers believe that each was first: the last one stands.
        found = self.read(key)
        return found is not None and found[0] == content


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
