"""Brings a package of SageMaker, model.tar.gz, from a bucket into a directory; nothing of it lands elsewhere."""

from __future__ import annotations

import errno
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from model_release.artifacts import Entry, Unpackable, safe_paths

# The disk is at fault, not the package: another attempt may find room.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def unpack(uri: str, folder: Path, s3: Any) -> Path:
    """
    Unpacks the package at `uri` into `folder`, as a stream: only its files touch the disk.

    :raises Unpackable: when there is none, it is damaged, no MLflow model, or holds a link or a path that leads out of it.
    :raises OSError: when the disk is full or fails.
    """
    parsed = urlparse(uri)
    if parsed.scheme != "s3" or not parsed.netloc or not parsed.path.endswith(".tar.gz"):
        raise Unpackable(f'"{uri}" is no s3://<bucket>/…tar.gz')
    try:
        body = s3.get_object(Bucket=parsed.netloc, Key=parsed.path.lstrip("/"))["Body"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise Unpackable(f"there is no package at {uri}") from error
        raise
    try:
        with body, tarfile.open(fileobj=body, mode="r|gz") as archive:
            entries = [Entry(path, "") for member in archive if (path := write(archive, member, folder))]
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        raise Unpackable(f"the package {uri} is damaged: {error}") from error
    safe_paths(entries)
    return folder


def write(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> str | None:
    """Path of the file that was written; none for a directory."""
    path = str(PurePosixPath(member.name))
    if member.isdir():
        return None
    if not member.isreg():
        raise Unpackable(f"{path!r} is a link or a device, not a file")
    # Judged before it is written, and with the others once more: then it is known what lies below what.
    safe_paths([Entry(path, ""), Entry("MLmodel", "")])
    target = folder / path
    if target.exists():
        raise Unpackable(f"{path!r} is there twice")
    target.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    with target.open("xb") as file:
        shutil.copyfileobj(content, file, 1024 * 1024)  # type: ignore[arg-type]
    return path
