from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local_platform.kubernetes_api import KubernetesApi
from local_platform.mlflow_server import MlflowServer, free_port
from simulated_pods import SimulatedModel

os.environ |= {
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@pytest.fixture
def api() -> Iterator[KubernetesApi]:
    served = KubernetesApi()
    yield served
    served.close()


@pytest.fixture
def churn(api: KubernetesApi) -> Iterator[SimulatedModel]:
    model = SimulatedModel(api, port=free_port("0.0.0.0"))
    model.deploy()
    yield model
    model.close()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    server = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    server.start()
    os.environ["MLFLOW_TRACKING_URI"] = server.uri
    yield server
    server.stop()


@pytest.fixture(scope="session")
def registered(mlflow_server: MlflowServer) -> str:
    """Name of a registered model with versions 1 to 5, of a real scikit-learn model."""
    import mlflow
    import numpy
    from sklearn.linear_model import LogisticRegression

    mlflow.set_tracking_uri(mlflow_server.uri)
    rows = numpy.random.default_rng(7).normal(size=(50, 3))
    with mlflow.start_run():
        fitted = LogisticRegression().fit(rows, rows[:, 0] > 0)
        logged = mlflow.sklearn.log_model(fitted, name="model", pip_requirements=[])
    for _ in range(5):
        mlflow.register_model(logged.model_uri, "churn")
    return "churn"


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """S3 and SageMaker, simulated by moto."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    yield os.environ["AWS_ENDPOINT_URL"]
    server.stop()


@contextmanager
def bucket(aws: str, name: str) -> Iterator[Any]:
    """Client of S3 as moto simulates it, with a bucket that goes at the end with all that is in it."""
    import boto3

    client = boto3.client("s3", endpoint_url=aws, region_name="eu-west-1")
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield client
    emptied = boto3.resource("s3", endpoint_url=aws, region_name="eu-west-1").Bucket(name)
    emptied.objects.all().delete()
    emptied.delete()


def configured(**changes: Any) -> dict[str, Any]:
    """One model of models.json."""
    return {
        "name": "churn",
        "from": "models:/churn@champion",
        "release": "continuous",
        "canary": {"percent": 10, "bakeMinutes": 10},
        "objectives": {"p99Millis": 200, "errorRatePercent": 1},
        "kubernetes": {
            "deployment": "churn",
            "canaryDeployment": "churn-canary",
            "configMap": "churn-release",
            "metricsPort": 9090,
        },
        **changes,
    }


def models_json(*models: dict[str, Any]) -> str:
    return json.dumps({"stack": "dev", "namespace": "models", "region": "eu-west-1", "models": list(models)})
