"""Tags of an endpoint: the version that answers, and the commit of its code."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_release.log import fields
from model_release.registry import RegistryAway
from model_release.version import Version

log = logging.getLogger(__name__)

# The stack's provider ignores tags that begin so: they are the release's, and no `up` takes them away.
PREFIX = "mlplatform/live-"
UNKNOWN = "unknown"
#: What a tag's value may have. https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Tag.html
_refused = re.compile(r"[^\w .:/=+\-@]")
MOST_LETTERS = 256


class EndpointMarks:
    def __init__(self, sagemaker: Any, commit: Callable[[Version], str | None]) -> None:
        """
        :param commit: of the code of a version; none where nobody wrote it down.
        """
        self._sagemaker, self._commit = sagemaker, commit
        self._marked: str | None = None

    def mark(self, endpoint: dict[str, Any], live: Version) -> None:
        """Writes the tags once for each version, and again after a restart. A release never waits for them."""
        if self._marked == live.uri:
            return
        try:
            said = {"version": live.key, "commit": self._commit(live) or UNKNOWN}
            tags = [{"Key": f"{PREFIX}{name}", "Value": _value(value)} for name, value in said.items()]
            self._sagemaker.add_tags(ResourceArn=endpoint["EndpointArn"], Tags=tags)
        except (ClientError, BotoCoreError, RegistryAway) as error:
            told = fields(endpoint=endpoint["EndpointName"], version=live.key, reason=str(error))
            log.warning("the endpoint's tags could not be written", extra=told)
            return
        self._marked = live.uri


def _value(said: str) -> str:
    """People may write a run's commit: `4f2c1d (dirty)` has to be a value that AWS takes, or no tag is written."""
    return _refused.sub("_", said)[:MOST_LETTERS]
