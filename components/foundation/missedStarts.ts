import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { alarmDescription } from "../observability/alarms/alarm";
import { missedStartsAlarm as alarm } from "../observability/alarms/missedStarts";

/** Where starts go that nobody took. */
export interface MissedStartsArgs {
  /** With which the name of the alarm begins. */
  stack: string;
  /** Topics that are told. */
  topicArns: pulumi.Input<string>[];
  /** Address below which runbooks are found. */
  runbooks: string;
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
        name: `${args.stack}-${alarm.key}`,
        alarmDescription: alarmDescription(alarm.description, args.runbooks, alarm.runbook),
        namespace: alarm.namespace,
        metricName: alarm.metricNames[0],
        dimensions: { QueueName: queue.name },
        statistic: alarm.statistic,
        period: alarm.periodSeconds,
        evaluationPeriods: alarm.periods,
        threshold: alarm.threshold,
        comparisonOperator: alarm.comparison,
        treatMissingData: "notBreaching",
        alarmActions: args.topicArns, // And nobody when it ends: what was missed stays missed.
      },
      child,
    );
    this.queueArn = queue.arn;
    this.registerOutputs();
  }
}
