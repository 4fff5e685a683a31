import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Dependency } from "../../lib/dependencies";
import type { AdoptedNetworkSettings } from "../../settings/network";
import { type Problem, SettingsProblems } from "../../settings/problems";
import type { NetworkFacts } from "./facts";

/** Free addresses a subnet of nodes must have for a cluster to start. @see https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html */
const leastFreeAddresses = 16;

/** What was read about an adopted VPC. */
export interface AdoptedVpc {
  settings: AdoptedNetworkSettings;
  cidrs: string[];
  /** Zones of the private subnets, in their order, each once. */
  zones: string[];
}

/**
 * Looks at a VPC that somebody else keeps, before anything is made in it.
 * @throws SettingsProblems with everything that stands in the way.
 */
export async function lookAtVpc(settings: AdoptedNetworkSettings, opts: pulumi.InvokeOptions): Promise<AdoptedVpc> {
  const at = "foundation.network";
  const vpc = await aws.ec2.getVpc({ id: settings.vpcId }, opts);
  const problems: Problem[] = [];
  const podZones = Object.keys(settings.podSubnetIds ?? {});
  const look = async (key: string, ids: string[], step = (index: number) => `[${index}]`) => {
    const found = await Promise.all(ids.map((id) => aws.ec2.getSubnet({ id }, opts)));
    found.forEach((subnet, index) => {
      if (subnet.vpcId !== settings.vpcId) {
        problems.push({
          path: `${at}.${key}${step(index)}`,
          value: subnet.id,
          allowed: `a subnet of ${settings.vpcId}`,
          remedy: `It belongs to ${subnet.vpcId}: name a subnet of the VPC, or that VPC as vpcId.`,
        });
      }
    });
    return found;
  };
  const nodes = await look("privateSubnetIds", settings.privateSubnetIds);
  const databases = await look("databaseSubnetIds", settings.databaseSubnetIds ?? []);
  await look("publicSubnetIds", settings.publicSubnetIds);
  const pods = await look("podSubnetIds", Object.values(settings.podSubnetIds ?? {}), (index) => `.${podZones[index]}`);

  const zones = [...new Set(nodes.map((subnet) => subnet.availabilityZone))];
  const spread = (key: string, count: number, value: string[]) => {
    if (count >= 2) return;
    problems.push({
      path: `${at}.${key}`,
      value: value.join(", "),
      allowed: "subnets in at least two zones",
      remedy: "Add a subnet of another zone: EKS and RDS both refuse a single one.",
    });
  };
  spread("privateSubnetIds", zones.length, settings.privateSubnetIds);
  if (databases.length > 0) {
    spread(
      "databaseSubnetIds",
      new Set(databases.map((s) => s.availabilityZone)).size,
      settings.databaseSubnetIds ?? [],
    );
  }
  for (const subnet of nodes) {
    if (subnet.availableIpAddressCount >= leastFreeAddresses) continue;
    problems.push({
      path: `${at}.privateSubnetIds`,
      value: subnet.id,
      allowed: `subnets with at least ${leastFreeAddresses} free addresses`,
      remedy: `It has ${subnet.availableIpAddressCount}: free some, or name a larger subnet.`,
    });
  }
  podZones.forEach((zone, index) => {
    if (pods[index]?.availabilityZone === zone) return;
    problems.push({
      path: `${at}.podSubnetIds.${zone}`,
      value: pods[index]!.id,
      allowed: `a subnet in ${zone}`,
      remedy: `It lies in ${pods[index]!.availabilityZone}: put it under that zone.`,
    });
  });
  if (problems.length > 0) throw new SettingsProblems(problems);
  return { settings, zones, cidrs: vpc.cidrBlockAssociations.map((association) => association.cidrBlock) };
}

/** Facts of an adopted VPC. Its subnets get the tags by which the load-balancer controller finds them, and nothing else. */
export class AdoptedNetwork extends pulumi.ComponentResource implements NetworkFacts {
  readonly vpcId: pulumi.Output<string>;
  readonly cidrs: string[];
  readonly zones: string[];
  readonly privateSubnetIds: pulumi.Output<string[]>;
  readonly publicSubnetIds: pulumi.Output<string[]>;
  readonly databaseSubnetIds: pulumi.Output<string[]>;
  readonly podSubnetIds?: Record<string, pulumi.Output<string>>;
  readonly ready: Dependency[];

  constructor(name: string, args: { vpc: AdoptedVpc; clusterName: string }, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AdoptedNetwork", name, {}, opts);
    const { settings, cidrs, zones } = args.vpc;
    this.vpcId = pulumi.output(settings.vpcId);
    this.cidrs = cidrs;
    this.zones = zones;
    this.privateSubnetIds = pulumi.output(settings.privateSubnetIds);
    this.publicSubnetIds = pulumi.output(settings.publicSubnetIds);
    this.databaseSubnetIds = pulumi.output(settings.databaseSubnetIds ?? settings.privateSubnetIds);
    if (settings.podSubnetIds) {
      this.podSubnetIds = Object.fromEntries(
        Object.entries(settings.podSubnetIds).map(([zone, id]) => [zone, pulumi.output(id)]),
      );
    }
    const tag = (resourceId: string, role: string, value: string) =>
      new aws.ec2.Tag(
        `${name}-${resourceId}-${role.split("/").pop()}`,
        { resourceId, key: role, value },
        { parent: this },
      );
    this.ready = [
      ...settings.privateSubnetIds.flatMap((id) => [
        tag(id, "kubernetes.io/role/internal-elb", "1"),
        tag(id, "karpenter.sh/discovery", args.clusterName),
      ]),
      ...settings.publicSubnetIds.map((id) => tag(id, "kubernetes.io/role/elb", "1")),
    ];
    this.registerOutputs({ vpcId: this.vpcId });
  }
}
