"""What the pods of a model say at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from model_release.cluster import Cluster, Deployment, Pod
from model_release.scrape import Metrics, Unreadable, scrape


@dataclass(frozen=True)
class Seen:
    """Pods of one Deployment and what each says."""

    pods: list[Pod]
    metrics: dict[str, Metrics]
    unreadable: list[str]

    @property
    def ready(self) -> list[Pod]:
        return [pod for pod in self.pods if pod.ready]

    @property
    def complete(self) -> bool:
        """Whether every ready pod, and at least one, could be read."""
        return bool(self.ready) and all(pod.life in self.metrics for pod in self.ready)

    def load_failures(self, model: str, version: str) -> dict[str, float]:
        """By life of a pod."""
        return {life: metrics.load_failures(model, version) for life, metrics in self.metrics.items()}

    def load_failure_reason(self, model: str, version: str) -> str | None:
        """Why a version does not load, in the words of one pod."""
        for metrics in self.metrics.values():
            for reason in metrics.load_failure_reasons(model, version):
                return reason
        return None

    def serving(self, model: str, version: str) -> list[Pod]:
        return [pod for pod in self.ready if pod.life in self.metrics and self.metrics[pod.life].serves(model, version)]


def look(cluster: Cluster, deployment: Deployment | None, metrics_port: int) -> Seen:
    pods = cluster.pods(deployment.selector) if deployment else []
    metrics: dict[str, Metrics] = {}
    unreadable: list[str] = []
    for pod in pods:
        try:
            if pod.ip is None:
                raise Unreadable("it has no address yet")
            metrics[pod.life] = scrape(pod.ip, metrics_port)
        except Unreadable as error:
            unreadable.append(f"{pod.name}: {error}")
    return Seen(pods, metrics, unreadable)
