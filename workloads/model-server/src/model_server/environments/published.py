"""Where packages of models are kept once they are built: a folder of a bucket, or of this machine."""

import json
import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from model_server.environments.archive import Archive

_RECORD = "environment.json"


@dataclass(frozen=True)
class Packages:
    """An archive and the digest that it must have."""

    uri: str
    sha256: str


# In place of packages that a release names for other images of the server, and not for this one.
NOT_BUILT = Packages("", "")
# In place of packages while nobody has said whether this image has what the version asks for.
PENDING = Packages("pending", "")


class Published:
    """
    `<root>/<digest of what was asked>/environment.json` names the archive beside it, which comes first: who finds the record finds the
    archive. An archive is never written over, since its name is its digest.
    """

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")

    def find(self, digest: str) -> dict[str, Any] | None:
        text = _read(f"{self._root}/{digest}/{_RECORD}")
        return json.loads(text) if text is not None else None

    def packages(self, digest: str, record: dict[str, Any]) -> Packages:
        return Packages(f"{self._root}/{digest}/{record['sha256']}.tar.gz", record["sha256"])

    def add(self, digest: str, file: Path, archive: Archive, about: dict[str, Any]) -> Packages:
        record = {"sha256": archive.sha256, "bytes": archive.size, **about}
        kept = self.packages(digest, record)
        _write(kept.uri, file)
        put_text(f"{self._root}/{digest}/{_RECORD}", json.dumps(record))
        return kept


def open_archive(packages: Packages) -> Any:
    """A context with the stream of an archive."""
    if not packages.uri.startswith("s3://"):
        return open(packages.uri.removeprefix("file://"), "rb")
    bucket, key = _address(packages.uri)
    return closing(_s3().get_object(Bucket=bucket, Key=key)["Body"])


def put_text(uri: str, text: str) -> None:
    if uri.startswith("s3://"):
        bucket, key = _address(uri)
        _s3().put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json")
        return
    path = Path(uri.removeprefix("file://"))
    if not str(path).startswith("/dev/"):
        path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _read(uri: str) -> str | None:
    if not uri.startswith("s3://"):
        path = Path(uri.removeprefix("file://"))
        return path.read_text() if path.is_file() else None
    from botocore.exceptions import ClientError

    bucket, key = _address(uri)
    try:
        text: str = _s3().get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return text
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise


def _write(uri: str, file: Path) -> None:
    if uri.startswith("s3://"):
        bucket, key = _address(uri)
        _s3().upload_file(str(file), bucket, key)
        return
    path = Path(uri.removeprefix("file://"))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    shutil.copyfile(file, partial)
    partial.rename(path)


def _address(uri: str) -> tuple[str, str]:
    parsed = urlparse(uri)
    return parsed.netloc, parsed.path.lstrip("/")


def _s3() -> Any:
    """By a key for environments alone where there is one: the pod's other key may be for another bucket."""
    import boto3
    from botocore.config import Config

    given = {
        "endpoint_url": os.environ.get("ENVIRONMENTS_S3_ENDPOINT_URL"),
        "aws_access_key_id": os.environ.get("ENVIRONMENTS_S3_ACCESS_KEY_ID"),
        "aws_secret_access_key": os.environ.get("ENVIRONMENTS_S3_SECRET_ACCESS_KEY"),
        "region_name": os.environ.get("ENVIRONMENTS_S3_REGION"),
    }
    retries = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=10, read_timeout=60)
    return boto3.client("s3", config=retries, **{key: value for key, value in given.items() if value})
