import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { arn } from "../identity/policies/terms";
import { logEvents } from "./eventLog";

/** Which state machines' failed runs are kept, and where. */
export interface FailedRunsArgs {
  account: AwsAccount;
  logGroupName: string;
  /** With which the names of the stack's state machines begin: a pattern that lists them all may not be longer than 2048 characters. */
  machinePrefix: string;
  keyArn?: pulumi.Input<string>;
  retentionDays: number;
}

/**
 * Each failed run of state machines as one line of a log, with its error and cause, which metrics do not tell. By a rule of
 * EventBridge: logs of Step Functions' own would take permissions on all log deliveries of the account.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export class FailedRuns extends pulumi.ComponentResource {
  constructor(name: string, args: FailedRunsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:FailedRuns", name, {}, opts);
    const child = { parent: this };
    const machines = arn(args.account, "states", `stateMachine:${args.machinePrefix}`);
    logEvents(
      name,
      {
        description: "Runs of state machines that failed",
        eventPattern: JSON.stringify({
          source: ["aws.states"],
          "detail-type": ["Step Functions Execution Status Change"],
          detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn: [{ prefix: machines }] },
        }),
        logGroupName: args.logGroupName,
        retentionDays: args.retentionDays,
        keyArn: args.keyArn,
      },
      child,
    );
    this.registerOutputs();
  }
}
