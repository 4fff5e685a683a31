"""Which objects a training has read, each in which version: a file beside its record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from mlplatform.history.record import ReadFile, Unreadable

MANIFEST_FILE = "data_manifest.json"
#: What `prepare` leaves beside what it has written: the objects that it has read.
PREPARED_FROM = "prepared_from.json"
FORMAT = 1
#: Answers of a store that will not become others: forbidden, not there, or a thing that it does not do.
FINAL = (400, 403, 404, 405, 501)
#: Data are brought before training code starts, and only the code says when: https://docs.aws.amazon.com/sagemaker/latest/dg/model-access-training-data.html
BROUGHT_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True)
class ReadObject:
    #: `s3://bucket/key`, or where MLflow keeps it.
    uri: str
    bytes: int
    #: Empty where the store keeps no versions, and `null` where it kept none when this was written.
    version_id: str = ""
    etag: str = ""
    #: Of what the training saw; empty where it has not said, or where it may have seen another version.
    sha256: str = ""


@dataclass(frozen=True)
class Manifest:
    data: str
    objects: list[ReadObject] = field(default_factory=list)
    #: What the data were made of, where a step prepared them.
    prepared_from: list[ReadObject] = field(default_factory=list)
    #: Where objects and what the training saw do not agree, in sentences.
    differs: list[str] = field(default_factory=list)
    #: Why something is not known, by its name; by an object's address, in which version it was read.
    unknown: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in self.objects)

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n"

    @staticmethod
    def from_json(text: str) -> Manifest:
        """@raises Unreadable with what is wrong"""
        try:
            given = json.loads(text)
            if given.pop("format") != FORMAT:
                raise Unreadable(f"its format is not {FORMAT}: a newer platform wrote it")
            for name in ("objects", "prepared_from"):
                given[name] = [ReadObject(**each) for each in given.get(name, [])]
            return Manifest(**given)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise error if isinstance(error, Unreadable) else Unreadable(f"it has another shape: {error!r}") from error


def read(folder: Path) -> Manifest | None:
    """@raises Unreadable with what is wrong"""
    file = folder / MANIFEST_FILE
    return Manifest.from_json(file.read_text(encoding="utf-8")) if file.is_file() else None


def of_store(s3: Any, data: str, at: str, files: Iterable[ReadFile]) -> Manifest:
    """The objects below `data` as they were at a moment.

    @param s3 a client
    @param data s3:// address of a folder, with a slash at its end
    @param at ISO 8601: of what was written later the training knows nothing; empty for now
    @param files that the training saw, whose digests go to the objects of their names
    """
    if not data.startswith("s3://"):
        return Manifest(data, unknown={"objects": "the engine named no folder of a store"})
    moment = datetime.fromisoformat(at) if at else datetime.now(UTC)
    bucket, prefix = _address(data)
    unknown = {} if at else {"moment": "the training did not say when it began: these are the versions of now"}
    try:
        listed = _versions(s3, bucket, prefix, moment)
    except Exception as error:
        if _status(error) not in FINAL:
            raise
        return Manifest(data, unknown={**unknown, "objects": f"the store does not list their versions: {error}"})
    seen = {each.path: each for each in files}
    objects, differs = [], []
    for versions in listed:
        found = versions[0][1]
        if found is None:
            continue
        why = _may_be_another(versions, moment) if at else ""
        path = found.uri.removeprefix(f"s3://{bucket}/{prefix}")
        own = seen.pop(path, None)
        if own is not None and own.bytes != found.bytes:
            differs.append(f"{found.uri} had {found.bytes} bytes, and the training read {own.bytes}")
        if why:
            unknown[found.uri] = why
        objects.append(replace(found, sha256=own.sha256 if own and at and not why else ""))
    differs += [f"the training read {path}, of which no object is known" for path in seen]
    prepared, why = _prepared(s3, bucket, prefix)
    return Manifest(data, objects, prepared, differs, unknown | ({"prepared_from": why} if why else {}))


def of_file(uri: str, content: bytes) -> Manifest:
    """Of one file that MLflow or somebody's disk keeps."""
    return Manifest(uri, [ReadObject(uri, len(content), sha256=hashlib.sha256(content).hexdigest())])


def prepared_json(objects: Iterable[ReadObject]) -> str:
    return json.dumps({"format": FORMAT, "objects": [asdict(each) for each in objects]}, indent=1) + "\n"


def _versions(s3: Any, bucket: str, prefix: str, moment: datetime) -> list[list[tuple[datetime, ReadObject | None]]]:
    """Of each key the versions that are not younger than the moment, newest first; none in place of one that deletes it."""
    known: dict[str, list[tuple[datetime, bool, ReadObject | None]]] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for each, exists in [(v, True) for v in page.get("Versions", [])] + [
            (marker, False) for marker in page.get("DeleteMarkers", [])
        ]:
            key, changed = each["Key"], each["LastModified"].astimezone(UTC)
            if key.endswith((f"/{PREPARED_FROM}", "/")) or changed > moment:
                continue
            found = _object(bucket, each) if exists else None
            known.setdefault(key, []).append((changed, each["IsLatest"], found))
    return [
        [(changed, found) for changed, _, found in sorted(versions, key=lambda each: each[:2], reverse=True)]
        for _, versions in sorted(known.items())
    ]


def _may_be_another(versions: list[tuple[datetime, ReadObject | None]], moment: datetime) -> str:
    """Why the newest of a key's versions may not be the one that was brought; empty where no other was there in that time."""
    changed, newest = versions[0]
    if newest is None or changed < moment - BROUGHT_WITHIN:
        return ""
    said = f"it was written at {changed.isoformat()}, and the training began at {moment.isoformat()}; its data were brought before"
    if newest.version_id in ("", "null"):
        return f"{said}, and the store keeps no versions of it"
    for changed, found in versions[1:]:
        if found is not None:
            return f"{said}, perhaps in version {found.version_id}"
        if changed < moment - BROUGHT_WITHIN:
            break
    return ""


def _object(bucket: str, each: Mapping[str, Any]) -> ReadObject:
    etag = str(each.get("ETag", "")).strip('"')
    return ReadObject(f"s3://{bucket}/{each['Key']}", int(each["Size"]), str(each.get("VersionId") or ""), etag)


def _prepared(s3: Any, bucket: str, prefix: str) -> tuple[list[ReadObject], str]:
    if not prefix.startswith("extracts/") and "/extracts/" not in prefix:
        return [], ""
    try:
        body = s3.get_object(Bucket=bucket, Key=f"{prefix}{PREPARED_FROM}")["Body"].read()
        return [ReadObject(**each) for each in json.loads(body)["objects"]], ""
    except Exception as error:
        if _status(error) in FINAL:
            return [], f"what prepared the data has left no {PREPARED_FROM}"
        if isinstance(error, (ValueError, KeyError, TypeError)):
            return [], f"{PREPARED_FROM} cannot be read: {error!r}"
        raise


def _status(error: Exception) -> int | None:
    """What the store answered; boto3 is not everywhere where this is."""
    answer = getattr(error, "response", None)
    return answer["ResponseMetadata"]["HTTPStatusCode"] if isinstance(answer, dict) else None


def _address(uri: str) -> tuple[str, str]:
    parsed = urlparse(uri)
    return parsed.netloc, parsed.path.lstrip("/")
