"""The record of what was decided of versions: objects that are written once, signed, and never written again."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse

from botocore.exceptions import BotoCoreError, ClientError

from model_release.log import fields

log = logging.getLogger(__name__)

# What S3 answers where an object of the name is there: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
THERE = 412


class RecordsAway(Exception):
    """The store did not take a record. What is not recorded does not go live."""


class Records:
    def __init__(self, s3: Any, below: str, sign: Callable[[str], str]) -> None:
        """
        :param below: s3:// address of a folder, with a slash at its end.
        :param sign: makes a statement's signature.
        """
        parsed = urlparse(below)
        self._s3, self._bucket, self._folder = s3, parsed.netloc, parsed.path.lstrip("/")
        self._sign = sign
        self._kept: set[str] = set()

    def keep(self, model: str, version: str, registered: int, event: str, content: Callable[[], dict[str, Any]]) -> str:
        """
        Writes it once, however often it is asked; the first one stays.

        :param event: tells this event of the version from its others, such as the key of a decision.
        :returns: the key of the object.
        :raises RecordsAway: when the store did not take it.
        """
        key = f"{self._folder}{model}/{version}-{registered}/{re.sub(r'[^A-Za-z0-9.-]', '-', event)}.json"
        if key in self._kept:
            return key
        said = json.dumps(content(), sort_keys=True)
        body = json.dumps({"statement": said, "signature": self._sign(said)}).encode()
        kind = "application/json"
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=kind, IfNoneMatch="*")
            log.info("recorded", extra=fields(model=model, version=version, event=event, key=key))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != THERE:
                raise RecordsAway(str(error)) from error
        except BotoCoreError as error:
            raise RecordsAway(str(error)) from error
        self._kept.add(key)
        return key
