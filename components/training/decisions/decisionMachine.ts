import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { StoppingFunction } from "../../foundation/machineRuns";
import { machineRuns } from "../../foundation/machineRuns";
import { starterRole } from "../../foundation/starters";
import { decisionMachineName, seeDecisions } from "../../identity/policies/packageDecisions";
import { after, type Dependency } from "../../lib/dependencies";
import { policyDocument, trustService } from "../../lib/statements";
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
  const role = new aws.iam.Role(
    name,
    { assumeRolePolicy: trustService("states.amazonaws.com", account.accountId) },
    child,
  );
  const permitted = new aws.iam.RolePolicy(
    name,
    { role: role.id, policy: policyDocument(seeDecisions(account, stack)) },
    child,
  );
  const machine = new aws.sfn.StateMachine(
    name,
    {
      name: decisionMachineName(stack),
      roleArn: role.arn,
      definition: pulumi.output(args.registrarArn).apply((told) => decisionsDefinition(told, groupNames)),
      loggingConfiguration: {
        level: "ALL",
        includeExecutionData: true, // Who decided what, and no secret.
        logDestination: pulumi.interpolate`${args.logGroupArn}:*`,
      },
    },
    { ...child, dependsOn: after(permitted, ...args.after) },
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
