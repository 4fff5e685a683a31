"""A model's releases on SageMaker: which endpoint configuration is live."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlplatform.integrity import FilesChanged
from model_release.artifacts import Unpackable
from model_release.cluster import Cluster
from model_release.config import Model, SageMakerTarget, digest
from model_release.endpoint_calls import EndpointCalls, Refused, SageMakerAway
from model_release.endpoint_marks import EndpointMarks
from model_release.endpoint_scaling import EndpointScaling
from model_release.environment import Builder, archive_of
from model_release.log import fields
from model_release.pack import PackedEnvironment
from model_release.record import Ledger, Record, Rejection, outcome
from model_release.unit import Status, Unit
from model_release.version import Version

log = logging.getLogger(__name__)

AT_REST = ("InService", "UpdateRollbackFailed")
# An update shows itself at once, but reads may lag: an endpoint at rest is believed after this.
LAG_SECONDS = 60


class EndpointRelease(Unit):
    """idle → building → packing → creating → updating → idle. The canary and its alarms are SageMaker's own."""

    target = "sagemaker"

    def __init__(
        self,
        cluster: Cluster,
        model: Model,
        stack: str,
        sagemaker: Any,
        scaling: Callable[[str], EndpointScaling],
        pack: Callable[..., object],
        builder: Builder | None = None,
        commit: Callable[[Version], str | None] = lambda _: None,
    ) -> None:
        super().__init__(model, stack)
        assert model.sagemaker is not None
        self._to: SageMakerTarget = model.sagemaker
        self._cluster = cluster
        self._calls = EndpointCalls(model.sagemaker, sagemaker)
        self._marks = EndpointMarks(sagemaker, commit)
        self._scaling = scaling(model.sagemaker.endpoint_name)
        self._pack = pack
        self._builder = builder if model.sagemaker.environments else None

    def check(self, wanted: Version | None, known: bool, now: float) -> Status:
        ledger = Ledger(self._cluster, self.model, self.target)
        record = ledger.record
        record.clock_set_back(now)
        endpoint = self._calls.describe()
        if endpoint is None:
            return Status(waiting=f"there is no endpoint {self._to.endpoint_name}", ledger=ledger)
        if ledger.to_be_written:
            ledger.save()
        steps = {
            "idle": self._idle,
            "building": self._building,
            "packing": self._packing,
            "creating": self._creating,
            "updating": self._updating,
        }
        for _ in steps:
            phase = record.phase
            steps[phase](ledger, endpoint, wanted, known, now)
            if record.phase == phase or record.phase == "idle":
                break
        return Status(
            live=record.live, candidate=record.candidate, phase=record.phase, rejected=record.rejected, ledger=ledger
        )

    def _idle(self, ledger: Ledger, endpoint: dict[str, Any], wanted: Version | None, known: bool, now: float) -> None:
        record = ledger.record
        if endpoint["EndpointStatus"] not in AT_REST:
            return
        self._scale_again(ledger)
        if record.live and record.names.get("live") == endpoint["EndpointConfigName"]:
            self._marks.mark(endpoint, record.live)
        self._compare(ledger, endpoint["EndpointConfigName"], wanted)
        self._tidy(ledger, endpoint["EndpointConfigName"])
        if wanted is None:
            return
        if wanted == record.live and record.settings.get("live") == self._settings:
            if record.rejected:
                record.rejected = None
                ledger.save()
            return
        if record.rejected and (record.rejected.uri, record.rejected.criteria) == (wanted.uri, self._criteria):
            return
        name = f"{self._to.name_prefix}{wanted.key}-{secrets.token_hex(4)}"
        record.rejected, record.candidate = None, wanted
        record.names["candidate"], record.settings["candidate"] = name, self._settings
        # Known before it exists: whatever happens next, it will be found and deleted.
        record.made.append(name)
        if self._builder:
            self._builder.begin(record, self.model.name)
        record.enter("building" if self._builder else "packing", now)
        ledger.save()
        log.info("a new version is wanted", extra=fields(model=self.model.name, target=self.target, version=wanted.key))

    def _building(
        self, ledger: Ledger, endpoint: dict[str, Any], wanted: Version | None, known: bool, now: float
    ) -> None:
        record = ledger.record
        assert record.candidate is not None
        if self._abandoned(ledger, wanted, known, now):
            return
        if self._builder:
            verdict = self._builder.look(record, self.model.name, record.candidate)
            if verdict is None:
                return
            if not verdict.served:
                self._rolled_back(ledger, f"its packages: {verdict.reason}", now, "failed")
                return
            self._builder.keep(record, record.candidate, verdict, self.model.name)
        record.enter("packing", now)
        ledger.save()

    def _packing(
        self, ledger: Ledger, endpoint: dict[str, Any], wanted: Version | None, known: bool, now: float
    ) -> None:
        record = ledger.record
        assert record.candidate is not None
        if self._abandoned(ledger, wanted, known, now):
            return
        try:
            environment = self._environment(record, record.candidate)
            target = self._calls.package(record.candidate, environment)
            self._pack(record.candidate.uri, target, environment=environment)
        except (Unpackable, FilesChanged) as error:
            self._rolled_back(ledger, f"cannot be packed: {error}", now, "failed")
            return
        except (ClientError, BotoCoreError) as error:
            raise SageMakerAway(str(error)) from error
        record.enter("creating", now)
        ledger.save()

    def _creating(
        self, ledger: Ledger, endpoint: dict[str, Any], wanted: Version | None, known: bool, now: float
    ) -> None:
        record = ledger.record
        assert record.candidate is not None
        name = record.names["candidate"]
        if endpoint["EndpointConfigName"] == name or endpoint["EndpointStatus"] not in AT_REST:
            # Asked by a controller that ended before it could write so down, or at work on something else.
            pending = endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
            if name in (pending, endpoint["EndpointConfigName"]):
                self._asked(ledger, now)
            return
        if self._abandoned(ledger, wanted, known, now) or not known:
            return
        try:
            self._calls.create(record.candidate, name, self._environment(record, record.candidate))
            self._stop_scaling(ledger, endpoint["EndpointConfigName"])
            self._calls.update(name)
        except Refused as error:
            self._rolled_back(ledger, f"SageMaker refuses it: {error}", now, "failed")
            return
        self._asked(ledger, now)

    def _stop_scaling(self, ledger: Ledger, live: str) -> None:
        record = ledger.record
        changed = self._calls.changes_instances(live)
        if changed and not record.scaling:
            record.scaling = self._scaling.read(changed)
            if record.scaling:
                # Known before it is gone: whatever happens next, it comes back.
                ledger.save()
        if changed:
            self._scaling.end(record.scaling)

    def _scale_again(self, ledger: Ledger) -> None:
        if ledger.record.scaling:
            self._scaling.put_back(ledger.record.scaling)
            ledger.record.scaling = []
            ledger.save()

    def _asked(self, ledger: Ledger, now: float) -> None:
        record = ledger.record
        assert record.candidate is not None
        record.seen_updating = False
        record.enter("updating", now)
        self._tag(record, record.candidate, "canary", "")
        ledger.save()

    def _updating(
        self, ledger: Ledger, endpoint: dict[str, Any], wanted: Version | None, known: bool, now: float
    ) -> None:
        """An update cannot be called off: what is wanted by now waits until SageMaker has decided."""
        record = ledger.record
        # The endpoint as the pass began may be from before the request.
        endpoint = self._calls.describe() or endpoint
        status, live = endpoint["EndpointStatus"], endpoint["EndpointConfigName"]
        if status not in (*AT_REST, "Failed"):
            if not record.seen_updating:
                record.seen_updating = True
                ledger.save()
            return
        if status == "InService" and live == record.names["candidate"]:
            self._promoted(ledger, now)
        elif status != "InService" or record.seen_updating or now - record.since >= LAG_SECONDS:
            why = endpoint.get("FailureReason") or "an alarm of its canary went off, or the new fleet did not come up"
            what = f"{live} is live again" if status == "InService" else f"the endpoint is {status}"
            self._rolled_back(ledger, f"SageMaker rolled back, {what}: {why}", now)

    def _promoted(self, ledger: Ledger, now: float) -> None:
        record = ledger.record
        assert record.candidate is not None
        if record.live and record.live != record.candidate:
            self._tag(record, record.live, "retired", f"followed by {record.candidate.key}")
        names, settings = record.names, record.settings
        record.previous, record.live, record.candidate = record.live, record.candidate, None
        record.names = {"live": names["candidate"]} | ({"previous": names["live"]} if "live" in names else {})
        record.settings = {"live": settings["candidate"]}
        record.enter("idle", now)
        reason = f"SageMaker kept {record.names['live']}"
        self._tag(record, record.live, "live", reason)
        ledger.save(outcome=outcome(record.live, "promoted", reason, now))
        self._count("promoted", record.live, reason)

    def _environment(self, record: Record, version: Version) -> PackedEnvironment | None:
        given = archive_of(record, version, self._builder.image) if self._builder else None
        return PackedEnvironment(**given) if given else None

    def _abandoned(self, ledger: Ledger, wanted: Version | None, known: bool, now: float) -> bool:
        if not known or wanted == ledger.record.candidate:
            return False
        towards = f"version {wanted.key} is wanted now" if wanted else "the alias has gone"
        self._rolled_back(ledger, f"abandoned: {towards}", now, reject=False)
        return True

    def _rolled_back(
        self, ledger: Ledger, reason: str, now: float, what: str = "rolled_back", reject: bool = True
    ) -> None:
        record = ledger.record
        candidate = record.candidate
        assert candidate is not None
        if reject:
            record.rejected = Rejection(candidate.uri, candidate.key, self._criteria, reason)
        record.candidate, record.job = None, ""
        record.names.pop("candidate", None)
        record.settings.pop("candidate", None)
        record.enter("idle", now)
        if candidate != record.live:
            self._tag(record, candidate, f"rolled-back: {reason}", reason)
        ledger.save(outcome=outcome(candidate, what, reason, now))
        self._count(what, candidate, reason)

    def _compare(self, ledger: Ledger, live: str, wanted: Version | None) -> None:
        """Puts the record right where the endpoint has another configuration than it says."""
        record = ledger.record
        if record.names.get("live") == live:
            return
        ours = re.fullmatch(re.escape(self._to.name_prefix) + r"([0-9]+|[0-9a-f]{10})-[0-9a-f]{8}", live)
        if record.live is None and "live" not in record.names and ours and wanted and ours[1] == wanted.key:
            # The record was lost, and what is wanted is live.
            record.live, record.names["live"], record.settings["live"] = wanted, live, self._settings
            record.made.append(live)
        elif record.live is not None:
            told = fields(model=self.model.name, expected=record.names.get("live"), found=live)
            log.warning("somebody else changed the endpoint's configuration", extra=told)
            record.live = None
            record.names.pop("live", None)
            record.settings.pop("live", None)
        else:
            return
        ledger.save()

    def _tidy(self, ledger: Ledger, live: str) -> None:
        """Deletes what older and failed versions left: all but the live and the one before."""
        record = ledger.record
        kept = {live, *record.names.values()}
        gone = [name for name in record.made if name not in kept]
        for name in gone:
            self._calls.delete(name)
            record.made.remove(name)
        if gone:
            ledger.save()

    @property
    def _settings(self) -> str:
        return digest([self._to.model, self._to.endpoint_config])

    @property
    def _criteria(self) -> str:
        return digest([self.model.criteria, self._settings, self._to.deployment_config])
