"""What training asks of the registry: the model that is live, as a package; a new version; that a version goes live."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from mlflow import MlflowClient

from mlplatform.integrity import FilesChanged
from mlplatform.registry import quoted
from model_release import promotion
from model_release.approval import PASSED, evaluation_tag, gate_tag, said
from model_release.artifacts import Unpackable
from model_release.candidate import (
    CHECKING,
    READING,
    Taken,
    approved_run,
    asked_for,
    asker,
    asking,
    runs_code,
)
from model_release.decisions import APPROVED, REJECTED, RELAYED_TAG
from model_release.integrity import Integrity
from model_release.pack import pack
from model_release.registrar_config import RegistrarConfig, TrainedModel
from model_release.registration import point_to_baseline, register, registered
from model_release.trained import LONGEST_TAG, PACKAGE_TAG, Trained
from model_release.unpack import unpack

ACTIONS = ("champion", "register", "promote", "candidate", "judged", "decided")


class Refused(Exception):
    """The request is wrong; asking again will not help."""


class NotRegistered(Exception):
    """Nothing is registered of this package, so far."""


class Registrar:
    def __init__(
        self,
        config: Callable[[], RegistrarConfig],
        client: MlflowClient,
        s3: Any,
        scratch: str | None = None,
        integrity: Integrity | None = None,
    ) -> None:
        """
        :param config: read anew for each request, since models come and go.
        :param scratch: directory for one model at a time, unpacked.
        :param integrity: records the files of each version; absent where there is no key.
        """
        self._config = config
        self._client = client
        self._s3 = s3
        self._scratch = scratch
        self._integrity = integrity
        self._noting = threading.Lock()

    def answer(self, request: Any, gone: Callable[[], bool], sleep: Callable[[float], object]) -> dict[str, Any]:
        """
        :raises Refused: when the request is wrong.
        :raises Unpackable: when what was trained is no model, or what is live cannot be packed.
        :raises Gone: when nobody waits for the answer any more.
        :raises NotRegistered: when somebody has decided of what is not registered yet.
        """
        if not isinstance(request, Mapping):
            raise Refused(f"a request is an object, not {request!r}")
        config = self._config()
        if request.get("action") == "decided":
            return self._decided(config, request)
        model = config.models.get(text(request, "model"))
        if model is None:
            raise Refused(f"there is no trained model {request['model']!r}; known: {', '.join(config.models)}")
        match request.get("action"):
            case "champion":
                return self._champion(config, model, gone)
            case "register":
                return self._register(model, request, config.stack)
            case "promote":
                version = text(request, "version")
                return {"outcome": promotion.promote(self._client, model, version, config.stack, gone, sleep)}
            case "candidate":
                return self._candidate(config, model, text(request, "runId"), gone)
            case "judged":
                return self._judged(model, request, config.stack)
            case other:
                raise Refused(f"action: {other!r}; allowed: {', '.join(ACTIONS)}")

    def _champion(self, config: RegistrarConfig, model: TrainedModel, gone: Callable[[], bool]) -> dict[str, Any]:
        found = promotion.incumbent(self._client, model, config.stack)
        if found is None:
            return {"version": None, "packageUri": None}
        uri = f"{config.packages}/{model.name}/champion/{found.version}/model.tar.gz"
        live = f"models:/{model.registered}/{found.version}"
        try:
            pack(live, uri, self._s3, self._scratch, gone, recorded=self._ensure)
        except FilesChanged as error:
            raise Unpackable(str(error)) from error
        return {"version": str(found.version), "packageUri": uri}

    def _candidate(
        self, config: RegistrarConfig, model: TrainedModel, run: str, gone: Callable[[], bool]
    ) -> dict[str, Any]:
        """What somebody asks for and no run has taken up, as a package, unless reading it would run its author's code."""
        found = asked_for(self._client, model, config.stack, run)
        if found is None:
            return {"version": None}
        number = str(found.version)
        uri = f"{config.packages}/{model.name}/candidate/{number}/model.tar.gz"
        told: dict[str, Any] = {"version": number, "by": asker(found)}
        told["approvedRun"] = approved_run(self._client, model, config.stack, config.packages)
        before, taken = Taken.of(found, config.stack), Taken(asking(found), run)
        if before.asking == taken.asking and before.run != run and before.given_up:
            # It is not tried for ever, since reading the version may be what ends this process.
            taken.note(self._client, found, config.stack, CHECKING)
            return {**told, "refused": f"run {before.run} began with it and gave up. Ask again", "packageUri": uri}
        taken.note(self._client, found, config.stack, READING)
        try:
            pack(f"models:/{model.registered}/{number}", uri, self._s3, self._scratch, gone, recorded=self._ensure)
            with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
                told["refused"] = runs_code(_described(unpack(uri, Path(folder), self._s3)))
        except (Unpackable, FilesChanged) as error:
            told["refused"] = str(error)
        if asked_for(self._client, model, config.stack, run) is None:
            return {"version": None}  # It took too long, so another has answered.
        taken.note(self._client, found, config.stack, CHECKING)
        return {**told, "packageUri": uri}

    def _judged(self, model: TrainedModel, request: Mapping[str, Any], stack: str) -> dict[str, Any]:
        """Notes on a version what its check has found; nothing but this and `register` says that a gate was passed."""
        version, passed = text(request, "version"), request.get("passed")
        if not isinstance(passed, bool):
            raise Refused(f"passed: {passed!r}; allowed: true, false")
        gate = PASSED if passed else f"did not pass: {text(request, 'reason')}"[:LONGEST_TAG]
        found = self._client.get_model_version(model.registered, version)
        self._client.set_model_version_tag(model.registered, version, evaluation_tag(stack), text(request, "record"))
        self._client.set_model_version_tag(model.registered, version, gate_tag(stack), gate)
        taken = Taken.of(found, stack)
        if taken.run == text(request, "runId"):
            taken.note(self._client, found, stack)
        return {"version": version, "gate": gate}

    def _decided(self, config: RegistrarConfig, request: Mapping[str, Any]) -> dict[str, Any]:
        """
        Passes on to MLflow what somebody has decided elsewhere of what a loop has made, once: of a package of SageMaker's registry, or in
        Airflow, where a run that is trained anew makes another version of the same package and says which.

        :raises NotRegistered: when no version is of this package, or not yet.
        :raises Refused: when the answer is older than the version that it names, and so one to a version before.
        """
        uri, what = text(request, "packageUri"), text(request, "status").lower()
        if what not in (APPROVED, REJECTED):
            raise Refused(f"status: {request['status']!r}; allowed: Approved, Rejected")
        model = next(
            (each for each in config.models.values() if uri.startswith(f"{config.packages}/{each.name}/")), None
        )
        if model is None:
            raise Refused(f"{uri} is of no trained model; known: {', '.join(config.models)}")
        if "version" in request:
            found = self._client.get_model_version(model.registered, text(request, "version"))
        else:
            asked = f"name = {quoted(model.registered)} AND tags.`{PACKAGE_TAG}` = {quoted(uri)}"
            found = next(iter(self._client.search_model_versions(asked)), None)
        if found is None or found.tags.get(PACKAGE_TAG) != uri:
            raise NotRegistered(f"no version of {model.registered} is of {uri}")
        given = {"decision": what, "by": text(request, "by"), "reason": text(request, "reason", "")}
        answered = datetime.fromisoformat(text(request, "at")).astimezone(UTC)
        if "version" in request and answered.timestamp() * 1000 < found.creation_timestamp:
            raise Refused(f"at: {request['at']!r}; allowed: after version {found.version} was registered")
        at = answered.isoformat(timespec="milliseconds")
        # Each change of a package makes several events, and a run that waits for it tells the same, at the same time.
        with self._noting:
            found = self._client.get_model_version(model.registered, found.version)
            noted = all((each.what, each.by, each.at) != (what, given["by"], at) for each in said(found))
            if noted:
                self._client.set_model_version_tag(
                    model.registered, found.version, RELAYED_TAG, json.dumps({**given, "at": at})
                )
        return {"model": model.name, "version": str(found.version), "noted": noted}

    def _register(self, model: TrainedModel, request: Mapping[str, Any], stack: str) -> dict[str, Any]:
        metrics = request.get("metrics") or {}
        if not isinstance(metrics, Mapping):
            raise Refused(f"metrics: {metrics!r}; allowed: numbers by name")
        fixed = request.get("hyperparameters") or {}
        if not isinstance(fixed, Mapping):
            raise Refused(f"hyperparameters: {fixed!r}; allowed: texts by name")
        trained = Trained(
            run_id=text(request, "runId"),
            package=text(request, "modelPackage"),
            reason=text(request, "reason", ""),
            image=text(request, "image", ""),
            data=text(request, "data", ""),
            metrics=metrics,
            engine=text(request, "engine", ""),
            source=text(request, "source", ""),
            asked_by=text(request, "askedBy", ""),
            hyperparameters=fixed,
        )
        if "'" in trained.run_id:
            raise Refused(f"runId: {trained.run_id!r}; allowed: no quotes")
        found = registered(self._client, model.registered, trained.run_id)
        if found is None:
            with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
                unpacked = unpack(trained.package, Path(folder), self._s3)
                found = register(self._client, model.registered, unpacked, trained, self._s3)
        else:
            point_to_baseline(self._client, found)
        self._ensure(f"models:/{model.registered}/{found.version}")
        # Nothing is registered by a loop that has not passed the loop's gate.
        self._client.set_model_version_tag(model.registered, found.version, gate_tag(stack), PASSED)
        return {"version": str(found.version), "uri": f"models:/{model.registered}/{found.version}"}

    def _ensure(self, uri: str) -> str | None:
        return self._integrity.ensure(uri) if self._integrity else None


def _described(folder: Path) -> Mapping[str, Any]:
    """
    What a model's file `MLmodel` says; nothing where it is no mapping.

    :raises Unpackable: when it cannot be read, whatever it holds.
    """
    try:
        written = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise Unpackable(f"its MLmodel cannot be read: {error}") from error
    return written if isinstance(written, Mapping) else {}


def text(request: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = request.get(name, default)
    if not isinstance(value, str) or (value == "" and default is None):
        raise Refused(f"{name}: {value!r}; allowed: a text")
    return value
