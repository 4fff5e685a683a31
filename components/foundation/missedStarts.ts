import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { missedStartsAlarm as alarm } from "../observability/alarms/missedStarts";
import { cloudAlarm } from "./cloudAlarms";

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
    cloudAlarm(
      name,
      {
        ...args,
        alarm,
        alarmName: `${args.stack}-${alarm.key}`,
        dimensions: { QueueName: queue.name },
        tellsEnd: false, // What was missed stays missed.
      },
      child,
    );
    this.queueArn = queue.arn;
    this.registerOutputs();
  }
}
