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

from model_release.endpoint_marks import PREFIX

REGION = "eu-west-1"
SUBJECT = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
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


class Tagged:
    """moto's Application Auto Scaling, which knows no tags of its targets: those of the last registration."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.tags: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def register_scalable_target(self, **given: Any) -> Any:
        self.tags = given.get("Tags", {})
        return self.client.register_scalable_target(**given)

    def list_tags_for_resource(self, ResourceARN: str) -> dict[str, Any]:
        assert ResourceARN.startswith("arn:aws:application-autoscaling:")
        return {"Tags": self.tags}


class SimulatedSageMaker:
    """A client of moto, with UpdateEndpoint. An update ends when the test calls `settle`."""

    def __init__(self, url: str) -> None:
        self.client = boto3.client("sagemaker", endpoint_url=url, region_name=REGION)
        self.autoscaling = Tagged(boto3.client("application-autoscaling", endpoint_url=url, region_name=REGION))
        self.cloudwatch = boto3.client("cloudwatch", endpoint_url=url, region_name=REGION)
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

    def marks(self) -> dict[str, str]:
        """What the release says of the endpoint by its tags."""
        tags = self.client.list_tags(ResourceArn=self.endpoint.arn)["Tags"]
        return {one["Key"].removeprefix(PREFIX): one["Value"] for one in tags if one["Key"].startswith(PREFIX)}

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
        if self.targets() and self._types(given["EndpointConfigName"]) != self._types(self.live):
            raise refusal("The variant is a scalable target: deregister it before its instance type changes")
        self.updates.append(given)
        self.endpoint.endpoint_status = "Updating"
        return {"EndpointArn": self.endpoint.arn}

    def _types(self, config: str) -> list[str]:
        found = self.client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        return [one["InstanceType"] for one in found]

    def scale(self) -> None:
        """What the Pulumi program makes of an endpoint that may have no instance: a target, two policies, an alarm."""
        subject = {**SUBJECT, "ResourceId": f"endpoint/{ENDPOINT}/variant/{VARIANT['VariantName']}"}
        self.autoscaling.register_scalable_target(**subject, MinCapacity=0, MaxCapacity=3, Tags={"team": "ml"})
        self.autoscaling.put_scaling_policy(
            **subject,
            PolicyName="load",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 8.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            },
        )
        start = self.autoscaling.put_scaling_policy(
            **subject,
            PolicyName="start",
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
            },
        )
        self.cloudwatch.put_metric_alarm(
            AlarmName=f"{ENDPOINT}-waiting",
            Namespace="AWS/SageMaker",
            MetricName="HasBacklogWithoutCapacity",
            Dimensions=[{"Name": "EndpointName", "Value": ENDPOINT}],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Threshold=1.0,
            AlarmActions=[start["PolicyARN"]],
        )

    def targets(self) -> list[dict[str, Any]]:
        found = self.autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        return [{name: one[name] for name in ("ResourceId", "MinCapacity", "MaxCapacity")} for one in found]

    def policies(self) -> dict[str, str]:
        found = self.autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
        return {one["PolicyName"]: one["PolicyARN"] for one in found}

    def alarm_actions(self) -> list[str]:
        (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[f"{ENDPOINT}-waiting"])["MetricAlarms"]
        return list(alarm["AlarmActions"])

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
