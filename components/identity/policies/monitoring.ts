/** Permissions of Grafana and Alertmanager. */
import type { AwsAccount } from "../../contracts/account";
import { billingRegion } from "../../lib/billingRegion";
import type { PolicyStatement, ResourcePolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/**
 * Metrics and alarms of the region, and queries over the log groups of this stack.
 * @param logGroups names of log groups, `*` at the end allowed; none means no logs at all
 * @param bill whether what the account is charged may be read too, which CloudWatch keeps in one region for all
 * @see https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/configure/#iam-policies
 */
export function readCloudWatch(account: AwsAccount, logGroups: string[], bill = false): PolicyStatement[] {
  const metrics = [
    onAnyResource(
      "ReadMetrics",
      ["cloudwatch:DescribeAlarmsForMetric", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
      {
        StringEquals: { "aws:RequestedRegion": bill ? [...new Set([account.region, billingRegion])] : account.region },
      },
    ),
    allow(
      "ReadAlarms",
      ["cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms"],
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

/**
 * Write lines of pods: all that Fluent Bit asks for. Groups are made by the stack, so making one is not among it.
 * @param logGroups names
 * @see https://docs.fluentbit.io/manual/data-pipeline/outputs/cloudwatch
 */
export function writePodLogs(account: AwsAccount, logGroups: readonly string[]): PolicyStatement[] {
  return [
    allow(
      "WritePodLogs",
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      logGroups.map((name) => arn(account, "logs", `log-group:${name}:*`)),
    ),
  ];
}

/**
 * Search what pods wrote.
 * @param logGroups names
 */
export function searchPodLogs(account: AwsAccount, logGroups: readonly string[]): PolicyStatement[] {
  return [
    allow(
      "SearchPodLogs",
      ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
      logGroups.flatMap((name) => {
        const group = arn(account, "logs", `log-group:${name}`);
        return [group, `${group}:*`];
      }),
    ),
    onAnyResource("FindLogGroups", ["logs:DescribeLogGroups"]),
    onAnyResource("ReadQueryResults", ["logs:GetQueryResults", "logs:StopQuery"]),
  ];
}

/**
 * Lets a rule of EventBridge write into one log group.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
 */
export function writeFromRule(logGroupArn: string, ruleArn: string): ResourcePolicyStatement[] {
  const Principal = { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] };
  const streams = [`${logGroupArn}:*`];
  return [
    { ...allow("MakeStreams", ["logs:CreateLogStream"], streams), Principal },
    { ...allow("Write", ["logs:PutLogEvents"], streams, { ArnEquals: { "aws:SourceArn": ruleArn } }), Principal },
  ];
}

export function publishAlerts(topicArns: string[]): PolicyStatement[] {
  return [allow("PublishAlerts", ["sns:Publish"], topicArns)];
}

/**
 * Who publishes without a role of its own: alarms and budgets of this account. A topic whose policy does not name them hears
 * nothing of them.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
 * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
 */
export function publishFromAccount(account: AwsAccount, topicArn: string): ResourcePolicyStatement[] {
  const from = (Sid: string, service: string, source: string): ResourcePolicyStatement => ({
    ...allow(Sid, ["sns:Publish"], [topicArn], {
      StringEquals: { "aws:SourceAccount": account.accountId },
      ArnLike: { "aws:SourceArn": source },
    }),
    Principal: { Service: [`${service}.amazonaws.com`] },
  });
  return [
    from("Alarms", "cloudwatch", arn(account, "cloudwatch", "alarm:*")),
    from("Budgets", "budgets", `arn:${account.partition}:budgets::${account.accountId}:*`),
  ];
}

/** Roles that may publish are decided by IAM alone; how anybody may, by this. @see https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html */
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
