import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Whose runs, and who stops them. */
export interface MachineRunsArgs {
  functionName: pulumi.Input<string>;
  machineArn: pulumi.Input<string>;
  /** Keys of what one run of the machine holds in the table, beside a slot. */
  turns: string[];
}

/**
 * Stops, once it is deleted itself, the runs of a state machine, which Step Functions does not delete before the last has ended: so it depends
 * on the machine, and what starts runs depends on it.
 * @see https://www.pulumi.com/registry/packages/aws/api-docs/lambda/invocation/
 */
export function machineRuns(
  name: string,
  { functionName, machineArn, turns }: MachineRunsArgs,
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Invocation {
  const input = pulumi.output(machineArn).apply((arn) => JSON.stringify({ machineArn: arn, turns }));
  return new aws.lambda.Invocation(name, { functionName, lifecycleScope: "CRUD", input }, opts);
}
