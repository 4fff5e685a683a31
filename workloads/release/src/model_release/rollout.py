"""A model's releases on Kubernetes: which version its pods serve, told by a file that they watch."""

from __future__ import annotations

import logging
import math
from typing import Any

from model_release import loading
from model_release.cluster import Cluster, ClusterAway, Deployment
from model_release.config import KubernetesTarget, Model
from model_release.environment import Builder, told
from model_release.log import fields
from model_release.record import PENDING, Ledger, Record, Rejection, outcome
from model_release.seen import Seen, look
from model_release.unit import Status, Unit
from model_release.version import Version
from model_release.watch import Counts, breach

log = logging.getLogger(__name__)

# The index may have by then what it had not.
BUILD_AGAIN_SECONDS = 900.0


class Rollout(Unit):
    """
    idle → loading → baking → promoting → idle; the first version: idle → starting → idle. While pods load a version, a Job looks whether
    it needs packages of its own, but for a model whose image is somebody's own. `building`: an older controller waited for that first.
    """

    target = "kubernetes"

    def __init__(
        self, cluster: Cluster, model: Model, stack: str, limit_seconds: float, builder: Builder | None = None
    ) -> None:
        super().__init__(model, stack)
        assert model.kubernetes is not None
        self._at: KubernetesTarget = model.kubernetes
        self._cluster = cluster
        # How long a version may take to load, or its pods to become readable, before it is given up.
        self._limit = limit_seconds
        self._builder = builder if model.kubernetes.environments else None
        # Digest of the file that pods were told of last.
        self._told: str | None = None

    def check(self, wanted: Version | None, known: bool, now: float) -> Status:
        stable = self._cluster.deployment(self._at.deployment)
        if stable is None:
            return Status(waiting=f"there is no Deployment {self._at.deployment}")
        ledger = Ledger(self._cluster, self.model, self.target)
        record = ledger.record
        record.clock_set_back(now)
        if ledger.to_be_written:
            ledger.save()
        if record.live or record.candidate:
            self._repair(ledger)
        step = {
            "idle": self._idle,
            "building": self._building,
            "starting": self._starting,
            "loading": self._loading,
            "baking": self._baking,
            "promoting": self._promoting,
        }[record.phase]
        step(ledger, stable, wanted, known, now)
        self._tell_pods(ledger, stable)
        return Status(
            live=record.live,
            candidate=record.candidate,
            phase=record.phase,
            rejected=record.rejected,
            ledger=ledger,
        )

    def _idle(self, ledger: Ledger, stable: Deployment, wanted: Version | None, known: bool, now: float) -> None:
        record = ledger.record
        self._scale_canary(0)
        if wanted is None:
            return
        if wanted == record.live:
            if record.rejected:
                record.rejected = None
                ledger.save()
            self._keep_up(ledger, now)
            return
        if record.rejected and (record.rejected.uri, record.rejected.criteria) == (wanted.uri, self.model.criteria):
            self._keep_up(ledger, now)
            return
        log.info("a new version is wanted", extra=fields(model=self.model.name, target=self.target, version=wanted.key))
        self._want(ledger, stable, wanted, now)

    def _want(self, ledger: Ledger, stable: Deployment, wanted: Version, now: float) -> None:
        record = ledger.record
        record.rejected, record.candidate = None, wanted
        record.job = ""
        if self._builder:
            self._builder.begin(record, self.model.name)
        self._start(ledger, stable, now)
        if self._builder:
            # Made at once; a controller that ends before does so at its next look.
            self._builder.look(record, self.model.name, wanted)

    def _start(self, ledger: Ledger, stable: Deployment, now: float) -> None:
        record = ledger.record
        assert record.candidate is not None
        record.enter("loading" if record.live else "starting", now)
        if record.live:
            self._tag(record, record.candidate, "canary", "")
        else:
            loading.begin(record, self.model.name, self._look(stable))
        ledger.save(self._file(record))
        if record.live:
            self._scale_canary(self._canary_replicas(stable))

    def _building(self, ledger: Ledger, stable: Deployment, wanted: Version | None, known: bool, now: float) -> None:
        """As an older controller left it, which told no pod of a version before its packages were there: its Job goes on."""
        if not self._abandoned(ledger, wanted, known, now):
            self._start(ledger, stable, now)

    def _decided(self, ledger: Ledger, seen: Seen, now: float) -> bool:
        """
        Whether it is known with which packages the candidate is served. Pods load it before where their image has what it asks for;
        until then nothing follows from what they say. False also where it has just been refused, and so rolled back.
        """
        record = ledger.record
        assert record.candidate is not None
        if not record.job:
            return True
        if self._builder is None:  # The image is somebody's own from now on.
            record.job = ""
        else:
            verdict = self._builder.look(record, self.model.name, record.candidate)
            if verdict is None:
                return False
            if not verdict.served:
                self._rolled_back(ledger, f"its packages: {verdict.reason}", now)
                return False
            self._builder.keep(record, record.candidate, verdict, self.model.name)
        record.enter(record.phase, now)
        loading.begin(record, self.model.name, seen)
        ledger.save(self._file(record))
        return True

    def _keep_up(self, ledger: Ledger, now: float) -> None:
        """A new image of the server may need other packages beside it; pods of the one before keep theirs."""
        record = ledger.record
        if self._builder is None or record.live is None or not self._builder.outdated(record, record.live):
            return
        if not record.job:
            failed = record.build_failures.get(self._builder.image)
            if failed is None or not 0 <= now - failed < BUILD_AGAIN_SECONDS:
                self._builder.begin(record, self.model.name)
                ledger.save()
            return
        verdict = self._builder.look(record, self.model.name, record.live)
        if verdict is None:
            return
        if not verdict.served:
            log.error(
                "the live version has no packages for this image",
                extra=fields(model=self.model.name, version=record.live.key, reason=verdict.reason),
            )
            record.job, record.build_failures = "", {self._builder.image: now}
            ledger.save()
            return
        record.build_failures = {}
        self._builder.keep(record, record.live, verdict, self.model.name)
        ledger.save(self._file(record))

    def _starting(self, ledger: Ledger, stable: Deployment, wanted: Version | None, known: bool, now: float) -> None:
        """The first version goes straight to the stable pods: there is nothing to compare it with, or to go back to."""
        record = ledger.record
        candidate = record.candidate
        assert candidate is not None
        if wanted is not None and wanted != candidate:
            self._want(ledger, stable, wanted, now)
            return
        if record.job and self._abandoned(ledger, wanted, known, now):
            return
        seen = self._look(stable)
        if not self._decided(ledger, seen, now):
            return
        if self._everywhere(stable, seen, candidate):
            record.rejected = None
            self._promoted(ledger, "the first version", now)
            return
        if record.rejected is None:
            reason = self._does_not_load(ledger, seen, known, now)
            if reason:
                record.rejected = Rejection(candidate.uri, candidate.key, self.model.criteria, reason)
                self._tag(record, candidate, f"rolled-back: {reason}", reason)
                ledger.save(outcome=outcome(candidate, "failed", reason, now))
                self._count("failed", candidate, reason)

    def _loading(self, ledger: Ledger, stable: Deployment, wanted: Version | None, known: bool, now: float) -> None:
        record = ledger.record
        candidate = record.candidate
        assert candidate is not None
        if self._abandoned(ledger, wanted, known, now):
            return
        self._scale_canary(self._canary_replicas(stable))
        canary = self._look(self._cluster.deployment(self._at.canary_deployment))
        if not self._decided(ledger, canary, now):
            return
        if canary.serving(self.model.name, candidate.key):
            # From here on requests are forwarded; what the pods counted for this version before is not of this canary.
            record.counts = Counts()
            record.counts.begin([pod.life for pod in self._cluster.pods(stable.selector)])
            self._read_counts(record, self._look(stable))
            record.enter("baking", now)
            ledger.save(self._file(record))
            log.info("canary", extra=fields(model=self.model.name, version=candidate.key, percent=self.model.percent))
            return
        reason = self._does_not_load(ledger, canary, known, now)
        if reason:
            self._rolled_back(ledger, reason, now)

    def _baking(self, ledger: Ledger, stable: Deployment, wanted: Version | None, known: bool, now: float) -> None:
        record = ledger.record
        candidate, counts = record.candidate, record.counts
        assert candidate is not None and counts is not None
        if self._abandoned(ledger, wanted, known, now):
            return
        self._scale_canary(self._canary_replicas(stable))
        over = now - record.since >= self.model.bake_minutes * 60
        seen = self._look(stable)
        self._read_counts(record, seen)
        reason = breach(counts, self.model.error_rate_percent, self.model.p99_millis, over)
        if reason:
            self._rolled_back(ledger, reason, now)
            return
        if not over:
            ledger.save()
            return
        canary = self._look(self._cluster.deployment(self._at.canary_deployment))
        unknown = self._unknown(seen, canary, candidate)
        if unknown and known and now - record.since >= self.model.bake_minutes * 60 + self._limit:
            self._rolled_back(ledger, unknown, now)
        elif unknown or not known:
            # Nothing goes live on what is not known.
            if not known:
                # A new pod of the canary loads from the registry too: it has its time when that answers again.
                record.since = now - self.model.bake_minutes * 60
            ledger.save()
        else:
            record.enter("promoting", now)
            loading.begin(record, self.model.name, seen)
            ledger.save(self._file(record))

    def _promoting(self, ledger: Ledger, stable: Deployment, wanted: Version | None, known: bool, now: float) -> None:
        record = ledger.record
        candidate = record.candidate
        assert candidate is not None
        seen = self._look(stable)
        if self._everywhere(stable, seen, candidate):
            self._promoted(ledger, self._in_numbers(record.counts), now)
            self._scale_canary(0)
            return
        reason = self._does_not_load(ledger, seen, known, now)
        if reason:
            self._rolled_back(ledger, f"after the bake, {reason}", now)

    def _abandoned(self, ledger: Ledger, wanted: Version | None, known: bool, now: float) -> bool:
        record = ledger.record
        if not known or wanted == record.candidate:
            return False
        towards = f"version {wanted.key} is wanted now" if wanted else "the alias has gone"
        self._rolled_back(ledger, f"abandoned: {towards}", now, reject=False)
        return True

    def _rolled_back(self, ledger: Ledger, reason: str, now: float, reject: bool = True) -> None:
        record = ledger.record
        candidate = record.candidate
        assert candidate is not None
        if reject:
            record.rejected = Rejection(candidate.uri, candidate.key, self.model.criteria, reason)
        record.candidate, record.counts, record.load_failures, record.failing_looks = None, None, {}, 0
        record.job = ""
        record.enter("idle", now)
        self._tag(record, candidate, f"rolled-back: {reason}", reason)
        # A first version that never began took nothing back.
        what = "rolled_back" if record.live else "failed"
        # Pods that were told of a first version are told of none again.
        file = self._file(record) or ({} if ledger.release_file else None)
        ledger.save(file, outcome(candidate, what, reason, now))
        self._count(what, candidate, reason)
        self._scale_canary(0)

    def _promoted(self, ledger: Ledger, reason: str, now: float) -> None:
        record = ledger.record
        candidate = record.candidate
        assert candidate is not None
        if record.live:
            self._tag(record, record.live, "retired", f"followed by {candidate.key}")
        record.previous, record.live, record.candidate = record.live, candidate, None
        record.counts, record.load_failures, record.failing_looks = None, {}, 0
        record.enter("idle", now)
        self._tag(record, candidate, "live", reason)
        ledger.save(self._file(record), outcome(candidate, "promoted", reason, now))
        self._count("promoted", candidate, reason)

    def _file(self, record: Record) -> dict[str, Any] | None:
        """What the servers shall do in this phase of the release; none while there is no version for them."""
        ahead = record.phase in ("starting", "promoting")
        stable = record.candidate if ahead else record.live
        if stable is None:
            return None
        content: dict[str, Any] = {"stable": self._entry(record, stable)}
        if record.phase in ("loading", "baking") and record.candidate is not None:
            # While the canary loads, nobody is sent to it.
            percent = self.model.percent if record.phase == "baking" else 0
            content["canary"] = {**self._entry(record, record.candidate), "percent": percent}
        return content

    @staticmethod
    def _entry(record: Record, version: Version) -> dict[str, Any]:
        environments = told(record, version)
        if record.job and version == record.candidate:
            environments.append(PENDING)
        return {
            "version": version.key,
            "uri": version.uri,
            **({"environments": environments} if environments else {}),
        }

    def _repair(self, ledger: Ledger) -> None:
        """Puts the servers' file right where somebody wrote to it, or the settings have another percentage now."""
        expected = self._file(ledger.record)
        if expected is not None and ledger.release_file != expected:
            log.warning("the release file was not as it should be", extra=fields(model=self.model.name))
            ledger.save(expected)

    def _tell_pods(self, ledger: Ledger, stable: Deployment) -> None:
        """Has each pod's kubelet bring the file that was written: by itself it would within about a minute."""
        digest = ledger.release_digest
        if digest is None or (digest == self._told and ledger.record.phase == "idle"):
            return
        try:
            for deployment in (stable, self._cluster.deployment(self._at.canary_deployment)):
                for pod in self._cluster.pods(deployment.selector) if deployment else []:
                    if pod.told != digest:
                        self._cluster.tell(pod.name, digest)
        except ClusterAway as error:
            if digest != self._told:
                log.warning("pods learn late of a release", extra=fields(model=self.model.name, reason=str(error)))
        self._told = digest

    def _canary_replicas(self, stable: Deployment) -> int:
        return max(1, math.ceil(self.model.percent * stable.replicas / 100))

    def _scale_canary(self, replicas: int) -> None:
        canary = self._cluster.deployment(self._at.canary_deployment)
        # During a canary it only grows: taking pods away would fail the requests they hold.
        if canary and (canary.replicas < replicas or (replicas == 0 and canary.replicas > 0)):
            self._cluster.scale(canary.name, replicas)

    def _look(self, deployment: Deployment | None) -> Seen:
        return look(self._cluster, deployment, self._at.metrics_port)

    def _read_counts(self, record: Record, stable: Seen) -> None:
        assert record.counts is not None and record.candidate is not None
        for life, metrics in stable.metrics.items():
            record.counts.add(life, metrics, self.model.name, record.candidate.key)

    def _everywhere(self, stable: Deployment, seen: Seen, version: Version) -> bool:
        if stable.replicas == 0:
            return True
        return bool(seen.ready) and len(seen.serving(self.model.name, version.key)) == len(seen.ready)

    def _unknown(self, stable: Seen, canary: Seen, candidate: Version) -> str | None:
        if not stable.complete:
            return f"the stable pods cannot be read: {'; '.join(stable.unreadable) or 'none is ready'}"
        if not canary.serving(self.model.name, candidate.key):
            return "no canary pod was ready at the end of the bake"
        return None

    def _does_not_load(self, ledger: Ledger, seen: Seen, known: bool, now: float) -> str | None:
        return loading.given_up(ledger, self.model.name, seen, known, now, self._limit)

    def _in_numbers(self, counts: Counts | None) -> str:
        if counts is None or counts.requests == 0:
            return "no request reached the canary during the bake: promoted untested"
        return (
            f"{counts.failures:.0f} of {counts.requests:.0f} requests failed, p99 {counts.quantile(0.99) * 1000:.0f} ms"
        )
