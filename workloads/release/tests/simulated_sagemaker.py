"""
SageMaker: models, configurations and endpoints are moto's. moto has no UpdateEndpoint, so that one is simulated here:
its parameters are checked against botocore's description of the API, and the endpoint is `Updating` until it is settled.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.validate import ParamValidator
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sagemaker.models import sagemaker_backends

REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/model"
ENDPOINT = "dev-churn"
FIRST = "dev-churn-first"
MODEL = {
    "ExecutionRoleArn": ROLE,
    "PrimaryContainer": {
        "Image": f"{DEFAULT_ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/model-server:0.1.0",
        "Environment": {"MODEL_SERVER_NAME": "churn"},
    },
}
VARIANT = {"VariantName": "model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": 1}
DEPLOYMENT = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
            "WaitIntervalInSeconds": 600,
        }
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "dev-churn-errors"}]},
}


def target(**changes: Any) -> dict[str, Any]:
    return {
        "endpointName": ENDPOINT,
        "namePrefix": "dev-churn-",
        "packagePrefix": "s3://packages/models/churn",
        "model": MODEL,
        "endpointConfig": {"ProductionVariants": [VARIANT]},
        "deploymentConfig": DEPLOYMENT,
        **changes,
    }


class SimulatedSageMaker:
    """A client of moto, with UpdateEndpoint. An update ends when the test calls `settle`."""

    def __init__(self, url: str) -> None:
        self.client = boto3.client("sagemaker", endpoint_url=url, region_name=REGION)
        self.updates: list[dict[str, Any]] = []
        self.away = False
        self.refuses: str | None = None

    def __getattr__(self, name: str) -> Any:
        return self._fail if self.away else getattr(self.client, name)

    def _fail(self, **_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sagemaker")

    def deploy(self) -> None:
        """What the Pulumi program makes: an endpoint without a model."""
        self.client.create_model(ModelName=FIRST, **MODEL)
        self.client.create_endpoint_config(
            EndpointConfigName=FIRST, ProductionVariants=[{**VARIANT, "ModelName": FIRST}]
        )
        self.client.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=FIRST)

    def update_endpoint(self, **given: Any) -> dict[str, str]:
        if self.away:
            self._fail()
        shape = self.client.meta.service_model.operation_model("UpdateEndpoint").input_shape
        report = ParamValidator().validate(given, shape)
        assert not report.has_errors(), report.generate_report()
        if self.refuses:
            raise refusal(self.refuses)
        if self.endpoint.endpoint_status != "InService":
            raise refusal("Cannot update in-progress endpoint")
        self.client.describe_endpoint_config(EndpointConfigName=given["EndpointConfigName"])
        self.updates.append(given)
        self.endpoint.endpoint_status = "Updating"
        return {"EndpointArn": self.endpoint.arn}

    def settle(self, kept: bool = True) -> None:
        """The canary's end: kept, or back to the configuration before without a word."""
        if kept:
            self.endpoint.endpoint_config_name = self.updates[-1]["EndpointConfigName"]
        self.endpoint.endpoint_status = "InService"

    @property
    def endpoint(self) -> Any:
        return sagemaker_backends[DEFAULT_ACCOUNT_ID][REGION].endpoints[ENDPOINT]

    @property
    def live(self) -> str:
        return str(self.endpoint.endpoint_config_name)

    def names(self) -> tuple[set[str], set[str]]:
        models = self.client.list_models(NameContains="dev-churn")["Models"]
        configs = self.client.list_endpoint_configs()["EndpointConfigs"]
        return {one["ModelName"] for one in models}, {one["EndpointConfigName"] for one in configs}


def refusal(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "UpdateEndpoint")
