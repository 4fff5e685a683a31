"""Packs a model for SageMaker: model.tar.gz with MLmodel at its root, streamed to a bucket."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import logging
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlparse

from botocore.exceptions import ClientError

from mlplatform.integrity import digest_of
from model_release.artifacts import Artifacts, Entry, Unpackable, artifacts_of, safe_paths
from model_release.integrity import compare
from model_release.log import fields

log = logging.getLogger(__name__)

# S3 takes at most 10,000 parts: models up to 156 GiB, with one part in memory.
PART_BYTES = 16 * 1024 * 1024
# Weights hardly shrink; a higher level only takes longer.
COMPRESSION = 1
# Where the model server looks for packages that came with a model.
ENVIRONMENT = "environment/"


class Stopped(Exception):
    """The process has been asked to end."""


@dataclass(frozen=True)
class Package:
    uri: str
    source_digest: str
    uploaded: bool


@dataclass(frozen=True)
class PackedEnvironment:
    """Packages that the model needs beside those of the server's image: an archive, and the digest that it must have."""

    uri: str
    sha256: str


def decided(uri: str, s3: Any) -> PackedEnvironment | None:
    """
    The packages that the builder has decided on, as it wrote to `uri`; none where the image has them all.

    :raises Unpackable: when it has refused the model.
    """
    parsed = urlparse(uri)
    verdict = json.loads(s3.get_object(Bucket=parsed.netloc, Key=parsed.path.lstrip("/"))["Body"].read())
    if verdict["outcome"] not in ("fits", "reused", "built"):
        raise Unpackable(f"its packages: {verdict.get('reason') or verdict['outcome']}")
    return PackedEnvironment(**verdict["environment"]) if verdict.get("environment") else None


def pack(
    source: str,
    target: str,
    s3: Any,
    scratch: str | None = None,
    stopping: Callable[[], bool] = lambda: False,
    environment: PackedEnvironment | None = None,
    recorded: Callable[[str], str | None] = lambda _source: None,
) -> Package:
    """
    Puts the model at `source` to `target`, an s3:// address of an object, unless that very model is there already. Packages of
    its own go below `environment/` of the package.

    The same files give the same bytes. The object's metadata say where it is from, and a digest of that source.

    :param recorded: the digest that is recorded of the source's files; none where nothing is.
    :raises FilesChanged: when the files are not those that were recorded; nothing is left of the upload then.
    :raises Unpackable: when the source is no model, or holds a link or a path that leads out of it.
    :raises Stopped: when `stopping` says so; nothing is left of the upload then.
    """
    parsed = urlparse(target)
    bucket, key = parsed.netloc, parsed.path.lstrip("/")
    if parsed.scheme != "s3" or not bucket or not key.endswith(".tar.gz"):
        raise ValueError(f'"{target}" is no s3://<bucket>/…tar.gz')
    wanted = recorded(source)
    artifacts = artifacts_of(source, s3, scratch)
    entries = safe_paths(artifacts.entries())
    if environment and any(entry.path.startswith(ENVIRONMENT) for entry in entries):
        raise Unpackable(f"it has a folder {ENVIRONMENT}, where its packages go; log it without")
    digest = source_digest(source, artifacts, entries)
    if environment:
        digest = hashlib.sha256(f"{digest} {environment.sha256}".encode()).hexdigest()
    metadata = {"source": quote(source, safe=":/@"), "source-digest": digest}
    if metadata.items() <= metadata_of(s3, bucket, key).items():
        log.info("the package is there already", extra=fields(source=source, target=target))
        return Package(target, digest, uploaded=False)
    with Upload(s3, bucket, key, metadata, stopping) as upload:
        packed, _ = digest_of(write_archive(artifacts, entries, upload, environment, s3))
        if wanted is not None:
            compare(source, wanted, packed)
    done = fields(source=source, target=target, bytes=upload.size, sha256=upload.sha256.hexdigest())
    log.info("packed", extra=done)
    return Package(target, digest, uploaded=True)


def source_digest(source: str, artifacts: Artifacts, entries: list[Entry]) -> str:
    listed = "\n".join([source, artifacts.identity(), *(f"{entry.path} {entry.mark}" for entry in entries)])
    return hashlib.sha256(listed.encode()).hexdigest()


