import type * as pulumi from "@pulumi/pulumi";

/** Something to come after, and on destroy to go before: a resource, or the resources a remote component made. */
export type Dependency = pulumi.Resource | pulumi.Output<pulumi.Resource> | pulumi.Output<pulumi.Resource[]>;

/**
 * For `dependsOn`. The engine orders deletion by resource, and to depend on a remote component (`awsx.ec2.Vpc`, `helm.v4.Chart`)
 * is not to depend on what it made: routes and controllers would go first of all. So their lists are given beside them.
 */
export function after(...dependencies: Dependency[]): pulumi.Resource[] {
  return dependencies as pulumi.Resource[]; // The SDK follows outputs and lists to any depth; its typings stop at one.
}
