import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { Address4 } from "ip-address";
import { type AdoptedNetworkSettings, serviceCidr } from "../../settings/network";
import { SettingsProblems } from "../../settings/problems";
import { Lookups } from "../lookups";

/** Free addresses a subnet of nodes must have for a cluster to start. @see https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html */
const leastFreeAddresses = 16;

/** What was read about an adopted VPC. */
export interface AdoptedVpc {
  settings: AdoptedNetworkSettings;
  cidrs: string[];
  /** Zones of the private subnets, in their order, each once. */
  zones: string[];
  /** The first private subnet of each zone. */
  zoneSubnetIds: string[];
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [new Address4(one), new Address4(other)];
  return a.isInSubnet(b) || b.isInSubnet(a);
}

/**
 * Looks at a VPC that somebody else keeps, before anything is made in it.
 * @throws SettingsProblems with everything that stands in the way.
 */
export async function lookAtVpc(settings: AdoptedNetworkSettings, opts: pulumi.InvokeOptions): Promise<AdoptedVpc> {
  const at = "foundation.network";
  const lookups = new Lookups();
  const { problems } = lookups;
  const subnets = async (key: string, ids: Record<string, string>) => {
    const found = await Promise.all(
      Object.entries(ids).map(async ([step, id]) => {
        const path = `${at}.${key}${step}`;
        const subnet = await lookups.find(
          path,
          id,
          "a subnet of this account and region",
          aws.ec2.getSubnet({ id }, opts),
        );
        if (subnet && subnet.vpcId !== settings.vpcId) {
          problems.push({
            path,
            value: id,
            allowed: `a subnet of ${settings.vpcId}`,
            remedy: `It belongs to ${subnet.vpcId}: name a subnet of the VPC, or that VPC as vpcId.`,
          });
        }
        return subnet && { ...subnet, path, step };
      }),
    );
    return found.filter((subnet) => subnet !== undefined);
  };
  const listed = (ids: string[] = []) => Object.fromEntries(ids.map((id, index) => [`[${index}]`, id]));

  const vpc = await lookups.find(
    `${at}.vpcId`,
    settings.vpcId,
    "a VPC of this account and region",
    aws.ec2.getVpc({ id: settings.vpcId }, opts),
  );
  const nodes = await subnets("privateSubnetIds", listed(settings.privateSubnetIds));
  const databases = await subnets("databaseSubnetIds", listed(settings.databaseSubnetIds));
  await subnets("publicSubnetIds", listed(settings.publicSubnetIds));
  const pods = await subnets(
    "podSubnetIds",
    Object.fromEntries(Object.entries(settings.podSubnetIds ?? {}).map(([zone, id]) => [`.${zone}`, id])),
  );
  if (vpc === undefined || problems.length > 0) throw new SettingsProblems(problems);

  for (const [key, found] of Object.entries({ privateSubnetIds: nodes, databaseSubnetIds: databases })) {
    if (found.length === 0 || new Set(found.map((subnet) => subnet.availabilityZone)).size > 1) continue;
    problems.push({
      path: `${at}.${key}`,
      value: found.map((subnet) => subnet.id).join(", "),
      allowed: "subnets in at least two zones",
      remedy: "Add a subnet of another zone: EKS and RDS both refuse a single one.",
    });
  }
  for (const subnet of [...nodes, ...pods]) {
    if (subnet.availableIpAddressCount >= leastFreeAddresses) continue;
    problems.push({
      path: subnet.path,
      value: subnet.id,
      allowed: `a subnet with at least ${leastFreeAddresses} free addresses`,
      remedy: `It has ${subnet.availableIpAddressCount}: free some, or name a larger subnet.`,
    });
  }
  for (const subnet of pods) {
    if (`.${subnet.availabilityZone}` === subnet.step) continue;
    problems.push({
      path: subnet.path,
      value: subnet.id,
      allowed: `a subnet in ${subnet.step.slice(1)}`,
      remedy: `It lies in ${subnet.availabilityZone}: put it under that zone.`,
    });
  }
  const firsts = new Map([...nodes].reverse().map((subnet) => [subnet.availabilityZone, subnet.id]));
  const zones = [...new Set(nodes.map((subnet) => subnet.availabilityZone))];
  const cidrs = vpc.cidrBlockAssociations.map((association) => association.cidrBlock);
  for (const zone of settings.podSubnetIds === undefined
    ? []
    : zones.filter((each) => !settings.podSubnetIds?.[each])) {
    problems.push({
      path: `${at}.podSubnetIds`,
      value: Object.keys(settings.podSubnetIds ?? {}).join(", "),
      allowed: "a subnet in every zone that has nodes",
      remedy: `Add one in ${zone}: pods of its nodes would get no address.`,
    });
  }
  for (const cidr of cidrs.filter((each) => overlap(each, serviceCidr))) {
    problems.push({
      path: `${at}.vpcId`,
      value: cidr,
      allowed: `a VPC whose ranges leave ${serviceCidr} to the cluster's services`,
      remedy: "Name another VPC: EKS refuses a cluster whose services overlap it.",
    });
  }
  if (!vpc.enableDnsHostnames || !vpc.enableDnsSupport) {
    problems.push({
      path: `${at}.vpcId`,
      value: settings.vpcId,
      allowed: "a VPC with DNS support and DNS host names",
      remedy: `aws ec2 modify-vpc-attribute --vpc-id ${settings.vpcId} --enable-dns-hostnames, and --enable-dns-support`,
    });
  }
  if (problems.length > 0) throw new SettingsProblems(problems);
  return { settings, zones, zoneSubnetIds: zones.map((zone) => firsts.get(zone)!), cidrs };
}