def metadata_of(s3: Any, bucket: str, key: str) -> dict[str, str]:
    try:
        found: dict[str, str] = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
        return found
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return {}
        raise


def write_archive(
    artifacts: Artifacts, entries: list[Entry], sink: Any, environment: PackedEnvironment | None = None, s3: Any = None
) -> list[tuple[str, str]]:
    """Path and SHA-256 of each of the model's files that was put into it."""
    packed = []
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=sink, mtime=0) as compressed,
        tarfile.open(mode="w|", fileobj=compressed, format=tarfile.PAX_FORMAT) as archive,
    ):
        for entry in entries:
            with artifacts.open(entry) as (file, size):
                info = tarfile.TarInfo(entry.path)
                info.size, info.mode = size, 0o644
                hashed = Hashed(file)
                archive.addfile(info, hashed)  # type: ignore[arg-type]
                packed.append((entry.path, hashed.sha256.hexdigest()))
        if environment:
            add_environment(environment, archive, s3)
    return packed


def add_environment(environment: PackedEnvironment, archive: tarfile.TarFile, s3: Any) -> None:
    """
    As a stream, since packages may be larger than the disk: a wrong digest shows at its end, and then nothing is published.

    :raises Unpackable: when it is not the archive that was built.
    """
    parsed = urlparse(environment.uri)
    hashed = Hashed(s3.get_object(Bucket=parsed.netloc, Key=parsed.path.lstrip("/"))["Body"])
    try:
        with tarfile.open(fileobj=hashed, mode="r|gz") as packages:  # type: ignore[call-overload]
            for member in packages:
                if member.isdir():
                    continue
                if not member.isreg():
                    raise Unpackable(f"its packages hold {member.name!r}, a link or a device")
                safe_paths([Entry(member.name, ""), Entry("MLmodel", "")])
                info = tarfile.TarInfo(f"{ENVIRONMENT}{member.name}")
                info.size, info.mode = member.size, member.mode
                archive.addfile(info, packages.extractfile(member))
        while hashed.read(1024 * 1024):
            pass
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Unpackable(f"the archive of its packages is damaged: {error}") from error
    if hashed.sha256.hexdigest() != environment.sha256:
        raise Unpackable(f"the archive of its packages is not the one that was built: {environment.uri}")


class Hashed:
    """A stream that is digested as it is read."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._source.read(size)
        self.sha256.update(data)
        return data


class Upload(io.RawIOBase):
    """A multipart upload that is written to. Left by an exception, it is taken back."""

    def __init__(self, s3: Any, bucket: str, key: str, metadata: dict[str, str], stopping: Callable[[], bool]) -> None:
        self.size = 0
        self.sha256 = hashlib.sha256()
        self._s3 = s3
        self._object = {"Bucket": bucket, "Key": key}
        self._stopping = stopping
        self._held = bytearray()
        self._parts: list[dict[str, Any]] = []
        self._id = s3.create_multipart_upload(**self._object, Metadata=metadata, ContentType="application/gzip")[
            "UploadId"
        ]

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self._stopping():
            raise Stopped
        self._held += data
        while len(self._held) >= PART_BYTES:
            self._send(PART_BYTES)
        return len(data)

    def __exit__(self, failure: Any, *rest: Any) -> None:
        if failure is None:
            try:
                self._send(len(self._held))
                self._s3.complete_multipart_upload(
                    **self._object, UploadId=self._id, MultipartUpload={"Parts": self._parts}
                )
                return
            except BaseException:
                self._take_back()
                raise
        self._take_back()

    def _send(self, length: int) -> None:
        with memoryview(self._held)[:length] as head:
            part = bytes(head)
        del self._held[:length]
        number = len(self._parts) + 1
        sent = self._s3.upload_part(**self._object, UploadId=self._id, PartNumber=number, Body=part)
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self.sha256.update(part)
        self.size += len(part)

    def _take_back(self) -> None:
        try:
            self._s3.abort_multipart_upload(**self._object, UploadId=self._id)
        except Exception as error:
            # The bucket's lifecycle rule removes unfinished uploads too; why the packing failed matters more.
            log.warning("an unfinished upload could not be taken back", extra=fields(reason=str(error)))
