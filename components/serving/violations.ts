import * as pulumi from "@pulumi/pulumi";
import { cloudAlarm } from "../foundation/cloudAlarms";
import { logEvents } from "../foundation/eventLog";
import { violationsAlarm } from "../observability/alarms/violations";

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
  /** Address below which runbooks are found. */
  runbooks: string;
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
  cloudAlarm(
    name,
    {
      ...args,
      alarm: violationsAlarm(args.what, args.logGroupName),
      dimensions: { LogGroupName: logs.name },
      tellsEnd: false, // The next job tells whether it is still so.
    },
    child,
  );
}
