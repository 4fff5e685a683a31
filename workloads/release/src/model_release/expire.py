"""Deletes what training's runs left on their way, once nobody needs it: a store without rules of its own keeps it for ever."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from model_release.log import fields
from model_release.staging import address

log = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody wants the pod to end; the next one goes on."""


def expire(
    below: str, days: int, s3: Any, now: datetime | None = None, stopping: Callable[[], bool] = lambda: False
) -> int:
    """
    Deletes each object below `below` that was written more than `days` days ago.

    One at a time: a key that is good for a folder may not ask a store to delete several, since that names the bucket alone.

    :returns: how many.
    :raises Missing: when `below` is no address of a bucket.
    :raises ValueError: when it is no folder of one: its beginning would be that of others too.
    :raises Stopped: when `stopping` says so.
    """
    bucket, prefix = address(below)
    if not prefix.endswith("/"):
        raise ValueError(f"{below!r} names no folder: write s3://bucket/folder/")
    if days < 1:
        raise ValueError(f"{days} days: at least 1 is kept")
    oldest = (now or datetime.now(UTC)) - timedelta(days=days)
    deleted = kept = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            if stopping():
                raise Stopped(f"{deleted} objects were deleted below {below}")
            if found["LastModified"] >= oldest:
                kept += 1
                continue
            s3.delete_object(Bucket=bucket, Key=found["Key"])
            deleted += 1
    log.info("expired", extra=fields(below=below, days=days, deleted=deleted, kept=kept))
    return deleted
