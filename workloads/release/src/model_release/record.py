"""What the controller remembers of a model's releases: annotations of one ConfigMap, so that a restart continues."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field
from dataclasses import fields as fields_of
from datetime import UTC, datetime
from typing import Any

from model_release.cluster import Cluster, ConfigMap, Conflict
from model_release.config import Model
from model_release.log import fields
from model_release.version import Version
from model_release.watch import Counts

log = logging.getLogger(__name__)

CONTROLLER = "release-controller"
LABELS = {"app.kubernetes.io/managed-by": CONTROLLER}
RELEASE_FILE = "release.json"
OUTCOME = "mlplatform/outcome"
# In the release file: nobody has said yet which packages the version needs. It is loaded where the image has exactly what it asks for;
# a server that does not know the word finds nothing for its image, and waits.
PENDING = {"image": "pending"}
# Of both targets.
PHASES = ("idle", "building", "starting", "loading", "baking", "promoting", "packing", "creating", "updating")


@dataclass
class Rejection:
    """A version that is not tried again until another one is wanted, or it would be judged differently."""

    uri: str
    key: str
    criteria: str
    reason: str


@dataclass
class Record:
    """One model on one target."""

    phase: str = "idle"
    # When the phase began, in seconds since 1970.
    since: float = 0.0
    live: Version | None = None
    previous: Version | None = None
    candidate: Version | None = None
    rejected: Rejection | None = None
    counts: Counts | None = None
    # Attempts to load the candidate that had failed when it was looked at last, by life of a pod.
    load_failures: dict[str, float] = field(default_factory=dict)
    # Looks at the candidate that found more such attempts than the look before.
    failing_looks: int = 0
    # Tags that the registry has not taken yet, by uri of the version.
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    # Job that looks whether a version needs packages of its own, and builds them.
    job: str = ""
    # By uri of the version, for each image of the server: where its packages are, with their digest.
    environments: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    # By image of the server: when the live version's packages could not be built beside it, in seconds since 1970.
    build_failures: dict[str, float] = field(default_factory=dict)
    # SageMaker only: names of model and endpoint configuration, which are the same, by what they are for.
    names: dict[str, str] = field(default_factory=dict)
    # SageMaker only: names made by this controller that may still exist.
    made: list[str] = field(default_factory=list)
    # SageMaker only: digest of the settings that the live and the coming configuration were made with.
    settings: dict[str, str] = field(default_factory=dict)
    # SageMaker only: scaling that was put aside for an update, and is to come back after it.
    scaling: list[dict[str, Any]] = field(default_factory=list)
    # SageMaker only: whether the endpoint has been seen at work on the update.
    seen_updating: bool = False

    def enter(self, phase: str, now: float) -> None:
        self.phase, self.since = phase, now

    def to_json(self) -> str:
        given = asdict(self)
        given["counts"] = self.counts.to_json() if self.counts else None
        # In an annotation of its own, which somebody may take away to have the version tried again.
        del given["rejected"]
        return json.dumps(
            {key: value for key, value in given.items() if value not in (None, {}, [], "")}, sort_keys=True
        )

    def clock_set_back(self, now: float) -> None:
        """What began in the future began now: a clock that was set back would hold the release until it gets there again."""
        self.since = min(self.since, now)

    @staticmethod
    def from_json(text: str | None) -> Record:
        """
        :raises ValueError: when it is no record. What a newer controller has written beside is left out.
        """
        try:
            given: dict[str, Any] = known(Record, json.loads(text or "{}"))
            for key in ("live", "previous", "candidate"):
                if given.get(key):
                    given[key] = Version(**known(Version, given[key]))
            if given.get("counts"):
                given["counts"] = Counts.from_json(given["counts"])
            record = Record(**given)
            record.since = float(record.since)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"it has another shape than expected: {error}") from error
        if record.phase not in PHASES:
            raise ValueError(f"there is no phase {record.phase}")
        if record.phase != "idle" and record.candidate is None:
            raise ValueError(f"it is {record.phase} without a candidate")
        if record.phase == "baking" and record.counts is None:
            raise ValueError("it is baking without counts")
        return record


def known(kind: type, given: Any) -> dict[str, Any]:
    """Those of the values that the type has a field for."""
    names = {each.name for each in fields_of(kind)}
    return {key: value for key, value in given.items() if key in names}


def json_object(text: str | None) -> dict[str, Any]:
    """An empty one for what is no JSON, or is JSON of another shape: somebody else may have written it."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class Ledger:
    """Reads and writes the record of one model on one target; the other target's is left as it is found."""

    def __init__(self, cluster: Cluster, model: Model, target: str) -> None:
        self._cluster = cluster
        self._model = model
        self._annotation = f"mlplatform/{target}"
        self._rejected = f"mlplatform/rejected-{target}"
        found = cluster.config_map(model.config_map)
        self._read = found.annotations.get(self._annotation) if found else None
        self._data = found.data if found else {}
        self._owners = found.owners if found else []
        # Whether what was found could not be read, and is to be written over.
        self.begun_anew = False
        self.record = self._remembered(target)
        self.record.rejected = self._refused(found.annotations.get(self._rejected) if found else None)

    @property
    def release_file(self) -> dict[str, Any] | None:
        return json_object(self._data.get(RELEASE_FILE)) or None

    @property
    def release_digest(self) -> str | None:
        """Changes with the file that the servers read; none where there is no file."""
        text = self._data.get(RELEASE_FILE)
        return text and hashlib.sha256(text.encode()).hexdigest()[:16]

    def _remembered(self, target: str) -> Record:
        """A record that cannot be read is begun anew, from what the pods are told to serve: a release under way is tried again."""
        try:
            return Record.from_json(self._read)
        except ValueError as error:
            told = fields(config_map=self._model.config_map, annotation=self._annotation, reason=str(error))
            log.error("a record cannot be read, and is begun anew", extra=told)
            self.begun_anew = True
        stable = (self.release_file or {}).get("stable")
        if target != "kubernetes" or not isinstance(stable, dict) or not {"version", "uri"} <= set(stable):
            return Record()
        environments = stable.get("environments")
        if isinstance(environments, list) and PENDING in environments:  # Nobody knows whether it can be served.
            return Record()
        live = Version(str(stable["version"]), str(stable["uri"]))
        return Record(live=live, environments={live.uri: environments} if isinstance(environments, list) else {})

    def _refused(self, text: str | None) -> Rejection | None:
        try:
            return Rejection(**known(Rejection, json_object(text))) if text else None
        except TypeError as error:
            told = fields(config_map=self._model.config_map, annotation=self._rejected, reason=str(error))
            log.error("which version was refused cannot be read: it is tried again", extra=told)
            return None

    def save(self, release_file: dict[str, Any] | None = None, outcome: dict[str, str] | None = None) -> None:
        """
        Writes the record, and with it what the servers read: both in one write, or neither.

        :raises Conflict: when another controller has written this record since it was read.
        """
        found = self._cluster.config_map(self._model.config_map)
        if (found.annotations.get(self._annotation) if found else None) != self._read:
            raise Conflict(f"{self._annotation} of {self._model.config_map} was written by another controller")
        wanted = found or ConfigMap(self._model.config_map)
        text = self.record.to_json()
        wanted.annotations[self._annotation] = text
        wanted.annotations.pop(self._rejected, None)
        if self.record.rejected:
            wanted.annotations[self._rejected] = json.dumps(asdict(self.record.rejected), sort_keys=True)
        if release_file is not None:
            wanted.data[RELEASE_FILE] = json.dumps(release_file, sort_keys=True)
        if outcome is not None:
            # What `release wait` waits for is said for the cluster; the endpoint has its own.
            key = OUTCOME if self._annotation.endswith("/kubernetes") else f"{OUTCOME}-sagemaker"
            wanted.annotations[key] = json.dumps(outcome, sort_keys=True)
        wanted.owners = self._owner() or wanted.owners
        written = self._cluster.write(wanted, {**LABELS, "mlplatform/model": self._model.name})
        self._read, self._data, self._owners = text, written.data, written.owners
        self.begun_anew = False

    @property
    def to_be_written(self) -> bool:
        return self.begun_anew or self.adrift

    @property
    def adrift(self) -> bool:
        """Whether the ConfigMap belongs to an object that has been replaced, and would go with it."""
        owners = self._owner()
        return self._read is not None and owners is not None and owners != self._owners

    def _owner(self) -> list[dict[str, str]] | None:
        """The model's Deployment, so that the ConfigMap goes with the model; without one, the controller's."""
        name = self._model.kubernetes.deployment if self._model.kubernetes else CONTROLLER
        found = self._cluster.deployment(name)
        return found and [{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": found.uid}]


def outcome(version: Version, what: str, reason: str, now: float) -> dict[str, str]:
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return {"version": version.key, "outcome": what, "reason": reason, "at": at}
