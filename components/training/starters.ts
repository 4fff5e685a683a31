import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { startMachine } from "../identity/policies/batch";
import { after, type Dependency } from "../lib/dependencies";
import { policyDocument, trustService } from "../lib/statements";

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
  const role = new aws.iam.Role(name, { assumeRolePolicy: trustService(service, account.accountId) }, child);
  const permitted = new aws.iam.RolePolicy(
    name,
    {
      role: role.id,
      policy: pulumi
        .all([machineArn, missedStartsArn])
        .apply(([arn, queueArn]) => policyDocument(startMachine(arn, queueArn))),
    },
    child,
  );
  return pulumi.all([role.arn, permitted.id]).apply(([arn]) => arn);
}

/** Starts a state machine by the clock, in UTC. @param expression as EventBridge Scheduler writes it */
export function startedByClock(
  name: string,
  { expression, input, after: ready, ...started }: Started & { expression: string; input: object; after: Dependency[] },
  child: { parent: pulumi.Resource },
): void {
  const { machineArn, missedStartsArn } = started;
  new aws.scheduler.Schedule(
    name,
    {
      scheduleExpression: expression,
      scheduleExpressionTimezone: "UTC",
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: machineArn,
        roleArn: starterRole(name, { ...started, service: "scheduler.amazonaws.com" }, child),
        ...(missedStartsArn === undefined ? {} : { deadLetterConfig: { arn: missedStartsArn } }),
        input: JSON.stringify(input),
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
      },
    },
    { ...child, dependsOn: after(...ready) },
  );
}
