import { Address4 } from "ip-address";

/** The address ranges of one zone. */
export interface ZoneSubnets {
  zone: string;
  /** Load balancers and NAT gateways. */
  publicCidr: string;
  /** Nodes, interface endpoints and functions. */
  privateCidr: string;
  /** Databases: no route out of the VPC. */
  databaseCidr: string;
  /** Pods; absent when pods share the nodes' ranges. */
  podCidr?: string;
}

/** What `planSubnets` divides. */
export interface SubnetPlanArgs {
  /** Primary range of the VPC. */
  cidr: string;
  /** Secondary range, for pods alone. */
  podCidr?: string;
  zones: string[];
}

/**
 * Narrowest primary range, as a mask. Of each zone's share half is for nodes; at /20 with three zones (shares of /22) that is
 * a /23 for nodes and a /25 each for load balancers, which need 8 free addresses a subnet, and for databases.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
 */
export const narrowestPrimaryMask = 20;
/** AWS allows VPC ranges from /16 to /28. @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
export const widestMask = 16;
/**
 * Narrowest pod range of one zone, as a mask. With prefix delegation a node takes pod addresses in blocks of 16 that must be
 * contiguous; a /20 holds 256 blocks, enough for about 36 nodes of 110 pods.
 * @see https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html
 */
export const narrowestPodMaskPerZone = 20;

/** Bits needed to number the shares of `zoneCount` zones; at least two, so that two, three and four zones are cut alike. */
function shareBits(zoneCount: number): number {
  return Math.max(2, Math.ceil(Math.log2(zoneCount)));
}

/** Narrowest pod range, as a mask, that still gives each of `zoneCount` zones its least share. */
export function narrowestPodMask(zoneCount: number): number {
  return narrowestPodMaskPerZone - shareBits(zoneCount);
}

/** The `index`-th range of mask `mask` inside `cidr`. */
function nthSubnet(cidr: string, mask: number, index: number): string {
  const size = 1n << BigInt(32 - mask);
  const start = new Address4(cidr).startAddress().bigInt() + size * BigInt(index);
  return `${Address4.fromBigInt(start).correctForm()}/${mask}`;
}

/**
 * Divides the ranges of a VPC over its zones. Shares are sized for a power of two of zones, so going from three zones to
 * four moves no range; each zone's share is half nodes, an eighth load balancers, an eighth databases, the rest spare.
 * Expects ranges that the settings' rules accepted.
 */
export function planSubnets(args: SubnetPlanArgs): ZoneSubnets[] {
  const bits = shareBits(args.zones.length);
  const primaryMask = new Address4(args.cidr).subnetMask + bits;
  const podMask = args.podCidr === undefined ? undefined : new Address4(args.podCidr).subnetMask + bits;
  return args.zones.map((zone, index) => {
    const share = nthSubnet(args.cidr, primaryMask, index);
    return {
      zone,
      privateCidr: nthSubnet(share, primaryMask + 1, 0),
      publicCidr: nthSubnet(share, primaryMask + 3, 4),
      databaseCidr: nthSubnet(share, primaryMask + 3, 5),
      ...(args.podCidr !== undefined && podMask !== undefined
        ? { podCidr: nthSubnet(args.podCidr, podMask, index) }
        : {}),
    };
  });
}
