"""Waits for what becomes of one version, for `pulumi up` to succeed or fail with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime

from model_release.cluster import Cluster, ClusterAway, ConfigMap
from model_release.log import fields
from model_release.record import OUTCOME, RELEASE_FILE, json_object

log = logging.getLogger(__name__)

# A mounted configuration reaches the controller late: until then a verdict may be of another attempt.
SETTLE_SECONDS = 150.0
EVERY_SECONDS = 2.0


class NotLive(Exception):
    """The version did not go live; the message says why."""


def wait(
    cluster: Cluster,
    config_map: str,
    version: str,
    timeout_seconds: float,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    settle_seconds: float = SETTLE_SECONDS,
) -> str:
    """
    The reason for which the version went live.

    :raises NotLive: when it was rolled back, or nothing was decided in time.
    """
    begun = clock()
    state = "nothing is known of it yet"
    while True:
        try:
            found = cluster.config_map(config_map)
        except ClusterAway as error:
            found, told = None, f"the API server does not answer: {error}"
        else:
            told = doing(found)
        if told != state:
            state = told
            log.info("waiting", extra=fields(version=version, state=state))
        verdict = json_object(found.annotations.get(OUTCOME)) if found else {}
        if found and live(found) == version and verdict.get("version") != version:
            return "it is live already"
        if verdict.get("version") == version:
            if verdict["outcome"] == "promoted":
                if live(found) == version:
                    return str(verdict["reason"])
            elif datetime.fromisoformat(verdict["at"]).timestamp() >= begun or clock() - begun >= settle_seconds:
                raise NotLive(f"version {version} is not live ({verdict['outcome']}): {verdict['reason']}")
        if clock() - begun >= timeout_seconds:
            raise NotLive(f"version {version} is not live after {timeout_seconds / 60:g} minutes: {state}")
        sleep(EVERY_SECONDS)


def live(found: ConfigMap | None) -> str | None:
    """The version that the stable pods are told to serve, at rest."""
    if found is None or RELEASE_FILE not in found.data or phase(found) not in ("idle", None):
        return None
    stable = json_object(found.data[RELEASE_FILE]).get("stable")
    return stable.get("version") if isinstance(stable, dict) else None


def phase(found: ConfigMap) -> str | None:
    return json_object(found.annotations.get("mlplatform/kubernetes")).get("phase")


def doing(found: ConfigMap | None) -> str:
    return f"the release is {phase(found) or 'not begun'}" if found else "there is no release of the model yet"
