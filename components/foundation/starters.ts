import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { startMachine } from "../identity/policies/batch";
import { after, type Dependency } from "../lib/dependencies";
import { serviceRole } from "./serviceRole";

/** What is started. */
interface Started {
  account: AwsAccount;
  machineArn: pulumi.Input<string>;
  /** Queue for what could not be started. */
  missedStartsArn?: pulumi.Input<string> | undefined;
}

/** A role by which a service starts one state machine, known once it may. */
export function starterRole(
  name: string,
  { account, machineArn, missedStartsArn, service }: Started & { service: string },
  child: { parent: pulumi.Resource },
): pulumi.Output<string> {
  const statements = pulumi.all([machineArn, missedStartsArn]).apply(([arn, queueArn]) => startMachine(arn, queueArn));
  return serviceRole(name, { account, service, statements }, child).arn;
}

/** The role of EventBridge Scheduler that starts one state machine. */
export const clockRole = (name: string, started: Started, child: { parent: pulumi.Resource }) =>
  starterRole(name, { ...started, service: "scheduler.amazonaws.com" }, child);

/** When a state machine is started, and with what. */
interface Clock {
  /** As EventBridge Scheduler writes it, in UTC. */
  expression: string;
  input: pulumi.Input<object>;
  after: Dependency[];
  /** Of the schedule in AWS; made up where there is none. */
  scheduleName?: string;
  /** Where one starter serves several clocks. */
  roleArn?: pulumi.Input<string>;
}

/** Starts a state machine by the clock. */
export function startedByClock(
  name: string,
  { expression, input, after: ready, scheduleName, roleArn, ...started }: Started & Clock,
  child: { parent: pulumi.Resource },
): aws.scheduler.Schedule {
  const { machineArn, missedStartsArn } = started;
  return new aws.scheduler.Schedule(
    name,
    {
      ...(scheduleName === undefined ? {} : { name: scheduleName }),
      scheduleExpression: expression,
      scheduleExpressionTimezone: "UTC",
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: machineArn,
        roleArn: roleArn ?? clockRole(name, started, child),
        ...(missedStartsArn === undefined ? {} : { deadLetterConfig: { arn: missedStartsArn } }),
        input: pulumi.jsonStringify(input),
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
      },
    },
    { ...child, dependsOn: after(...ready) },
  );
}
