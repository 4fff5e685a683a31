/** Permissions of Grafana and Alertmanager. */
import type { AwsAccount } from "../../foundation/account";
import type { PolicyStatement, ResourcePolicyStatement } from "../statements";
import { allow, arn, onAnyResource } from "./terms";

/**
 * Metrics and alarms of the region, and queries over the log groups of this stack.
 * @param logGroups names of log groups, `*` at the end allowed; none means no logs at all
 * @see https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/configure/#iam-policies
 */
export function readCloudWatch(account: AwsAccount, logGroups: string[]): PolicyStatement[] {
  const metrics = [
    onAnyResource("ReadMetrics", ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], {
      StringEquals: { "aws:RequestedRegion": account.region },
    }),
    allow(
      "ReadAlarms",
      ["cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmsForMetric"],
      [arn(account, "cloudwatch", "alarm:*")],
    ),
    onAnyResource("FindByTag", ["ec2:DescribeRegions", "tag:GetResources"]),
  ];
  if (logGroups.length === 0) return metrics;
  return [
    ...metrics,
    allow(
      "QueryLogs",
      ["logs:GetLogEvents", "logs:GetLogGroupFields", "logs:StartQuery"],
      logGroups.flatMap((name) => {
        const group = arn(account, "logs", `log-group:${name}`);
        return [group, `${group}:*`];
      }),
    ),
    onAnyResource("FindLogGroups", ["logs:DescribeLogGroups"]),
    onAnyResource("ReadQueryResults", ["logs:GetQueryResults", "logs:StopQuery"]),
  ];
}

export function publishAlerts(topicArns: string[]): PolicyStatement[] {
  return [allow("PublishAlerts", ["sns:Publish"], topicArns)];
}

/** Who may publish is decided by IAM alone; how, by this. @see https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html */
export function publishOverTls(topicArn: string): ResourcePolicyStatement[] {
  return [
    {
      Sid: "DenyPlainHttp",
      Effect: "Deny",
      Principal: "*",
      Action: ["sns:Publish"], // SNS refuses a policy of a topic that names `sns:*`.
      Resource: [topicArn],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
}
