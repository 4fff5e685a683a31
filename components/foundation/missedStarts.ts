import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Where starts go that nobody took. */
export interface MissedStartsArgs {
  /** With which the name of the alarm begins. */
  stack: string;
  /** Topics that are told. */
  topicArns: pulumi.Input<string>[];
}

/** The longest that SQS keeps anything. */
const keepSeconds = 14 * 24 * 3600;

/**
 * A queue for what schedules could not start, however often they tried, with an alarm on it: EventBridge Scheduler tells of that nobody else. Each
 * message says which schedule, when, and what it heard.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
export class MissedStarts extends pulumi.ComponentResource {
  readonly queueArn: pulumi.Output<string>;

  constructor(name: string, args: MissedStartsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:MissedStarts", name, {}, opts);
    const child = { parent: this };
    const queue = new aws.sqs.Queue(name, { sqsManagedSseEnabled: true, messageRetentionSeconds: keepSeconds }, child);
    new aws.cloudwatch.MetricAlarm(
      name,
      {
        name: `${args.stack}-missed-starts`,
        alarmDescription:
          "A schedule of training, batch scoring or the monitor of live answers could not start what it should; the queue's messages say which and why.",
        namespace: "AWS/SQS",
        metricName: "NumberOfMessagesSent", // Not how many are there: nobody takes them away, so that the second would not be told.
        dimensions: { QueueName: queue.name },
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
    this.queueArn = queue.arn;
    this.registerOutputs();
  }
}
