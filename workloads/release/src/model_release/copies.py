"""Copies buckets to another store, and keeps what was changed or deleted for a while: what is lost with one store is in the other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from model_release.log import fields
from model_release.staging import address

log = logging.getLogger(__name__)

# What of the source's objects the copy says it is.
_SOURCE_TAG = "mlplatform-source-etag"
# Most objects of a registry are small: what takes time is to ask.
_AT_ONCE = 8
# A store that was lost may hold a few new objects already; of so few copies the bucket may well be cleared.
_FEW = 10
# Letters that S3 takes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
_MOST_METADATA = 2048
# Objects between two looks whether the pod has to end.
_BATCH = 256
_IN_ONE_THREAD = TransferConfig(use_threads=False)


class Stopped(Exception):
    """Somebody wants the pod to end; the next one goes on."""


class Emptied(Exception):
    """A store that was lost and made anew is not what is to be kept."""


@dataclass(frozen=True)
class Seen:
    size: int
    etag: str


class Copies:
    """
    The copies in one folder of a store.

    `current/<name>/` holds what the source held last, key by key, so that any client of S3 can bring it back; `before/<run>/<name>/` what
    had been there until that run and was changed or deleted in the source by then.

    :param target: client of the store of copies.
    :param folder: `s3://bucket/folder/`, which nobody else writes below.
    """

    def __init__(
        self, target: Any, folder: str, now: datetime | None = None, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        bucket, prefix = address(folder)
        if not prefix.endswith("/"):
            raise ValueError(f"{folder!r} names no folder: write s3://bucket/folder/")
        self._target, self._bucket, self._prefix = target, bucket, prefix
        self._now, self._stopping = now or datetime.now(UTC), stopping

    def take(self, name: str, source: Any, uri: str) -> Counter[str]:
        """
        Brings `current/<name>/` to what lies below `uri` now.

        :returns: how many objects were `copied`, `changed`, `deleted`, the `same`, or `failed`.
        :raises Emptied: when nothing lies there and something did, or when more than half of more than a few objects is gone.
        :raises Stopped: when `stopping` says so; what was copied by then is not copied again.
        """
        bucket, prefix = address(uri)
        current = f"{self._prefix}current/{name}/"
        found = listed(source, bucket, prefix)
        there = listed(self._target, self._bucket, current)
        gone = len(there.keys() - found.keys())
        if (there and not found) or (len(there) > _FEW and gone > len(there) / 2):
            raise Emptied(
                f"{uri} lacks {gone} of the {len(there)} objects of its copy: nothing is copied. Bring them back, or delete s3://{self._bucket}/{current}"
            )
        counts: Counter[str] = Counter()

        def bring(key: str) -> str | None:
            """What became of one object; nothing of one that was deleted since it was listed, which the next run sees."""
            try:
                if key not in found:
                    self._set_aside(name, key, current)
                    self._target.delete_object(Bucket=self._bucket, Key=current + key)
                    return "deleted"
                if self._is_same(found[key], there.get(key), current + key):
                    return "same"
                if key in there:
                    self._set_aside(name, key, current)
                self._copy(source, bucket, prefix + key, current + key)
                return "changed" if key in there else "copied"
            except (ClientError, BotoCoreError, Boto3Error) as error:
                code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
                if code == "NoSuchKey" and key in found:
                    return None
                log.error("not copied", extra=fields(source=uri, key=key, reason=str(error)))
                return "failed"

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for some in batches([*found, *(key for key in there if key not in found)]):
                if self._stopping():
                    raise Stopped(f"{counts['copied'] + counts['changed']} objects of {uri} were copied")
                counts.update(outcome for outcome in pool.map(bring, some) if outcome)
        log.info("copied", extra=fields(source=uri, **counts))
        return counts

    def forget(self, days: int) -> int:
        """Deletes what was changed or deleted in the sources more than `days` days ago. :returns: how many objects."""
        if days < 1:
            raise ValueError(f"{days} days: at least 1 is kept")
        oldest = (self._now - timedelta(days=days)).date()
        before = f"{self._prefix}before/"
        deleted = 0
        for key in listed(self._target, self._bucket, before):
            if self._stopping():
                raise Stopped(f"{deleted} objects were forgotten")
            if date.fromisoformat(key[:10]) < oldest:
                self._target.delete_object(Bucket=self._bucket, Key=before + key)
                deleted += 1
        log.info("forgotten", extra=fields(days=days, deleted=deleted))
        return deleted

    def _is_same(self, found: Seen, copy: Seen | None, key: str) -> bool:
        if copy is None or copy.size != found.size:
            return False
        # Of what came in one request both stores say the digest. Times prove nothing: a store that was restored has older objects in place of those copied.
        if found.etag == copy.etag:
            return True
        said = self._target.head_object(Bucket=self._bucket, Key=key)
        return bool(said.get("Metadata", {}).get(_SOURCE_TAG) == found.etag)

    def _copy(self, source: Any, bucket: str, key: str, copy: str) -> None:
        got = source.get_object(Bucket=bucket, Key=key)
        tag = {_SOURCE_TAG: got["ETag"].strip('"')}
        own = {name: value for name, value in got.get("Metadata", {}).items() if f"{name}{value}".isascii()}
        fits = sum(len(name) + len(value) for name, value in {**own, **tag}.items()) <= _MOST_METADATA
        told: dict[str, Any] = {"Metadata": {**own, **tag} if fits else tag}
        if "ContentType" in got:
            told["ContentType"] = got["ContentType"]
        self._target.upload_fileobj(got["Body"], self._bucket, copy, ExtraArgs=told, Config=_IN_ONE_THREAD)

    def _set_aside(self, name: str, key: str, current: str) -> None:
        aside = f"{self._prefix}before/{self._now:%Y-%m-%dT%H%MZ}/{name}/{key}"
        kept = {"Bucket": self._bucket, "Key": current + key}
        self._target.copy(kept, self._bucket, aside, Config=_IN_ONE_THREAD)


def listed(client: Any, bucket: str, prefix: str) -> dict[str, Seen]:
    """What lies below a prefix, by the rest of the key."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {
        each["Key"][len(prefix) :]: Seen(each["Size"], each["ETag"].strip('"'))
        for page in pages
        for each in page.get("Contents", [])
        if each["Key"] != prefix
    }


def batches(keys: list[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, _BATCH)):
        yield some
