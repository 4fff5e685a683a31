import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { StoppingFunction } from "../../foundation/machineRuns";
import { machineRuns } from "../../foundation/machineRuns";
import { starterRole } from "../../foundation/starters";
import { stateMachine } from "../../foundation/stateMachine";
import { decisionMachineName, seeDecisions } from "../../identity/policies/packageDecisions";
import type { Dependency } from "../../lib/dependencies";
import { decisionsDefinition } from "./definition";

/** What passes decisions on. */
export interface DecisionMachineArgs {
  account: AwsAccount;
  stack: string;
  /** Groups of packages on which decisions count. */
  groupNames: string[];
  registrarArn: pulumi.Input<string>;
  logGroupArn: pulumi.Input<string>;
  /** Hears of decisions. */
  rule: aws.cloudwatch.EventRule;
  /** Queue for decisions that could not be passed on. */
  missedStartsArn?: pulumi.Input<string> | undefined;
  /** Stops runs before the machine goes. */
  stopping: StoppingFunction;
  after: Dependency[];
}

/** A state machine that tells the registrar what somebody decided of a package, by the rule that hears of it. */
export function decisionMachine(
  name: string,
  args: DecisionMachineArgs,
  child: { parent: pulumi.Resource },
): aws.sfn.StateMachine {
  const { account, stack, groupNames, rule, missedStartsArn } = args;
  const machine = stateMachine(
    name,
    {
      account,
      machineName: decisionMachineName(stack),
      definition: pulumi.output(args.registrarArn).apply((told) => decisionsDefinition(told, groupNames)),
      statements: seeDecisions(account, stack),
      log: { groupArn: args.logGroupArn, level: "ALL", withData: true }, // Who decided what, and no secret.
      after: args.after,
    },
    child,
  );
  const stopped = machineRuns(`${name}-runs`, { by: args.stopping, machine }, child.parent);
  const roleArn = starterRole(
    `${name}-event`,
    { account, machineArn: machine.arn, service: "events.amazonaws.com" },
    child,
  );
  new aws.cloudwatch.EventTarget(
    name,
    {
      ...{ rule: rule.name, arn: machine.arn, roleArn },
      ...(missedStartsArn === undefined ? {} : { deadLetterConfig: { arn: missedStartsArn } }),
    },
    { ...child, dependsOn: stopped },
  );
  return machine;
}
