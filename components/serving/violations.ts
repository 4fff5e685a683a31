import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { writeFromRule } from "../identity/policies/monitoring";
import { policyDocument } from "../identity/statements";
import { after } from "../lib/dependencies";

/** Which jobs tell, and whom. */
export interface ViolationsArgs {
  /** Whose answers or requests, such as `Live answers of churn`. */
  what: string;
  /** What the event of such a job has. */
  jobs: pulumi.Input<Record<string, unknown>>;
  /** Encrypts the log. */
  keyArn?: pulumi.Input<string> | undefined;
  logGroupName: string;
  logRetentionDays: number;
  alarmName: string;
  topicArns: pulumi.Input<string>[];
}

/**
 * A line in a log, and an alarm, for each processing job that found something wrong, failed, or ended before its time (its limit of runtime stops it).
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
 */
export function tellViolations(name: string, args: ViolationsArgs, child: pulumi.CustomResourceOptions): void {
  const logs = new aws.cloudwatch.LogGroup(
    name,
    {
      name: args.logGroupName,
      retentionInDays: args.logRetentionDays,
      ...(args.keyArn === undefined ? {} : { kmsKeyId: args.keyArn }),
    },
    child,
  );
  const rule = new aws.cloudwatch.EventRule(
    name,
    {
      description: `${args.what}: a look found something wrong, failed, or was stopped`,
      eventPattern: pulumi.output(args.jobs).apply((jobs) =>
        JSON.stringify({
          source: ["aws.sagemaker"],
          "detail-type": ["SageMaker Processing Job State Change"],
          detail: {
            ...jobs,
            $or: [
              { ExitMessage: [{ prefix: "CompletedWithViolations" }] },
              { ProcessingJobStatus: ["Failed", "Stopped"] },
            ],
          },
        }),
      ),
    },
    child,
  );
  const open = new aws.cloudwatch.LogResourcePolicy(
    name,
    {
      resourceArn: logs.arn,
      policyDocument: pulumi
        .all([logs.arn, rule.arn])
        .apply(([logArn, ruleArn]) => policyDocument(writeFromRule(logArn, ruleArn))),
    },
    child,
  );
  new aws.cloudwatch.EventTarget(name, { rule: rule.name, arn: logs.arn }, { ...child, dependsOn: after(open) });
  new aws.cloudwatch.MetricAlarm(
    name,
    {
      name: args.alarmName,
      alarmDescription: `${args.what} are not as they should be, or could not be looked at; the log ${args.logGroupName} says which.`,
      namespace: "AWS/Logs",
      metricName: "IncomingLogEvents",
      dimensions: { LogGroupName: logs.name },
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      threshold: 0,
      comparisonOperator: "GreaterThanThreshold",
      treatMissingData: "notBreaching",
      alarmActions: args.topicArns,
    },
    child,
  );
}
