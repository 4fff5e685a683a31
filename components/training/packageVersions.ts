import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/** Whose versions, and who deletes them. */
export interface PackageVersionsArgs {
  functionName: pulumi.Input<string>;
  groupName: string;
  /** Of the state machine that fills the group: as long as it is there nothing is deleted, whatever becomes of the invocation. */
  machineArn: string;
  /** Whether nothing is deleted. */
  keep: boolean;
}

/**
 * Deletes, once it is deleted itself, the versions of a package group, which SageMaker does not delete with any in it: so it depends on
 * the group, and the state machine that makes versions depends on it.
 * @see https://www.pulumi.com/registry/packages/aws/api-docs/lambda/invocation/
 */
export function packageVersions(
  name: string,
  { functionName, ...request }: PackageVersionsArgs,
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Invocation {
  return new aws.lambda.Invocation(
    name,
    { functionName, lifecycleScope: "CRUD", input: JSON.stringify(request) },
    opts,
  );
}
