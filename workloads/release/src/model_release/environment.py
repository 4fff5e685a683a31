"""Packages of a version's own: a Job of the model server's image finds out whether they are needed, and builds them."""

from __future__ import annotations

import json
import logging
import secrets
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from model_release.cluster import Cluster, Conflict
from model_release.config import EnvironmentSettings
from model_release.log import fields
from model_release.record import Record
from model_release.version import Version

log = logging.getLogger(__name__)

# What the builder says of a version that can be served; anything else is why it cannot.
SERVED = ("fits", "reused", "built")
# Older ones are of images that no pod runs any more.
KEPT_IMAGES = 2


@dataclass(frozen=True)
class Verdict:
    """What the builder has said of one version."""

    outcome: str
    reason: str
    # Which image the packages are for, and where they are; no address where the image has what is asked for.
    environment: dict[str, str]
    differences: list[str]

    @property
    def served(self) -> bool:
        return self.outcome in SERVED


class Builder:
    """Makes Jobs from the template of a CronJob that is suspended for good, and reads what they said at their end."""

    def __init__(self, cluster: Cluster, settings: EnvironmentSettings) -> None:
        self._cluster = cluster
        self._settings = settings

    @property
    def image(self) -> str:
        return self._settings.image

    def begin(self, record: Record, model: str) -> None:
        """Names the Job; it is made at the next look, so that a controller that ends in between loses none."""
        record.job = f"{model}-environment-{secrets.token_hex(4)}"

    def look(self, record: Record, model: str, version: Version) -> Verdict | None:
        """What has been said of the version; none while the Job is at work. A Job that is not there is made."""
        job = self._cluster.job(record.job)
        if job is None:
            self._make(record.job, model, version)
            return None
        ended = [one for one in job.get("status", {}).get("conditions", []) if one["status"] == "True"]
        ended = [one for one in ended if one["type"] in ("Complete", "Failed")]
        if not ended:
            return None
        said = [parsed for pod in self._cluster.pods({"job-name": record.job}) if (parsed := parse(pod.message))]
        decided = [one for one in said if one["outcome"] in (*SERVED, "refused")]
        found = (decided or said or [{"outcome": "failed", "reason": _why(ended[0])}])[-1]
        return Verdict(
            outcome=found["outcome"],
            reason=str(found.get("reason", "")),
            environment={"image": str(found.get("image", "")), **(found.get("environment") or {})},
            differences=[*found.get("mismatches", []), *found.get("remarks", [])],
        )

    def keep(self, record: Record, version: Version, verdict: Verdict, model: str) -> None:
        """Of a version that can be served: what its servers are told from now on."""
        before = [one for one in record.environments.get(version.uri, []) if one.get("for") != self.image]
        # What was read back from the release file does not say which image it was for.
        before = [one for one in before if "for" in one or one["image"] != verdict.environment["image"]]
        record.environments[version.uri] = [*before, {"for": self.image, **verdict.environment}][-KEPT_IMAGES:]
        known = {each.uri for each in (record.live, record.previous, record.candidate) if each}
        record.environments = {uri: kept for uri, kept in record.environments.items() if uri in known}
        record.job = ""
        told = fields(model=model, version=version.key, outcome=verdict.outcome, differences=verdict.differences)
        log.info("the environment of a version", extra={**told, **fields(**verdict.environment)})

    def outdated(self, record: Record, version: Version) -> bool:
        """Whether nobody has asked yet what the version needs beside this image."""
        return all(one.get("for") != self.image for one in record.environments.get(version.uri, []))

    def _make(self, name: str, model: str, version: Version) -> None:
        template = self._cluster.cron_job(self._settings.cron_job)
        if template is None:
            return  # The program has not made it yet, or not any more: it is looked for again.
        spec = deepcopy(template["spec"]["jobTemplate"]["spec"])
        container = spec["template"]["spec"]["containers"][0]
        container["args"] = [*container.get("args", []), "--model", model, "--from", version.uri]
        labels = {**template["spec"]["jobTemplate"].get("metadata", {}).get("labels", {}), "mlplatform/model": model}
        owner = {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": self._settings.cron_job,
            "uid": template["metadata"]["uid"],
        }
        body = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "labels": labels, "ownerReferences": [owner]},
            "spec": spec,
        }
        try:
            self._cluster.create_job(body)
        except Conflict:  # Made by a pass whose answer did not come.
            return
        log.info("packages are looked for", extra=fields(model=model, version=version.key, job=name))


def told(record: Record, version: Version) -> list[dict[str, str]]:
    """What servers are told of a version: for each image, where its packages are."""
    return [
        {key: value for key, value in one.items() if key != "for"} for one in record.environments.get(version.uri, [])
    ]


def archive_of(record: Record, version: Version, image: str) -> dict[str, str] | None:
    """Address and digest of a version's packages for one image; none where the image has them all."""
    found = next((one for one in record.environments.get(version.uri, []) if one.get("for") == image), {})
    return {"uri": found["uri"], "sha256": found["sha256"]} if "uri" in found else None


def parse(message: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(message or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("outcome"), str) else None


def _why(condition: dict[str, Any]) -> str:
    if condition["type"] == "Complete":
        return "the Job that builds them ended without a word"
    return (
        f"the Job that builds them failed: {condition.get('message') or condition.get('reason') or 'no reason given'}"
    )
