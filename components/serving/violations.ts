import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { logEvents } from "../foundation/eventLog";

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
  const logs = logEvents(
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
      logGroupName: args.logGroupName,
      retentionDays: args.logRetentionDays,
      keyArn: args.keyArn,
    },
    child,
  );
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
