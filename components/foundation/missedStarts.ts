import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { keepMissedEvents } from "../identity/policies/packageDecisions";
import { policyDocument } from "../lib/statements";
import { missedStartsAlarm as alarm } from "../observability/alarms/missedStarts";
import { cloudAlarm } from "./cloudAlarms";

/** Where starts go that nobody took. */
export interface MissedStartsArgs {
  /** With which the name of the alarm begins. */
  stack: string;
  /** Topics that are told. */
  topicArns: pulumi.Input<string>[];
  /** Rules of EventBridge that keep there what they could not start: ARNs by a pattern. A schedule's role says so for itself. */
  rules?: string;
  /** Address below which runbooks are found. */
  runbooks: string;
}

/** The longest that SQS keeps anything. */
const keepSeconds = 14 * 24 * 3600;

/**
 * A queue for what schedules and rules could not start, however often they tried, with an alarm on it: EventBridge tells of that nobody else. Each
 * message says which of them, when, and what it heard.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export class MissedStarts extends pulumi.ComponentResource {
  readonly queueArn: pulumi.Output<string>;

  constructor(name: string, args: MissedStartsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:MissedStarts", name, {}, opts);
    const child = { parent: this };
    const queue = new aws.sqs.Queue(name, { sqsManagedSseEnabled: true, messageRetentionSeconds: keepSeconds }, child);
    const { rules, ...told } = args;
    if (rules !== undefined) {
      const policy = queue.arn.apply((queueArn) => policyDocument(keepMissedEvents(queueArn, rules)));
      new aws.sqs.QueuePolicy(name, { queueUrl: queue.url, policy }, child);
    }
    cloudAlarm(
      name,
      {
        ...told,
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
