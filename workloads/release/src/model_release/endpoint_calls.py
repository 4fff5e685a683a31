"""What the release of a model asks of SageMaker."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_release.config import SageMakerTarget
from model_release.pack import PackedEnvironment
from model_release.version import Version


class SageMakerAway(Exception):
    """SageMaker or the bucket did not do what it was asked to; trying again may help."""


class Refused(Exception):
    """SageMaker does not accept the request as it is."""


class EndpointCalls:
    """One endpoint, and the models and configurations made for it."""

    def __init__(self, to: SageMakerTarget, sagemaker: Any) -> None:
        self._to = to
        self._sagemaker = sagemaker

    def package(self, version: Version, environment: PackedEnvironment | None = None) -> str:
        """
        Where the version lies as SageMaker wants it. With packages for one image of the server it is another package than with those
        for the next, since instances of the old configuration go on fetching theirs.
        """
        beside = f"/{environment.sha256[:12]}" if environment else ""
        return f"{self._to.package_prefix}/{version.key}{beside}/model.tar.gz"

    def describe(self) -> dict[str, Any] | None:
        return _unless_absent(self._sagemaker.describe_endpoint, EndpointName=self._to.endpoint_name)

    def create(self, version: Version, name: str, environment: PackedEnvironment | None = None) -> None:
        """Makes the model and the configuration of that name, where they are not there."""
        model = deepcopy(self._to.model)
        container = model.setdefault("PrimaryContainer", {})
        container["ModelDataUrl"] = self.package(version, environment)
        # A package does not say which version it is.
        container["Environment"] = container.get("Environment", {}) | {"MODEL_SERVER_VERSION": version.key}
        config = deepcopy(self._to.endpoint_config)
        for variant in config["ProductionVariants"]:
            variant["ModelName"] = name
        _unless_there(self._sagemaker.create_model, ModelName=name, **model)
        _unless_there(self._sagemaker.create_endpoint_config, EndpointConfigName=name, **config)

    def changes_instances(self, live: str) -> list[str]:
        """Variants that would get other instances than the configuration that is live gives them."""
        found = _unless_absent(self._sagemaker.describe_endpoint_config, EndpointConfigName=live) or {}
        before = {one["VariantName"]: one.get("InstanceType") for one in found.get("ProductionVariants", [])}
        after = {one["VariantName"]: one.get("InstanceType") for one in self._to.endpoint_config["ProductionVariants"]}
        return [name for name, instances in before.items() if after.get(name) != instances]

    def update(self, name: str) -> None:
        asked: dict[str, Any] = {"EndpointName": self._to.endpoint_name, "EndpointConfigName": name}
        if self._to.deployment_config:
            asked["DeploymentConfig"] = self._to.deployment_config
        if not any("ServerlessConfig" in one for one in self._to.endpoint_config["ProductionVariants"]):
            # Instances that autoscaling has added stay; the first count of the configuration would take them away.
            asked["RetainAllVariantProperties"] = True
        _ask(self._sagemaker.update_endpoint, **asked)

    def delete(self, name: str) -> None:
        """Deletes the configuration and the model of that name, where they are there."""
        _unless_absent(self._sagemaker.delete_endpoint_config, EndpointConfigName=name)
        _unless_absent(self._sagemaker.delete_model, ModelName=name)


def _unless_absent(call: Callable[..., Any], **given: Any) -> Any:
    try:
        return _ask(call, **given)
    except Refused as error:
        if re.search(r"could not find|does not exist|not found", str(error), re.IGNORECASE):
            return None
        raise SageMakerAway(str(error)) from error


def _unless_there(call: Callable[..., Any], **given: Any) -> None:
    try:
        _ask(call, **given)
    except Refused as error:
        if not re.search(r"already exist", str(error), re.IGNORECASE):
            raise


def _ask(call: Callable[..., Any], **given: Any) -> Any:
    try:
        return call(**given)
    except ClientError as error:
        about = error.response.get("Error", {})
        text = about.get("Message", str(error))
        if about.get("Code") == "ValidationException" and "in-progress" not in text:
            raise Refused(text) from error
        raise SageMakerAway(f"{about.get('Code')}: {text}") from error
    except BotoCoreError as error:
        raise SageMakerAway(str(error)) from error
