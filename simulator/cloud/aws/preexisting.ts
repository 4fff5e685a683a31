/** What is in the account before any program runs: a network and a cluster to adopt, and zones under names that nobody can own. */
import type { Existing } from "../account";
import type { Cloud } from "../provider";
import { format } from "./cidr";
import { existingCluster, existingClusterName } from "./existingCluster";
import { found } from "./found";
import * as type from "./tokens";

/** A VPC over three zones with a public and a private subnet in each, for programs that adopt a network. */
export const existingVpcId = "vpc-00000000000000001";
const existingZones = ["example.com", "example.org", "example.net", "example.test", "example.invalid"];

export function existingSubnetIds(kind: "private" | "public"): string[] {
  return [1, 2, 3].map((number) => `subnet-0000000000000000${kind === "private" ? number : number + 3}`);
}

/** Puts what is missing into the account. */
export function preexisting(cloud: Cloud): void {
  const { account, region } = cloud;
  if (account.get(type.cluster, region, existingClusterName) !== undefined) return;
  const thing = (typeToken: string, name: string, id: string, scope: string, outputs: Existing["outputs"]) =>
    found({ type: typeToken, name, id, scope, outputs: { ...outputs, id } });
  const arn = (rest: string) => `arn:aws:ec2:${region}:${account.number}:${rest}`;
  const network = thing(type.vpc, "existing", existingVpcId, region, {
    arn: arn(`vpc/${existingVpcId}`),
    cidrBlock: "10.200.0.0/16",
    default: true,
    enableDnsHostnames: true,
    enableDnsSupport: true,
    instanceTenancy: "default",
    ownerId: account.number,
    tags: { Name: "existing" },
  });
  const subnets = (["private", "public"] as const).flatMap((kind, kindIndex) =>
    existingSubnetIds(kind).map((id, index) =>
      thing(type.subnet, `existing-${kind}-${index + 1}`, id, region, {
        arn: arn(`subnet/${id}`),
        vpcId: existingVpcId,
        cidrBlock: format(10 * 2 ** 24 + 200 * 2 ** 16 + (kindIndex * 128 + index * 32) * 256, 19),
        availabilityZone: `${region}${"abc"[index]}`,
        availabilityZoneId: `sim-az-${"abc"[index]}`,
        availableIpAddressCount: 8187,
        mapPublicIpOnLaunch: kind === "public",
        state: "available",
        ownerId: account.number,
        tags: {
          Name: `existing-${kind}-${index + 1}`,
          ...(kind === "public" ? { "kubernetes.io/role/elb": "1" } : { "kubernetes.io/role/internal-elb": "1" }),
        },
      }),
    ),
  );
  const zones = existingZones.map((name, index) =>
    thing(type.zone, name, `Z000SIMEXISTING${index}`, "global", {
      arn: `arn:aws:route53:::hostedzone/Z000SIMEXISTING${index}`,
      name,
      zoneId: `Z000SIMEXISTING${index}`,
      nameServers: [1, 2, 3, 4].map((number) => `ns-${number}.simulated.invalid`),
    }),
  );
  const subnetIds = [...existingSubnetIds("private"), ...existingSubnetIds("public")];
  account.put(network, ...subnets, ...zones, ...existingCluster(cloud, { vpcId: existingVpcId, subnetIds }));
}
