import * as pulumi from "@pulumi/pulumi";
import { clusterAutoscalerValues } from "../../../charts/values/clusterAutoscaler";
import { externalDnsValues } from "../../../charts/values/externalDns";
import { loadBalancerControllerValues } from "../../../charts/values/loadBalancerController";
import type { AwsAccount } from "../../contracts/account";
import type { WorkloadIdentity } from "../../contracts/foundation";
import { scaleNodeGroups, writeDnsRecords } from "../../identity/policies/cluster";
import { manageLoadBalancers } from "../../identity/policies/loadBalancers";
import type { Dependency } from "../../lib/dependencies";
import { purposeLabel } from "../../lib/labels";
import { Addon, type AddonName, type AddonVersions } from "./addon";
import { Controller } from "./controller";
import type { ClusterFacts } from "./facts";
import { Karpenter } from "./karpenter";
import type { NodePlan } from "./nodeGroupPlan";
import type { NodeRole } from "./nodeRole";

/** Who starts and stops nodes. */
export type Scaling =
  | { kind: "nodeGroups" }
  | { kind: "karpenter"; pools: Record<string, NodePlan>; consolidateAfterMinutes: number };

/** Controllers that make AWS resources on behalf of the cluster. */
export interface ClusterServicesArgs {
  account: AwsAccount;
  cluster: ClusterFacts;
  /** The cluster's name as a literal, for charts' values. */
  clusterName: string;
  versions: AddonVersions;
  /** Version of Bottlerocket that Karpenter starts. */
  nodeImageVersion: string;
  /** Encrypts the volumes of nodes that Karpenter starts. */
  keyArn: pulumi.Input<string>;
  /** The VPC as a literal: its id, or tags that no other VPC carries. */
  vpc: { id: string } | { tags: Record<string, string> };
  nodeRole: NodeRole;
  /** Where Karpenter starts nodes. */
  subnetIds: pulumi.Input<string[]>;
  scaling: Scaling;
  /** Hosted zone that external-dns keeps; absent where names are pointed by hand. */
  dns?: { domain: string; zoneId: string; ownerId: string; zoneType: "public" | "private" };
  tags: Record<string, string>;
  identity: WorkloadIdentity;
  /** Nodes, on which the controllers run. */
  nodes: Dependency[];
}

/** Controllers stay on nodes that no autoscaler takes away. */
const nodeSelector = { [purposeLabel]: "system" };

/** cert-manager and metrics-server as EKS add-ons; load balancers, DNS records and node scaling as pinned charts. */
export class ClusterServices extends pulumi.ComponentResource {
  /** Depend on these from whatever makes a load balancer or a DNS record. */
  readonly ingress: Dependency[];
  /** Depend on these before scheduling a pod on a group that scales from zero. */
  readonly scaling: Dependency[];

  constructor(name: string, args: ClusterServicesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:ClusterServices", name, {}, opts);
    const child = { parent: this };
    const { account, cluster, clusterName, identity } = args;
    const { region } = account;
    const { clusterArn } = cluster;
    const addon = (addonName: AddonName) =>
      new Addon(
        `${name}-${addonName}`,
        {
          account,
          clusterName: cluster.clusterName,
          clusterArn,
          addonName,
          versions: args.versions,
          after: args.nodes,
        },
        child,
      );
    addon("metrics-server");
    const certificates = addon("cert-manager");

    const balancers = new Controller(
      `${name}-load-balancers`,
      {
        chart: "aws-load-balancer-controller",
        values: loadBalancerControllerValues({
          clusterName,
          region,
          vpc: args.vpc,
          serviceAccount: "aws-load-balancer-controller",
          tags: args.tags,
          nodeSelector,
        }),
        serviceAccount: "aws-load-balancer-controller",
        statements: manageLoadBalancers(account, clusterName),
        identity,
        after: [certificates],
      },
      child,
    );
    this.ingress = [...balancers.ready];

    if (args.dns) {
      const { dns } = args;
      const records = new Controller(
        `${name}-dns`,
        {
          chart: "external-dns",
          values: externalDnsValues({ ...dns, region, serviceAccount: "external-dns", nodeSelector }),
          serviceAccount: "external-dns",
          statements: writeDnsRecords(account, dns.zoneId),
          identity,
          after: args.nodes,
        },
        child,
      );
      this.ingress.push(...records.ready);
    }

    this.scaling = (
      args.scaling.kind === "karpenter" ? this.karpenter(name, args, args.scaling) : this.autoscaler(name, args)
    ).ready;
    this.registerOutputs();
  }

  private autoscaler(name: string, args: ClusterServicesArgs): Controller {
    const serviceAccount = "cluster-autoscaler";
    return new Controller(
      `${name}-autoscaler`,
      {
        chart: "cluster-autoscaler",
        values: clusterAutoscalerValues({
          clusterName: args.clusterName,
          region: args.account.region,
          kubernetesVersion: args.versions.kubernetes,
          serviceAccount,
          nodeSelector,
        }),
        serviceAccount,
        statements: scaleNodeGroups(args.account, args.clusterName),
        identity: args.identity,
        after: args.nodes,
      },
      { parent: this },
    );
  }

  private karpenter(name: string, args: ClusterServicesArgs, scaling: Extract<Scaling, { kind: "karpenter" }>) {
    return new Karpenter(
      `${name}-karpenter`,
      {
        account: args.account,
        clusterName: args.clusterName,
        nodeRole: args.nodeRole,
        securityGroupId: args.cluster.securityGroupId,
        subnetIds: args.subnetIds,
        pools: scaling.pools,
        consolidateAfterMinutes: scaling.consolidateAfterMinutes,
        imageVersion: args.nodeImageVersion,
        keyArn: args.keyArn,
        tags: args.tags,
        identity: args.identity,
        nodeSelector,
        after: args.nodes,
      },
      { parent: this },
    );
  }
}
