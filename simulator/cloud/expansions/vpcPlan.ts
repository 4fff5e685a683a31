/** What of `awsx.ec2.Vpc` is decided before anything is made: its zones, and whether its subnets make sense. */
import { Refusal } from "../account";
import { overlaps, rangeOf } from "../aws/cidr";
import type { Registrar } from "../registrar";
import type { PlannedSubnet } from "./subnetLayout";

/** Public first, then private, then isolated: the order in which a zone's subnets are made. */
export function rank({ type: kind }: { type: string }): number {
  return { public: 0, private: 1 }[kind.toLowerCase()] ?? 2;
}

/** Zones that were named, or the first ones of the region. @throws a refusal when it has too few. */
export async function zonesOf(registrar: Registrar, name: string): Promise<string[]> {
  const names: string[] | undefined = registrar.input("availabilityZoneNames").value;
  const count: number | undefined = registrar.input("numberOfAvailabilityZones").value;
  if (names !== undefined && count !== undefined) {
    throw new Refusal(
      "InvalidParameter",
      `awsx.ec2.Vpc "${name}": only one of availabilityZoneNames and numberOfAvailabilityZones can be specified`,
    );
  }
  if (names !== undefined) return names;
  const region = registrar.input("region").value;
  const found = await registrar.invoke(
    "aws:index/getAvailabilityZones:getAvailabilityZones",
    region === undefined ? {} : { region },
  );
  const wanted = count ?? 3;
  if (found.names.length < wanted)
    throw new Refusal(
      "InvalidParameter",
      `the region has ${found.names.length} availability zones; ${wanted} are asked for`,
    );
  return found.names.slice(0, wanted);
}

/** @throws a refusal when subnets overlap, or lack what the NAT strategy needs. */
export function checkPlan(name: string, subnets: PlannedSubnet[], nat: string): void {
  for (const [index, one] of subnets.entries()) {
    const range = rangeOf(one.cidrBlock);
    const other = subnets
      .slice(index + 1)
      .find(({ cidrBlock }) => range !== undefined && overlaps(range, rangeOf(cidrBlock)!));
    if (other !== undefined) {
      throw new Refusal(
        "InvalidSubnetSpecs",
        `awsx.ec2.Vpc "${name}": ${one.name} (${one.cidrBlock}) overlaps ${other.name} (${other.cidrBlock})`,
      );
    }
  }
  const kinds = new Set(subnets.map(rank));
  if (nat !== "none" && !(kinds.has(0) && (kinds.has(1) || kinds.has(2)))) {
    throw new Refusal(
      "InvalidSubnetSpecs",
      `awsx.ec2.Vpc "${name}": NAT strategy "${nat}" needs public subnets for the gateways, and private or isolated ones to route through them`,
    );
  }
}
