"""Scaling of an endpoint's variants, put aside while SageMaker gives it other instances."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_release.endpoint_calls import SageMakerAway

SUBJECT = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
# Of what CloudWatch says of an alarm, what it takes when one is written.
ALARM = [
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
]


class EndpointScaling:
    """
    SageMaker refuses another instance type for a variant that is a scalable target: it has to be deregistered, which
    deletes its policies, and registered again after the update.
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """

    def __init__(self, endpoint_name: str, autoscaling: Any, cloudwatch: Any) -> None:
        self._prefix = f"endpoint/{endpoint_name}/variant/"
        self._waiting = f"{endpoint_name}-waiting"
        self._autoscaling = autoscaling
        self._cloudwatch = cloudwatch

    def read(self, variants: list[str]) -> list[dict[str, Any]]:
        """What of these variants is scaled, and how: enough to put it back."""
        try:
            asked = {"ServiceNamespace": "sagemaker", "ResourceIds": [self._prefix + each for each in variants]}
            found = self._autoscaling.describe_scalable_targets(**asked)["ScalableTargets"]
            return [self._kept(target) for target in found]
        except (ClientError, BotoCoreError) as error:
            raise SageMakerAway(str(error)) from error

    def end(self, kept: list[dict[str, Any]]) -> None:
        """Takes the scaling away; it may have gone already."""
        for each in kept:
            try:
                self._autoscaling.deregister_scalable_target(**SUBJECT, ResourceId=each["ResourceId"])
            except ClientError as error:
                if error.response["Error"]["Code"] != "ObjectNotFoundException":
                    raise SageMakerAway(str(error)) from error
            except BotoCoreError as error:
                raise SageMakerAway(str(error)) from error

    def put_back(self, kept: list[dict[str, Any]]) -> None:
        """Scales as before. May be repeated: targets and policies of one name are overwritten."""
        try:
            for each in kept:
                subject = {**SUBJECT, "ResourceId": each["ResourceId"]}
                self._autoscaling.register_scalable_target(**subject, **each["Bounds"])
                for policy in each["Policies"]:
                    made = self._autoscaling.put_scaling_policy(**subject, **policy["As"])
                    self._follow(policy["Was"], made["PolicyARN"])
        except (ClientError, BotoCoreError) as error:
            raise SageMakerAway(str(error)) from error

    def _kept(self, target: dict[str, Any]) -> dict[str, Any]:
        resource = target["ResourceId"]
        policies = self._autoscaling.describe_scaling_policies(**SUBJECT, ResourceId=resource)["ScalingPolicies"]
        tags = {}
        if "ScalableTargetARN" in target:
            tags = self._autoscaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"]).get("Tags", {})
        bounds = {name: target[name] for name in ("MinCapacity", "MaxCapacity", "SuspendedState") if name in target}
        named = (
            "PolicyName",
            "PolicyType",
            "TargetTrackingScalingPolicyConfiguration",
            "StepScalingPolicyConfiguration",
        )
        return {
            "ResourceId": resource,
            "Bounds": bounds | ({"Tags": tags} if tags else {}),
            "Policies": [
                {"Was": policy["PolicyARN"], "As": {name: policy[name] for name in named if name in policy}}
                for policy in policies
            ],
        }

    def _follow(self, was: str, now: str) -> None:
        """Lets the alarm that starts the first instance ask the policy by the ARN that it has now."""
        found = self._cloudwatch.describe_alarms(AlarmNames=[self._waiting]).get("MetricAlarms", [])
        for alarm in found:
            if was == now or was not in alarm.get("AlarmActions", []):
                continue
            given = {name: alarm[name] for name in ALARM if name in alarm}
            given["AlarmActions"] = [now if action == was else action for action in alarm["AlarmActions"]]
            self._cloudwatch.put_metric_alarm(**given)
