"""What the small Kubernetes API tells Prometheus, by which an alert knows that a model is down."""

from __future__ import annotations

from urllib.request import urlopen

from local_platform.kubernetes_api import KubernetesApi


def deployment(name: str, replicas: int) -> dict[str, object]:
    return {"metadata": {"name": name}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}}}


def pod(name: str, app: str, ready: bool) -> dict[str, object]:
    return {
        "metadata": {"name": name, "labels": {"app": app}},
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def test_ready_pods_of_each_deployment_are_counted() -> None:
    api = KubernetesApi()
    try:
        api.put("deployments", deployment("churn", 2))
        api.put("deployments", deployment("churn-canary", 0))
        api.put("pods", pod("churn-a", "churn", True))
        api.put("pods", pod("churn-b", "churn", False))
        with urlopen(f"{api.url}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            lines = answer.read().decode().splitlines()
        assert lines == [
            'kube_deployment_spec_replicas{namespace="models",deployment="churn"} 2',
            'kube_deployment_spec_replicas{namespace="models",deployment="churn-canary"} 0',
            'kube_deployment_status_replicas_available{namespace="models",deployment="churn"} 1',
            'kube_deployment_status_replicas_available{namespace="models",deployment="churn-canary"} 0',
        ]
        api.remove("pods", "churn-a")
        assert 'available{namespace="models",deployment="churn"} 0' in api.state_metrics()
    finally:
        api.close()
