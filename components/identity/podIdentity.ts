import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { GrantArgs, WorkloadIdentity } from "../contracts/foundation";
import { after, type Dependency } from "../lib/dependencies";
import { policyDocument, trustPods } from "../lib/statements";

/** One service account and what its pods may do. */
export interface PodRoleArgs extends GrantArgs {
  clusterName: pulumi.Input<string>;
  clusterArn: pulumi.Input<string>;
  /** The Pod Identity agent: an association made before it gives pods nothing. */
  agent: Dependency[];
}

/**
 * A role of one service account. Trust names cluster, namespace and service account, so no other pod can take it.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
 */
export class PodRole extends pulumi.ComponentResource {
  readonly roleArn: pulumi.Output<string>;

  constructor(name: string, args: PodRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:identity:PodRole", name, {}, opts);
    const child = { parent: this };
    const role = new aws.iam.Role(
      name,
      {
        assumeRolePolicy: pulumi
          .output(args.clusterArn)
          .apply((arn) => trustPods(arn, args.namespace, args.serviceAccount)),
      },
      child,
    );
    const permitted = new aws.iam.RolePolicy(
      name,
      { role: role.id, policy: pulumi.output(args.statements).apply(policyDocument) },
      child,
    );
    new aws.eks.PodIdentityAssociation(
      name,
      {
        clusterName: args.clusterName,
        namespace: args.namespace,
        serviceAccount: args.serviceAccount,
        roleArn: role.arn,
      },
      { ...child, dependsOn: after(permitted, ...args.agent) },
    );
    this.roleArn = role.arn;
    this.registerOutputs({ roleArn: this.roleArn });
  }
}

/** Grants by EKS Pod Identity: needs the agent add-on on the cluster, and no OIDC provider. */
export class PodIdentity implements WorkloadIdentity {
  constructor(
    private readonly cluster: { name: pulumi.Output<string>; arn: pulumi.Output<string> },
    private readonly agent: Dependency[],
  ) {}

  grant(name: string, args: GrantArgs, opts: pulumi.ComponentResourceOptions): PodRole {
    return new PodRole(
      name,
      { ...args, clusterName: this.cluster.name, clusterArn: this.cluster.arn, agent: this.agent },
      opts,
    );
  }
}
