import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../lib/dependencies";

/**
 * A function that stops runs once what is invoked by {@link invokedAtTheEnd} is deleted. Its name is written, no Output: what has an Output
 * of the function is replaced with it, and deleted by that, and the runs of what lives would be stopped.
 */
export interface StoppingFunction {
  functionName: string;
  /** Come after these: then it is there and may do what it is for. */
  ready: Dependency[];
}

/**
 * Asks a function for something when it is deleted itself, and for nothing before.
 * @see https://www.pulumi.com/registry/packages/aws/api-docs/lambda/invocation/
 */
export function invokedAtTheEnd(
  name: string,
  { functionName, ready }: StoppingFunction,
  asked: pulumi.Input<object>,
  { parent, dependsOn }: { parent: pulumi.Resource; dependsOn: pulumi.Resource },
): aws.lambda.Invocation {
  const input = pulumi.output(asked).apply((known) => JSON.stringify(known));
  return new aws.lambda.Invocation(
    name,
    { functionName, lifecycleScope: "CRUD", input },
    { parent, dependsOn: after(...ready, dependsOn) },
  );
}

/** Whose runs, and who stops them. */
export interface MachineRunsArgs {
  by: StoppingFunction;
  machine: aws.sfn.StateMachine;
  /** Keys of what one run of the machine holds in the function's table, beside a slot; absent where runs hold nothing. */
  turns?: string[];
}

/**
 * Stops, once it is deleted itself, the runs of a state machine, which Step Functions does not delete before the last has ended: so what
 * starts runs depends on it.
 */
export function machineRuns(
  name: string,
  { by, machine, turns }: MachineRunsArgs,
  parent: pulumi.Resource,
): aws.lambda.Invocation {
  const asked = machine.arn.apply((machineArn) => ({ machineArn, ...(turns === undefined ? {} : { turns }) }));
  return invokedAtTheEnd(name, by, asked, { parent, dependsOn: machine });
}
