"""One step of a training run in the cluster, as the DAG of its model asks for it.

Steps tell each other what they found by reports in the bucket, so that one can be tried again, and read years later.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from mlplatform.training_gate import judge, read_report
from model_release import staging
from model_release.decisions import APPROVED
from model_release.log import fields
from model_release.registrar import NotRegistered, Refused
from model_release.registrar_config import RegistrarConfig, model

log = logging.getLogger(__name__)

# Where SageMaker's containers read and write.
ROOT = Path("/opt/ml")
# Directories that a training may rely on, though nothing is fetched into them.
WRITTEN = ("model", "output", "checkpoints", "processing/output")
PROMOTED = "released.json"
FAILURE = "failure.json"
UNCHANGED = "no column has moved enough since the live version was trained"


class Failed(Exception):
    """What was asked has been answered, and the answer ends the run."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error


class NothingAsked(Exception):
    """There is nothing to do; says why."""


@dataclass
class Step:
    s3: Any
    # Answers as the registrar of `release register` does; made for the steps that ask MLflow.
    registrar: Callable[[RegistrarConfig], Callable[[dict[str, Any]], dict[str, Any]]]
    run: str
    reason: str
    hyperparameters: Mapping[str, str]
    # From step to how Airflow says it went; of the last step.
    states: Mapping[str, str]
    root: Path = ROOT
    # Who started the DAG's run; empty where nobody did.
    asked_by: str = ""
    # What a person has answered in Airflow: `status`, `by` and `at`; empty where nobody was asked, or nobody has answered.
    answered: Mapping[str, str] = field(default_factory=dict)

    def do(self, request: Mapping[str, Any]) -> None:
        """
        :raises Failed: with the reason why the run ends.
        :raises Missing: when a step before has not left what it must.
        """
        actions = self.actions()
        action = str(request.get("action"))
        if action not in actions:
            raise ValueError(f"action: {action!r}; allowed: {', '.join(actions)}")
        try:
            actions[action](request)
        except Failed as failure:
            if not action.startswith("record"):
                self._write(request, FAILURE, {"step": action, "error": failure.error, "cause": str(failure)})
            raise

    def actions(self) -> dict[str, Callable[[Mapping[str, Any]], None]]:
        return {
            "fetch": self._fetch,
            "store": self._store,
            "checkData": self._check_data,
            "champion": self._champion,
            "judge": self._judge,
            "register": self._register,
            "promote": self._promote,
            "record": self._record,
        }

    def _fetch(self, request: Mapping[str, Any]) -> None:
        for name in WRITTEN:
            staging.shared(self.root / name)
        for given in request["inputs"]:
            uri = given.get("uri") or self._told(given["told"])
            if uri is not None:
                staging.fetch(uri, self.root / given["path"], self.s3, optional=given.get("optional", False))
        # Where SageMaker writes it for training jobs; jobs that check find it in their environment.
        if self.hyperparameters:
            file = self.root / "input/config/hyperparameters.json"
            staging.shared(file.parent)
            file.write_text(json.dumps(dict(self.hyperparameters)), encoding="utf-8")

    def _told(self, told: Mapping[str, str]) -> str | None:
        """What a report of an earlier step says; None where it says there is none."""
        found = self._read(told["report"])
        if found is None:
            raise staging.Missing(f"there is no {told['report']}")
        value = found[told["key"]]
        return None if value is None else str(value)

    def _store(self, request: Mapping[str, Any]) -> None:
        if "package" in request:
            package = request["package"]
            staging.store_package(self.root / package["path"], package["uri"], self.s3)
        if "folder" in request:
            folder = request["folder"]
            staging.store_folder(self.root / folder["path"], folder["uri"], self.s3)

    def _check_data(self, request: Mapping[str, Any]) -> None:
        report = self._read(request["reports"] + "validation.json")
        if not isinstance(report, Mapping) or report.get("passed") is not True:
            said = "there is no report" if report is None else json.dumps(report)
            raise Failed("DataRejected", f"The data did not pass: {said}")
        if request.get("compared") and "drift" not in report:
            raise Failed("DataRejected", "The image does not say how far the rows are from those of the live version")
        if report.get("unchanged") is True and self.reason in request.get("putOff", []):
            raise NothingAsked(UNCHANGED)

    def _champion(self, request: Mapping[str, Any]) -> None:
        found = self._ask(request, {"action": "champion"})
        self._write(request, request.get("report", "champion.json"), found)

    def _judge(self, request: Mapping[str, Any]) -> None:
        gate = dict(request["gate"])
        report = self._read(request["reports"] + "evaluation.json")
        live = self._read(request["reports"] + "champion.json")
        if live is not None and live.get("packageUri") is None:
            gate.pop("maxDriftPsi", None)  # The first one has no traffic to have drifted from.
        said = judge(gate, report, request.get("checks", [])).to_dict()
        self._write(request, "verdict.json", said)
        if not said["passed"]:
            raise Failed("GateRejected", f"The candidate did not pass: {json.dumps(list(said['reasons']))}")

    def _register(self, request: Mapping[str, Any]) -> None:
        keep = request["keep"]
        for file in (*keep["files"], *keep["optional"]):
            target = keep["to"] + file.rsplit("/", 1)[-1]
            staging.copy(request["reports"] + file, target, self.s3, optional=file in keep["optional"])
        verdict = self._read(request["reports"] + "verdict.json") or {}
        metrics = verdict.get("metrics", {})
        # A run that is trained again in part is another one to the registry.
        bucket, key = staging.address(request["package"])
        mark = self.s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')[:8]
        asked = {
            "action": "register",
            "runId": f"{self.run}-{mark}",
            "modelPackage": request["package"],
            "reason": self.reason,
            "image": request["image"],
            "metrics": metrics.get("candidate", metrics),
            "engine": "airflow",
            "askedBy": self.asked_by,
            **{name: request[name] for name in ("source", "data") if name in request},
        }
        self._write(request, "registered.json", self._ask(request, asked))

    def _promote(self, request: Mapping[str, Any]) -> None:
        registered = self._read(request["reports"] + "registered.json")
        if registered is None:
            raise staging.Missing("no version was registered")
        if request.get("approved") and self.answered.get("status", "").lower() != APPROVED:
            raise Failed(
                "ApprovalMissing", "Airflow names nobody who has approved: clear the step approve, and answer it"
            )
        self._relay(request, registered)
        answer = self._ask(request, {"action": "promote", "version": registered["version"]})
        self._write(request, PROMOTED, {**answer, "version": registered["version"]})
        if answer["outcome"] != "live":
            raise Failed("RolledBack", f"Version {registered['version']}: {answer['outcome']}")

    def _relay(self, request: Mapping[str, Any], registered: Mapping[str, Any]) -> None:
        """Puts onto the version who has answered in Airflow, which knows it no longer than it knows the run. Once, however often it is asked."""
        if self.answered:
            told = {"packageUri": request["package"], "version": registered["version"], **self.answered}
            self._ask(request, {"action": "decided", **told})

    def _record(self, request: Mapping[str, Any]) -> None:
        """
        Everything that is known when the run ends; a run that did not end well fails here, whatever came last. Record and answer are
        both kept, or this fails with what may work later and does both again.
        """
        names = ("live", "validation", "champion", "evaluation", "verdict", "registered", "released", "failure")
        found = self._reports(request, *names)
        if self.states.get("check_data") == "skipped":
            found.pop("failure")
            put_off = {"outcome": "skipped", "cause": UNCHANGED}
            return self._put(request["record"], self._body(request, self.reason, found, put_off))
        live = (found["released"] or {}).get("outcome") == "live" and not self._unfinished()
        # A report of a failure may be of an attempt before, if the step has been cleared since.
        failure = None if live else found.pop("failure")
        found.pop("failure", None)
        error, cause = ("TrainingFailed", f"the run ended with {self._ended() or 'no version live'}")
        if failure is not None:
            error, cause = failure["error"], failure["cause"]
        registered = found["registered"] or {}
        verdict = (
            {"outcome": "live", "cause": f"version {registered.get('version')} is live"}
            if live
            else {"outcome": "failed", "error": error, "cause": cause}
        )
        self._put(request["record"], self._body(request, self.reason, found, verdict))
        # A version that was rejected is never promoted. What was may be the one of an attempt before.
        if registered and (found["released"] or {}).get("version") != registered["version"]:
            try:
                self._relay(request, registered)
            except (NotRegistered, Refused) as refused:
                if live:
                    raise
                cause = f"{cause}. What was answered was not passed on: {refused}"
        if not live:
            raise Failed(error, cause)

    def _reports(self, request: Mapping[str, Any], *names: str) -> dict[str, Any]:
        return {name: self._read(f"{request['reports']}{name}.json") for name in names}

    def _unfinished(self) -> dict[str, str]:
        return {step: state for step, state in self.states.items() if state not in ("success", "running")}

    def _ended(self) -> str:
        """The steps with which the run ended before its end; empty where each did what it should."""
        return ", ".join(f"{step}: {state}" for step, state in self._unfinished().items() if state != "upstream_failed")

    def _body(
        self, request: Mapping[str, Any], reason: str, found: Mapping[str, Any], verdict: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What is kept of a run."""
        return {
            "run": self.run,
            "model": request["registry"]["name"],
            "reason": reason,
            "endedAt": datetime.now(UTC).isoformat(timespec="seconds"),
            "steps": dict(self.states),
            **({"answered": dict(self.answered)} if self.answered else {}),
            **{name: value for name, value in found.items() if value is not None},
            "verdict": verdict,
        }

    def _ask(self, request: Mapping[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        given = request["registry"]
        trained = model(given["name"], given["from"], given["targets"])
        config = RegistrarConfig(
            given["stack"], "", given["region"], given["packages"].rstrip("/"), {trained.name: trained}
        )
        return self.registrar(config)({"model": trained.name, **asked})

    def _read(self, uri: str) -> Any:
        """A report, None where there is none or it is no JSON."""
        bucket, key = staging.address(uri)
        try:
            body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        try:
            return read_report(body)
        except ValueError:
            log.warning("the report is no JSON", extra=fields(uri=uri))
            return None

    def _write(self, request: Mapping[str, Any], name: str, body: Mapping[str, Any]) -> None:
        self._put(request["reports"] + name, body)

    def _put(self, uri: str, body: Mapping[str, Any]) -> None:
        bucket, key = staging.address(uri)
        text = json.dumps(body).encode()
        self.s3.put_object(Bucket=bucket, Key=key, Body=text, ContentType="application/json")
