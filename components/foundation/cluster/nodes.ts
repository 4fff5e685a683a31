import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { ScalingGroup } from "../../contracts/foundation";
import type { Dependency } from "../../lib/dependencies";
import type { NetworkFacts } from "../network/facts";
import { Addon, type AddonName } from "./addon";
import type { ClusterFacts } from "./facts";
import { NodeGroup } from "./nodeGroup";
import type { NodePlan } from "./nodeGroupPlan";
import { NodeRole } from "./nodeRole";
import type { ClusterState, RunningGroup } from "./runningCluster";

/** The nodes of a cluster, and what a node needs before its first pod. */
export interface NodesArgs {
  account: AwsAccount;
  cluster: ClusterFacts;
  network: NetworkFacts;
  /** Managed groups by their key in the stack's config. */
  groups: Record<string, NodePlan>;
  state: ClusterState;
  /** Encrypts the volumes of nodes. */
  keyArn: pulumi.Input<string>;
  /** For what controllers and launch templates create, which the provider's default tags do not reach. */
  tags: Record<string, string>;
}

/**
 * Networking, credentials and proxy first, then the managed groups, then DNS, which runs on them: when the cluster's version moves,
 * too. A proxy may be newer than its node, but not newer than the control plane.
 * @see https://kubernetes.io/releases/version-skew-policy/#kube-proxy
 */
export class Nodes extends pulumi.ComponentResource {
  readonly role: NodeRole;
  /** Depend on these before giving a service account credentials. */
  readonly podIdentityAgent: Dependency[];
  /** Depend on these before scheduling a pod. */
  readonly ready: Dependency[];
  readonly scalingGroups: ScalingGroup[];

  constructor(name: string, args: NodesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Nodes", name, {}, opts);
    const child = { parent: this };
    const { clusterName, clusterArn } = args.cluster;
    const { state } = args;
    const { versions } = state;
    const addon = (
      addonName: AddonName,
      rest: Pick<ConstructorParameters<typeof Addon>[1], "identity" | "configuration" | "after">,
    ) =>
      new Addon(
        `${name}-${addonName}`,
        { ...{ account: args.account, clusterName, clusterArn, addonName, versions }, ...rest },
        child,
      );

    const agent = addon("eks-pod-identity-agent", { after: [] });
    const networking = addon("vpc-cni", {
      identity: { serviceAccount: "aws-node", managedPolicy: "AmazonEKS_CNI_Policy" },
      configuration: networkConfiguration(args),
      after: [agent],
    });
    const proxy = addon("kube-proxy", { after: [] });

    this.role = new NodeRole(`${name}-role`, { account: args.account }, child);
    const groups = Object.entries(args.groups).map(
      ([key, plan]) =>
        new NodeGroup(
          `${name}-${key}`,
          {
            ...{ clusterName, plan, kubernetesVersion: versions.kubernetes },
            ...running(state, `${name}-${key}`),
            ...(state.imageReleases[key] === undefined ? {} : { imageRelease: state.imageReleases[key] }),
            roleArn: this.role.arn,
            subnetIds: args.network.privateSubnetIds,
            tags: args.tags,
            keyArn: args.keyArn,
            after: [networking, proxy, ...this.role.ready, ...args.network.ready],
          },
          child,
        ),
    );
    this.scalingGroups = Object.entries(args.groups).map(([key, { minNodes, maxNodes }], at) => ({
      ...{ key, minNodes, maxNodes },
      name: groups[at]!.scalingGroupName,
    }));
    const dns = addon("coredns", { after: groups });
    this.podIdentityAgent = [agent];
    this.ready = [...groups, dns];
    this.registerOutputs();
  }
}

/** The group that EKS has under a logical name, to which the engine adds a suffix; of two, while one replaces the other, the larger. */
function running({ groups }: ClusterState, name: string): { running?: RunningGroup } {
  const named = Object.entries(groups).filter(
    ([each]) => each.startsWith(`${name}-`) && /^[0-9a-f]{7}$/.test(each.slice(name.length + 1)),
  );
  const [found] = named.map(([, group]) => group).sort((one, other) => other.nodes - one.nodes);
  return found === undefined ? {} : { running: found };
}

/**
 * Settings of the network add-on: addresses in blocks of 16, network policies enforced, and the pods' own subnets where
 * there are some.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html
 */
function networkConfiguration(args: NodesArgs): pulumi.Input<Record<string, unknown>> {
  const { podSubnetIds } = args.network;
  const env = {
    ENABLE_PREFIX_DELEGATION: "true",
    WARM_PREFIX_TARGET: "1",
    ADDITIONAL_ENI_TAGS: JSON.stringify(args.tags),
  };
  if (!podSubnetIds) return { enableNetworkPolicy: "true", env };
  return pulumi.all([podSubnetIds, args.cluster.securityGroupId]).apply(([subnetIds, securityGroupId]) => ({
    enableNetworkPolicy: "true",
    env: { ...env, AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "true", ENI_CONFIG_LABEL_DEF: "topology.kubernetes.io/zone" },
    eniConfig: {
      create: true,
      region: args.account.region,
      subnets: Object.fromEntries(
        Object.entries(subnetIds).map(([zone, id]) => [zone, { id, securityGroups: [securityGroupId] }]),
      ),
    },
  }));
}
