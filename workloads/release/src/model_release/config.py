"""The mounted file that says which models there are, written by the Pulumi program."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from model_release.version import alias_of, exact

# A SageMaker name is <namePrefix><version key>-<8 hex digits>, at most 63 characters; a key is at most 10.
LONGEST_PREFIX = 63 - 10 - 9


@dataclass(frozen=True)
class KubernetesTarget:
    deployment: str
    canary_deployment: str
    config_map: str
    metrics_port: int
    # Whether packages that the image has not are built; else its image is somebody's own.
    environments: bool = False


@dataclass(frozen=True)
class SageMakerTarget:
    endpoint_name: str
    name_prefix: str
    package_prefix: str
    model: dict[str, Any]
    endpoint_config: dict[str, Any]
    deployment_config: dict[str, Any]
    environments: bool = False


@dataclass(frozen=True)
class Approval:
    """Of a model whose alias the controller moves."""

    # Whether a version must have passed the gate of the model's loop, and whether somebody must have approved it.
    gate: bool
    manual: bool


@dataclass(frozen=True)
class Model:
    name: str
    source: str
    percent: int
    bake_minutes: float
    p99_millis: float | None
    error_rate_percent: float | None
    kubernetes: KubernetesTarget | None
    sagemaker: SageMakerTarget | None
    # Absent: whoever may write to the registry moves the alias.
    approval: Approval | None = None

    @property
    def config_map(self) -> str:
        """Where everything about the model's releases is kept."""
        return self.kubernetes.config_map if self.kubernetes else f"{self.name}-release"

    @property
    def criteria(self) -> str:
        """Digest of what a version is judged by: a version that failed is tried again when this changes."""
        return digest([self.percent, self.bake_minutes, self.p99_millis, self.error_rate_percent])


@dataclass(frozen=True)
class EnvironmentSettings:
    """How packages of versions are built: by Jobs of this CronJob's template, beside this image of the server."""

    cron_job: str
    image: str


@dataclass(frozen=True)
class Config:
    stack: str
    namespace: str
    region: str | None
    # s3:// address of the folder with the record of what was decided; absent where there is no store.
    records: str | None
    models: tuple[Model, ...]
    environments: EnvironmentSettings | None = None


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def parse(text: str) -> Config:
    """
    :raises ValueError: with the place and what is wrong there.
    """
    try:
        given = json.loads(text)
        return Config(
            stack=given["stack"],
            namespace=given["namespace"],
            region=given.get("region"),
            records=given.get("records"),
            models=tuple(model(entry) for entry in given["models"]),
            environments=environments(given.get("environments")),
        )
    except KeyError as missing:
        raise ValueError(f"{missing} is missing") from missing
    except (TypeError, AttributeError) as error:
        raise ValueError(f"it has another shape than expected: {error}") from error


def environments(given: dict[str, Any] | None) -> EnvironmentSettings | None:
    return given and EnvironmentSettings(cron_job=given["cronJob"], image=given["image"])


def model(given: dict[str, Any]) -> Model:
    name = given["name"]
    source = given["from"]
    if alias_of(source) is None:
        exact(source)
    canary, objectives = given["canary"], given.get("objectives") or {}
    kubernetes, sagemaker = given.get("kubernetes"), given.get("sagemaker")
    approval = given.get("approval")
    if sagemaker and len(sagemaker["namePrefix"]) > LONGEST_PREFIX:
        raise ValueError(f"{name}: namePrefix {sagemaker['namePrefix']} is longer than {LONGEST_PREFIX} characters")
    return Model(
        name=name,
        source=source,
        percent=canary["percent"],
        bake_minutes=canary["bakeMinutes"],
        p99_millis=objectives.get("p99Millis"),
        error_rate_percent=objectives.get("errorRatePercent"),
        kubernetes=kubernetes
        and KubernetesTarget(
            deployment=kubernetes["deployment"],
            canary_deployment=kubernetes["canaryDeployment"],
            config_map=kubernetes["configMap"],
            metrics_port=kubernetes["metricsPort"],
            environments=kubernetes.get("environments", False),
        ),
        sagemaker=sagemaker
        and SageMakerTarget(
            endpoint_name=sagemaker["endpointName"],
            name_prefix=sagemaker["namePrefix"],
            package_prefix=sagemaker["packagePrefix"].rstrip("/"),
            model=sagemaker["model"],
            endpoint_config=sagemaker["endpointConfig"],
            deployment_config=sagemaker.get("deploymentConfig") or {},
            environments=sagemaker.get("environments", False),
        ),
        approval=approval and Approval(gate=approval["gate"], manual=approval["manual"]),
    )
