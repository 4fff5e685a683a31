import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { after, type Dependency } from "../lib/dependencies";
import type { PolicyStatement } from "../lib/statements";
import { serviceRole } from "./serviceRole";

/** A state machine of Step Functions, and what it may do. */
export interface StateMachineArgs {
  account: AwsAccount;
  /** As people look for it and as policies name it. */
  machineName: string;
  /** JSON of Amazon States Language. */
  definition: pulumi.Input<string>;
  /** What it may do. */
  statements: pulumi.Input<PolicyStatement[]>;
  /** Absent: runs show in the console of Step Functions alone. */
  log?: {
    groupArn: pulumi.Input<string>;
    level: "ALL" | "ERROR";
    /** Whether what goes in and out of states is written too: whoever reads the log then reads that. */
    withData: boolean;
  };
  /** Depend on these beside its permissions. */
  after?: readonly Dependency[];
}

/**
 * A state machine with a role of its own, as children of whoever asks. It is made once the role may do what it is for.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
 */
export function stateMachine(
  name: string,
  args: StateMachineArgs,
  child: { parent: pulumi.Resource },
): aws.sfn.StateMachine {
  const { account, log } = args;
  const { arn: roleArn } = serviceRole(
    name,
    { account, service: "states.amazonaws.com", statements: args.statements },
    child,
  );
  return new aws.sfn.StateMachine(
    name,
    {
      name: args.machineName,
      roleArn,
      definition: args.definition,
      ...(log && {
        loggingConfiguration: {
          level: log.level,
          includeExecutionData: log.withData,
          logDestination: pulumi.interpolate`${log.groupArn}:*`,
        },
      }),
    },
    { ...child, dependsOn: after(...(args.after ?? [])) },
  );
}
