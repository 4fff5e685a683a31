/** Answers of EC2's data sources. */
import { type Existing, Refusal } from "../account";
import type { Properties } from "../values";
import { type Answer, type Asked, one } from "./answers";
import * as type from "./tokens";

/** Zones of a region: three, as in most. */
function zonesOf(region: string): string[] {
  return ["a", "b", "c"].map((letter) => `${region}${letter}`);
}

/** Filters by id, tags and `filters` as EC2's data sources do. */
function matching(asked: Asked, typeToken: string, args: Properties): Existing[] {
  return asked.cloud.account.ofType(typeToken).filter(({ id, outputs, scope }) => {
    if (scope !== asked.region) return false;
    if (args.id !== undefined && args.id !== id) return false;
    if (args.ids !== undefined && !args.ids.includes(id)) return false;
    for (const property of ["vpcId", "cidrBlock", "availabilityZone"]) {
      if (args[property] !== undefined && outputs[property] !== args[property]) return false;
    }
    if (args.default === true && outputs.default !== true) return false;
    const tags = { ...(outputs.tagsAll ?? {}), ...(outputs.tags ?? {}) };
    if (Object.entries(args.tags ?? {}).some(([key, value]) => tags[key] !== value)) return false;
    return (args.filters ?? []).every(({ name, values }: { name: string; values: string[] }) => {
      if (name.startsWith("tag:")) return values.some((value) => value === "*" || tags[name.slice(4)] === value);
      if (name === "tag-key") return values.some((value) => value in tags);
      const property =
        name === "vpc-id" ? "vpcId" : name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      return values.some((value) => String(name === "subnet-id" ? id : outputs[property]) === value);
    });
  });
}

/** By token. */
export const networkAnswers: Record<string, Answer> = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_, { region }) => ({
    id: region,
    names: zonesOf(region),
    zoneIds: zonesOf(region).map((zone) => `sim-az-${zone.slice(-1)}`),
    groupNames: [region],
  }),
  "aws:ec2/getVpc:getVpc": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.vpc, args), "VPC");
    return {
      ...outputs,
      id,
      tags: outputs.tags ?? {},
      default: outputs.default === true,
      state: "available",
      cidrBlockAssociations: [
        { associationId: "vpc-cidr-assoc-simulated", cidrBlock: outputs.cidrBlock, state: "associated" },
      ],
    };
  },
  "aws:ec2/getSubnets:getSubnets": (args, asked) => ({
    id: asked.region,
    ids: matching(asked, type.subnet, args)
      .map(({ id }) => id)
      .sort(),
  }),
  "aws:ec2/getSubnet:getSubnet": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.subnet, args), "subnet");
    return {
      availableIpAddressCount: 251,
      defaultForAz: false,
      state: "available",
      ...outputs,
      id,
      tags: outputs.tags ?? {},
    };
  },
  "aws:ec2/getRouteTable:getRouteTable": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.routeTable, { ...args, id: args.routeTableId }), "route table");
    return {
      ...outputs,
      id,
      routeTableId: id,
      routes: outputs.routes ?? [],
      associations: [],
      tags: outputs.tags ?? {},
    };
  },
  "aws:ec2/getSecurityGroup:getSecurityGroup": (args, asked) => {
    const { id, outputs } = one(matching(asked, type.securityGroup, args), "security group");
    return { ...outputs, id, tags: outputs.tags ?? {} };
  },
  "aws:ec2/getVpcEndpointService:getVpcEndpointService": (args, { region }) => ({
    id: "simulated",
    serviceName: `com.amazonaws.${region}.${args.service}`,
    serviceId: "vpce-svc-simulated",
    availabilityZones: zonesOf(region),
    tags: {},
  }),
  "aws:ec2/getAmi:getAmi": () => ({
    id: "ami-sim00000000000001",
    imageId: "ami-sim00000000000001",
    architecture: "x86_64",
    name: "simulated",
    rootDeviceName: "/dev/xvda",
  }),
  "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": (args) => {
    const wanted = (args.filters ?? []).find(({ name }: { name: string }) => name === "instance-type")?.values ?? [];
    return { id: "simulated", instanceTypes: wanted, locations: wanted, locationTypes: wanted };
  },
  // Lists of AWS's own: each region has them without anybody's doing.
  "aws:ec2/getPrefixList:getPrefixList": (args, { region }) => {
    const own = ["s3", "dynamodb"].map((service) => `com.amazonaws.${region}.${service}`);
    if (!own.includes(args.name))
      throw new Refusal("InvalidPrefixListId.NotFound", `no prefix list ${args.name} exists`);
    return { id: `pl-${args.name.split(".").at(-1)}`, cidrBlocks: ["192.0.2.0/24"] };
  },
};
