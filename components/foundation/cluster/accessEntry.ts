import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";

/** One IAM principal and what it may do in the cluster. */
export interface AccessEntryArgs {
  account: AwsAccount;
  clusterName: pulumi.Input<string>;
  principalArn: string;
  /** EKS access policy by name, over the whole cluster. @see https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html */
  policy: string;
}

/** Lets one IAM principal into the cluster, without a word in `aws-auth`. */
export class AccessEntry extends pulumi.ComponentResource {
  constructor(name: string, args: AccessEntryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AccessEntry", name, {}, opts);
    const child = { parent: this };
    const { clusterName, principalArn } = args;
    const entry = new aws.eks.AccessEntry(name, { clusterName, principalArn }, child);
    new aws.eks.AccessPolicyAssociation(
      name,
      {
        clusterName,
        principalArn,
        policyArn: `arn:${args.account.partition}:eks::aws:cluster-access-policy/${args.policy}`,
        accessScope: { type: "cluster" },
      },
      { ...child, dependsOn: entry },
    );
    this.registerOutputs();
  }
}
