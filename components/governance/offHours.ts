import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ScalingGroup } from "../contracts/foundation";
import { serviceRole } from "../foundation/serviceRole";
import { stopAndStart } from "../identity/policies/offHours";
import { after, type Dependency } from "../lib/dependencies";
import { shortened } from "../lib/mark";
import { type OffHoursSettings, onWorkDays } from "../settings/offHours";

/** What is off at night, and when. */
export interface OffHoursArgs {
  account: AwsAccount;
  stack: string;
  hours: OffHoursSettings;
  scalingGroups: ScalingGroup[];
  /** Identifier of the database server; absent where there is none. */
  database?: string;
  /** Names of notebook instances. Nobody starts them in the morning but whoever works on them. */
  notebooks: string[];
  /** Where people are told before. */
  topicArn: pulumi.Input<string>;
  /** Queue for what a schedule could not start. */
  missedStartsArn?: pulumi.Input<string>;
  /** Depend on these: what is stopped is there. */
  after: Dependency[];
}

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
const longestName = 64;

const noticeMinutes = 30;
/** What runs on nodes uses the database to its last minute, and from its first. */
const apartMinutes = 15;

/**
 * Schedules that stop nodes, notebook instances and the database in the evening of a work day, and start nodes and database in the morning. Each calls
 * AWS itself; a group of no nodes may have none, so that no autoscaler brings any back.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
 */
export class OffHours extends pulumi.ComponentResource {
  constructor(name: string, args: OffHoursArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:governance:OffHours", name, {}, opts);
    const child = { parent: this };
    const { account, hours, database, notebooks, topicArn, scalingGroups } = args;
    const names = pulumi.all(scalingGroups.map((group) => group.name()));
    const { arn: roleArn } = serviceRole(
      name,
      {
        account,
        service: "scheduler.amazonaws.com",
        statements: pulumi
          .all([names, topicArn, args.missedStartsArn])
          .apply(([scalingGroupNames, topic, missed]) =>
            stopAndStart(
              account,
              { scalingGroupNames, ...(database === undefined ? {} : { database }), notebooks, topicArn: topic },
              missed,
            ),
          ),
      },
      child,
    );
    const schedule = (what: string, at: string, call: string, input: object, matters: boolean) =>
      new aws.scheduler.Schedule(
        `${name}-${what}`,
        {
          name: shortened(`${args.stack}-off-hours-${what}`, longestName),
          scheduleExpression: at,
          scheduleExpressionTimezone: hours.timeZone,
          flexibleTimeWindow: { mode: "OFF" },
          target: {
            arn: `arn:${account.partition}:scheduler:::aws-sdk:${call}`,
            roleArn,
            input: pulumi.output(input).apply((known) => JSON.stringify(known)),
            retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: matters ? 10 : 0 },
            // To stop what is stopped already fails, and that is no news.
            ...(matters && args.missedStartsArn !== undefined
              ? { deadLetterConfig: { arn: args.missedStartsArn } }
              : {}),
          },
        },
        { ...child, dependsOn: after(...args.after) },
      );

    const evening = (minutes = 0) => onWorkDays(hours, hours.stopAt, minutes);
    const morning = (minutes = 0) => onWorkDays(hours, hours.startAt, minutes);
    schedule("notice", evening(-noticeMinutes), "sns:publish", { TopicArn: topicArn, ...notice(args) }, true);
    for (const group of scalingGroups) {
      const scaled = (MinSize: number, MaxSize: number) => ({
        ...{ AutoScalingGroupName: group.name(), MinSize, MaxSize, DesiredCapacity: MinSize },
      });
      const call = "autoscaling:updateAutoScalingGroup";
      schedule(`nodes-${group.key}-stop`, evening(), call, scaled(0, 0), true);
      schedule(`nodes-${group.key}-start`, morning(apartMinutes), call, scaled(group.minNodes, group.maxNodes), true);
    }
    for (const notebook of notebooks) {
      const input = { NotebookInstanceName: notebook };
      schedule(`notebook-${notebook}-stop`, evening(), "sagemaker:stopNotebookInstance", input, false);
    }
    if (database !== undefined) {
      // As the SDK writes it, not as RDS does.
      const input = { DbInstanceIdentifier: database };
      schedule("database-stop", evening(apartMinutes), "rds:stopDBInstance", input, false);
      schedule("database-start", morning(), "rds:startDBInstance", input, true);
    }
    this.registerOutputs();
  }
}

function notice({ stack, hours, scalingGroups, database, notebooks }: OffHoursArgs): {
  Subject: string;
  Message: string;
} {
  const back = [...(scalingGroups.length > 0 ? ["nodes"] : []), ...(database === undefined ? [] : ["database"])];
  const stopped = [...back, ...(notebooks.length > 0 ? ["notebook instances"] : [])];
  const sentences = [
    `At ${hours.stopAt} (${hours.timeZone}) stop in ${stack}: ${stopped.join(", ")}. What is under way there ends.`,
    ...(back.length > 0 ? [`Back at ${hours.startAt} of ${hours.workDays.join(", ")}: ${back.join(", ")}.`] : []),
    ...(notebooks.length > 0 ? ["Notebook instances wait for you to start them."] : []),
    `To keep all on for a night, disable the schedules of EventBridge Scheduler whose names begin with ${stack}-off-hours, or take ` +
      "governance.offHours out and run pulumi up.",
  ];
  return { Subject: `${stack} is off from ${hours.stopAt}`, Message: sentences.join(" ") };
}
