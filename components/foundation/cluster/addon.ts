import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { after, type Dependency } from "../../lib/dependencies";
import { stableJson } from "../../lib/json";
import { trustPods } from "../../lib/statements";

/** Credentials of an add-on's service account. */
export interface AddonIdentity {
  serviceAccount: string;
  /** AWS-managed policy by name, path included. */
  managedPolicy?: string;
  /** Statements of our own, as a policy document. */
  policy?: pulumi.Input<string>;
}

/** Add-ons of a cluster of the platform's own, by their names in EKS. */
export const addonNames = [
  "eks-pod-identity-agent",
  "vpc-cni",
  "kube-proxy",
  "coredns",
  "aws-ebs-csi-driver",
  "aws-efs-csi-driver",
  "metrics-server",
  "cert-manager",
] as const;
export type AddonName = (typeof addonNames)[number];

/** Which versions of add-ons belong to the cluster's. */
export interface AddonVersions {
  /** Minor version, such as `1.35`. */
  kubernetes: string;
  /** Such as `v1.20.4-eksbuild.1`, by the add-on's name. */
  addons: Record<AddonName, string>;
}

/** Tag of an add-on: the Kubernetes version that its own version was chosen for. */
export const kubernetesTag = "mlplatform/kubernetes";

/** One EKS add-on. */
export interface AddonArgs {
  account: AwsAccount;
  clusterName: pulumi.Input<string>;
  clusterArn: pulumi.Input<string>;
  addonName: AddonName;
  versions: AddonVersions;
  identity?: AddonIdentity;
  /** In the add-on's own schema (`aws eks describe-addon-configuration`). */
  configuration?: pulumi.Input<Record<string, unknown>>;
  after: Dependency[];
}

/** Namespace of every add-on that needs credentials here. */
const addonNamespace = "kube-system";

/**
 * An EKS add-on with a role of its own. It moves when the cluster's version does; until then the version that is there stays.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/add-ons-iam.html
 */
export class Addon extends pulumi.ComponentResource {
  constructor(name: string, args: AddonArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Addon", name, {}, opts);
    const child = { parent: this };
    const { identity } = args;
    const role = identity && this.role(name, args, identity);
    new aws.eks.Addon(
      name,
      {
        clusterName: args.clusterName,
        addonName: args.addonName,
        addonVersion: args.versions.addons[args.addonName],
        tags: { [kubernetesTag]: args.versions.kubernetes },
        resolveConflictsOnCreate: "OVERWRITE", // A cluster brings its own copy of some add-ons.
        resolveConflictsOnUpdate: "OVERWRITE", // What is configured here wins over what was changed by hand.
        ...(args.configuration === undefined
          ? {}
          : { configurationValues: pulumi.output(args.configuration).apply(stableJson) }),
        ...(role && identity
          ? { podIdentityAssociations: [{ roleArn: role.arn, serviceAccount: identity.serviceAccount }] }
          : {}),
      },
      { ...child, dependsOn: after(...args.after, ...(role?.permitted ?? [])) },
    );
    this.registerOutputs();
  }

  private role(name: string, args: AddonArgs, identity: AddonIdentity) {
    const child = { parent: this };
    const role = new aws.iam.Role(
      name,
      {
        assumeRolePolicy: pulumi
          .output(args.clusterArn)
          .apply((arn) => trustPods(arn, addonNamespace, identity.serviceAccount)),
      },
      child,
    );
    const permitted: Dependency[] = [];
    if (identity.managedPolicy !== undefined) {
      permitted.push(
        new aws.iam.RolePolicyAttachment(
          name,
          { role: role.name, policyArn: `arn:${args.account.partition}:iam::aws:policy/${identity.managedPolicy}` },
          child,
        ),
      );
    }
    if (identity.policy !== undefined) {
      permitted.push(new aws.iam.RolePolicy(name, { role: role.id, policy: identity.policy }, child));
    }
    return { arn: role.arn, permitted };
  }
}
