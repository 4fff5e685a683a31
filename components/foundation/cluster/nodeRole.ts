import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { Dependency } from "../../lib/dependencies";
import { trustInstances } from "../../lib/statements";

/** Managed policies of a node: join the cluster, hand out Pod Identity, pull images. What pods need, pods get themselves. */
const nodePolicies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"];

/**
 * The role of the nodes themselves, without the rights of anything that runs on them.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
 */
export class NodeRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly roleName: pulumi.Output<string>;
  /** Depend on these before starting a node. */
  readonly ready: Dependency[];

  constructor(name: string, args: { account: AwsAccount }, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:NodeRole", name, {}, opts);
    const child = { parent: this };
    const role = new aws.iam.Role(name, { assumeRolePolicy: trustInstances() }, child);
    this.ready = nodePolicies.map(
      (policy) =>
        new aws.iam.RolePolicyAttachment(
          `${name}-${policy}`,
          { role: role.name, policyArn: `arn:${args.account.partition}:iam::aws:policy/${policy}` },
          child,
        ),
    );
    this.arn = role.arn;
    this.roleName = role.name;
    this.registerOutputs({ arn: this.arn });
  }
}
