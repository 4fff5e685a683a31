"""Files of a training run between a bucket and the folder that a command of the training image works in."""

from __future__ import annotations

import logging
import os
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from model_release.log import fields

log = logging.getLogger(__name__)


class Missing(Exception):
    """Nothing is where something must be; trying again will not help."""


def fetch(uri: str, folder: Path, s3: Any, optional: bool = False) -> int:
    """
    Brings the object at `uri`, or everything below it where it ends in a slash, into `folder`.

    :returns: how many files.
    :raises Missing: when there is none, unless `optional`.
    """
    bucket, key = address(uri)
    shared(folder)
    count = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
        for found in page.get("Contents", []):
            name = relative(found["Key"], key)
            if name is None:
                continue
            target = folder / name
            if not target.resolve().is_relative_to(folder.resolve()):
                raise Missing(f"{found['Key']!r} leads out of {uri}")
            shared(target.parent)
            s3.download_file(bucket, found["Key"], str(target))
            count += 1
    if count == 0 and not optional:
        raise Missing(f"there is nothing at {uri}")
    log.info("fetched", extra=fields(uri=uri, files=count))
    return count


def read_if_there(s3: Any, **named: str) -> bytes | None:
    """
    An object's content; none where there is no such object. It is listed first: only so what is not there is told from what is forbidden.

    :param named: as `get_object` takes them.
    """
    listing = {"Prefix" if name == "Key" else name: value for name, value in named.items()}
    if all(each["Key"] != named["Key"] for each in s3.list_objects_v2(**listing).get("Contents", [])):
        return None
    content: bytes = s3.get_object(**named)["Body"].read()
    return content


def relative(found: str, key: str) -> str | None:
    """Path of an object below the folder that was asked for; None for what is no file of it."""
    if not key.endswith("/") and key != "":
        return found.rsplit("/", 1)[-1] if found == key else None
    name = found.removeprefix(key)
    return None if name == "" or name.endswith("/") else name


def store_folder(folder: Path, uri: str, s3: Any) -> int:
    """
    Brings the files of `folder` below `uri`.

    :raises Missing: when there is none: the command has written nothing.
    """
    bucket, key = address(uri)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if not files:
        raise Missing(f"the command has left nothing in {folder.name}/")
    for path in files:
        s3.upload_file(str(path), bucket, f"{key}{path.relative_to(folder).as_posix()}")
    log.info("stored", extra=fields(uri=uri, files=len(files)))
    return len(files)


def store_package(folder: Path, uri: str, s3: Any, scratch: str | None = None) -> None:
    """
    Packs the files of `folder` as SageMaker packs /opt/ml/model.

    :raises Missing: when there is none: the training has written no model.
    """
    bucket, key = address(uri)
    if not folder.is_dir() or not any(folder.iterdir()):
        raise Missing("the training has written no model")
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".tar.gz") as packed:
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
            for path in sorted(folder.iterdir()):
                archive.add(path, arcname=path.name)
        packed.flush()
        s3.upload_file(packed.name, bucket, key)
    log.info("packed", extra=fields(uri=uri))


def copy(source: str, target: str, s3: Any, optional: bool = False) -> None:
    """
    Leaves an object of a bucket at another address too.

    :raises Missing: when it is not there, unless `optional`.
    """
    (bucket, key), (to_bucket, to_key) = address(source), address(target)
    try:
        s3.copy_object(Bucket=to_bucket, Key=to_key, CopySource={"Bucket": bucket, "Key": key})
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        if not optional:
            raise Missing(f"there is no {source}") from error
        return
    log.info("kept", extra=fields(source=source, target=target))


def shared(folder: Path) -> None:
    """Whoever the next container runs as can write there too."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        os.chmod(each, 0o777)


def address(uri: str) -> tuple[str, str]:
    parsed = urlparse(uri)
    if parsed.scheme != "s3" or not parsed.netloc:
        raise Missing(f'"{uri}" is no s3:// address')
    return parsed.netloc, parsed.path.lstrip("/")
