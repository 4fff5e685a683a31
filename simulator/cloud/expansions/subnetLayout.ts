/** Which subnets `awsx.ec2.Vpc` makes, with which ranges. Facts: pulumi/pulumi-awsx 3.9, `awsx/ec2/subnetDistributor*.ts`. */

import { Refusal } from "../account";
import { format, rangeOf } from "../aws/cidr";

export interface SubnetSpec {
  type: string;
  name?: string;
  cidrBlocks?: string[];
  cidrMask?: number;
  size?: number;
  tags?: Record<string, unknown>;
}

export interface PlannedSubnet {
  /** Logical name: VPC, kind, number of the zone. */
  name: string;
  /** Value of the tag `Name`. */
  nameTag: string;
  zone: string;
  type: string;
  cidrBlock: string;
  tags?: Record<string, unknown>;
}

export interface Layout {
  subnets: PlannedSubnet[];
  /** What the component reports as its layout. */
  resolved: SubnetSpec[];
}

export interface LayoutArgs {
  vpcName: string;
  cidrBlock: string;
  zones: string[];
  specs?: SubnetSpec[];
  strategy: string;
  zoneMask?: number;
  nameTags: string;
}

/** @throws a refusal for what the component refuses, and for the one layout that is not described here. */
export function layOut(args: LayoutArgs): Layout {
  const { specs, strategy, zones } = args;
  if (specs?.some(({ cidrBlocks }) => cidrBlocks !== undefined) && strategy !== "Legacy") {
    for (const [index, spec] of specs.entries()) {
      if (spec.cidrBlocks?.length === zones.length) continue;
      throw new Refusal(
        "InvalidSubnetSpecs",
        `subnetSpecs[${index}] has ${spec.cidrBlocks?.length ?? 0} cidrBlocks for ${zones.length} zones`,
      );
    }
    const subnets = zones.flatMap((zone, index) =>
      specs.map((spec) => planned(args, spec, zone, index, spec.cidrBlocks![index]!)),
    );
    return {
      subnets,
      resolved: specs.map(({ type, name, cidrBlocks, cidrMask, size }) => ({ type, name, cidrBlocks, cidrMask, size })),
    };
  }
  if (strategy === "Legacy" && specs !== undefined) {
    throw new Refusal(
      "Unsupported",
      'the simulated cloud does not expand subnetStrategy "Legacy" with subnetSpecs; set "Auto" or "Exact"',
    );
  }
  return strategy === "Legacy" ? legacy(args) : divided(args);
}

/** Private and public subnets of each zone, the first half and the quarter after it. */
function legacy(args: LayoutArgs): Layout {
  const base = rangeOf(args.cidrBlock)!;
  const bits = base.bits + bitsFor(args.zones.length);
  const size = 2 ** (32 - bits);
  const at = (index: number, offset: number, mask: number) => format(base.first + index * size + offset, mask);
  const subnets = [
    ...args.zones.map((zone, index) => planned(args, { type: "Private" }, zone, index, at(index, 0, bits + 1))),
    ...args.zones.map((zone, index) => planned(args, { type: "Public" }, zone, index, at(index, size / 2, bits + 2))),
  ];
  return {
    subnets,
    resolved: [
      { type: "Private", cidrMask: bits + 1 },
      { type: "Public", cidrMask: bits + 2 },
    ],
  };
}

/** Equal shares for the zones, and in each share one subnet after another. */
function divided(args: LayoutArgs): Layout {
  const base = rangeOf(args.cidrBlock)!;
  const zoneBits = args.zoneMask ?? base.bits + bitsFor(args.zones.length);
  const first = Math.max(zoneBits, 16);
  const specs = args.specs ?? [
    { type: "Private", cidrMask: first + 1 },
    { type: "Public", cidrMask: first + 2 },
  ];
  const share = zoneBits + bitsFor(specs.length);
  const masks = specs.map(({ cidrMask, size }) => cidrMask ?? (size === undefined ? share : 32 - Math.log2(size)));
  const wanted = masks.reduce((sum, mask) => sum + 2 ** (32 - mask), 0);
  if (wanted > 2 ** (32 - zoneBits)) {
    throw new Refusal(
      "InvalidSubnetSpecs",
      `Subnets are too large for VPC. VPC has ${2 ** (32 - zoneBits)} addresses, but subnets require ${wanted} addresses.`,
    );
  }
  const subnets = args.zones.flatMap((zone, index) => {
    let next = base.first + index * 2 ** (32 - zoneBits);
    return specs.flatMap((spec, specIndex) => {
      const size = 2 ** (32 - masks[specIndex]!);
      const start = Math.ceil(next / size) * size;
      next = start + size;
      return [planned(args, spec, zone, index, format(start, masks[specIndex]!))];
    });
  });
  return {
    subnets,
    resolved: specs.map((spec, index) => ({
      type: spec.type,
      name: spec.name,
      cidrMask: masks[index]!,
      size: 2 ** (32 - masks[index]!),
    })),
  };
}

function bitsFor(count: number): number {
  return Math.ceil(Math.log2(Math.max(count, 1)));
}

function planned(args: LayoutArgs, spec: SubnetSpec, zone: string, index: number, cidrBlock: string): PlannedSubnet {
  const kind = spec.name ?? spec.type.toLowerCase();
  const name = `${args.vpcName}-${kind}-${index + 1}`;
  const suffix = zone.replace(/^[a-z]{2}(?:-[a-z]+)+-/, "");
  const nameTag = args.nameTags === "AvailabilityZone" ? `${args.vpcName}-${kind}-${suffix}` : name;
  return { name, nameTag, zone, type: spec.type, cidrBlock, ...(spec.tags === undefined ? {} : { tags: spec.tags }) };
}
