import * as pulumi from "@pulumi/pulumi";

/** Something to come after, and on destroy to go before: a resource, or the resources a remote component made. */
export type Dependency = pulumi.Resource | pulumi.Output<pulumi.Resource> | pulumi.Output<pulumi.Resource[]>;

/**
 * For `dependsOn`. The engine orders deletion by resource, and to depend on a remote component (`awsx.ec2.Vpc`, `helm.v4.Chart`)
 * is not to depend on what it made: routes and controllers would go first of all. So their lists are given beside them.
 */
export function after(...dependencies: Dependency[]): pulumi.Resource[] {
  // The SDK follows outputs and lists to any depth; its typings stop at one.
  return dependencies.map((each) => (pulumi.Output.isInstance(each) ? handedOver(each) : each)) as pulumi.Resource[];
}

/**
 * Of what a remote component hands over, the resources. What the SDK has no class for, such as a chart's own custom resources,
 * arrives as the text of its id; it comes with the controller that gives it a meaning, which is in the list too.
 */
function handedOver(list: pulumi.Output<unknown>): pulumi.Output<unknown> {
  return list.apply((given) => (Array.isArray(given) ? given.filter((each) => typeof each !== "string") : given));
}
