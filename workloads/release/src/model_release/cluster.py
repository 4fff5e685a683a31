"""The few calls of the Kubernetes API that a release needs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

CONNECT_AND_READ_SECONDS = (5, 15)
# Of a pod: which release file it shall have. A kubelet looks at a pod's volumes at once when the pod changes, else once a minute or so.
TOLD = "mlplatform/release-file"


class ClusterAway(Exception):
    """The API server did not do what it was asked to."""


class Conflict(Exception):
    """Somebody else wrote the object in between."""


@dataclass(frozen=True)
class Deployment:
    name: str
    uid: str
    replicas: int
    selector: dict[str, str]


@dataclass(frozen=True)
class Pod:
    name: str
    uid: str
    ip: str | None
    ready: bool
    restarts: int
    # Last words of its container, where that has ended and left some.
    message: str | None = None
    # Digest of the release file that its kubelet was asked to bring.
    told: str | None = None

    @property
    def life(self) -> str:
        """Changes when the pod's server begins anew, and its counters with it."""
        return f"{self.uid}/{self.restarts}"


@dataclass
class ConfigMap:
    name: str
    annotations: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    owners: list[dict[str, str]] = field(default_factory=list)
    resource_version: str | None = None


def in_cluster() -> client.ApiClient:
    """Credentials of the pod's service account, or of the kubeconfig outside a cluster."""
    settings = client.Configuration()
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        config.load_incluster_config(client_configuration=settings)
    else:
        config.load_kube_config(client_configuration=settings)
    settings.retries = False
    return client.ApiClient(settings)


class Cluster:
    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self.namespace = namespace
        self._core = client.CoreV1Api(api)
        self._apps = client.AppsV1Api(api)
        self._batch = client.BatchV1Api(api)

    def deployment(self, name: str) -> Deployment | None:
        found = self._ask(self._apps.read_namespaced_deployment, name)
        return found and Deployment(
            name=name,
            uid=found["metadata"]["uid"],
            replicas=found["spec"].get("replicas", 1),
            selector=found["spec"]["selector"].get("matchLabels", {}),
        )

    def scale(self, deployment: str, replicas: int) -> None:
        self._ask(self._apps.patch_namespaced_deployment_scale, deployment, body={"spec": {"replicas": replicas}})

    def pods(self, selector: dict[str, str]) -> list[Pod]:
        """Pods with these labels that are not on their way out."""
        labels = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
        found = self._ask(self._core.list_namespaced_pod, label_selector=labels)
        return [pod(item) for item in found["items"] if "deletionTimestamp" not in item["metadata"]]

    def tell(self, pod: str, release_digest: str) -> None:
        """Changes an annotation of the pod, upon which its kubelet brings what ConfigMaps hold now. A pod that has gone needs none."""
        body = {"metadata": {"annotations": {TOLD: release_digest}}}
        self._ask(self._core.patch_namespaced_pod, pod, body=body)

    def config_map(self, name: str) -> ConfigMap | None:
        found = self._ask(self._core.read_namespaced_config_map, name)
        return found and config_map(found)

    def config_maps(self, labels: dict[str, str]) -> list[ConfigMap]:
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        found = self._ask(self._core.list_namespaced_config_map, label_selector=selector)
        return [config_map(item) for item in found["items"]]

    def write(self, wanted: ConfigMap, labels: dict[str, str]) -> ConfigMap:
        """
        Creates the ConfigMap, or replaces the very one that was read.

        :raises Conflict: when it is not that one any more.
        """
        metadata: dict[str, Any] = {
            "name": wanted.name,
            "annotations": wanted.annotations,
            "labels": labels,
            "ownerReferences": wanted.owners,
        }
        if wanted.resource_version is not None:
            metadata["resourceVersion"] = wanted.resource_version
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": wanted.data}
        if wanted.resource_version is None:
            written = self._ask(self._core.create_namespaced_config_map, body=body)
        else:
            written = self._ask(self._core.replace_namespaced_config_map, wanted.name, body=body)
        if written is None:
            raise Conflict(f"ConfigMap {wanted.name} has gone")
        return config_map(written)

    def delete_config_map(self, name: str) -> None:
        self._ask(self._core.delete_namespaced_config_map, name)

    def cron_job(self, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._ask(self._batch.read_namespaced_cron_job, name)
        return found

    def job(self, name: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._ask(self._batch.read_namespaced_job, name)
        return found

    def create_job(self, body: dict[str, Any]) -> None:
        """
        :raises Conflict: when there is one of this name.
        """
        self._ask(self._batch.create_namespaced_job, body=body)

    def _ask(self, call: Any, *names: str, **given: Any) -> Any:
        """The object as JSON, since the client's own types refuse what a newer API server adds; none where it is not."""
        try:
            answer = call(
                *names,
                namespace=self.namespace,
                _preload_content=False,
                _request_timeout=CONNECT_AND_READ_SECONDS,
                **given,
            )
            return json.loads(answer.data)
        except ApiException as error:
            if error.status == 404:
                return None
            if error.status == 409:
                raise Conflict(str(error.reason)) from error
            raise ClusterAway(f"{error.status} {error.reason}: {(error.body or '')[:300]}") from error
        except (HTTPError, OSError, ValueError) as error:
            raise ClusterAway(str(error)) from error


def config_map(found: dict[str, Any]) -> ConfigMap:
    meta = found["metadata"]
    return ConfigMap(
        name=meta["name"],
        annotations=meta.get("annotations", {}),
        data=found.get("data", {}),
        owners=[
            {key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}
            for owner in meta.get("ownerReferences", [])
        ],
        resource_version=meta["resourceVersion"],
    )


def pod(found: dict[str, Any]) -> Pod:
    status = found.get("status", {})
    return Pod(
        name=found["metadata"]["name"],
        uid=found["metadata"]["uid"],
        ip=status.get("podIP"),
        ready=any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", [])),
        restarts=sum(one["restartCount"] for one in status.get("containerStatuses", [])),
        message=next(
            (
                one["state"]["terminated"].get("message")
                for one in status.get("containerStatuses", [])
                if "terminated" in one.get("state", {})
            ),
            None,
        ),
        told=(found["metadata"].get("annotations") or {}).get(TOLD),
    )
