/** Permissions to put the scaling of endpoints aside while they get other instances. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/**
 * What is scaled has ids of its own in ARNs, so only SageMaker's is told apart from what else the account scales. To register a target one must be
 * allowed what scaling will do to it, and to put a policy the alarms that it goes by.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
 */
export function scaleAround(account: AwsAccount, stackName: string): PolicyStatement[] {
  const targets = [arn(account, "application-autoscaling", "scalable-target/*")];
  return [
    onAnyResource("FindScaling", [
      "application-autoscaling:DescribeScalableTargets",
      "application-autoscaling:DescribeScalingPolicies",
    ]),
    allow(
      "MoveScaling",
      ["DeregisterScalableTarget", "PutScalingPolicy", "RegisterScalableTarget"].map(
        (action) => `application-autoscaling:${action}`,
      ),
      targets,
      { StringEquals: { "application-autoscaling:service-namespace": "sagemaker" } },
    ),
    allow(
      "KeepScalingTags",
      ["application-autoscaling:ListTagsForResource", "application-autoscaling:TagResource"],
      targets,
    ),
    allow(
      "ScaleEndpoints",
      ["sagemaker:UpdateEndpointWeightsAndCapacities"],
      [arn(account, "sagemaker", `endpoint/${stackName}-*`)],
    ),
    allow(
      "MoveAlarms",
      ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
      [
        arn(account, "cloudwatch", `alarm:TargetTracking-endpoint/${stackName}-*`),
        arn(account, "cloudwatch", `alarm:${stackName}-*-waiting`),
      ],
    ),
  ];
}
