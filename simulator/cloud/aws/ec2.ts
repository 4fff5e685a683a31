/** VPC and its ranges. Limits: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
import { contains, overlaps, rangeOf } from "./cidr";
import { describeTypes, type Limit, oneOf, Refusal, type Situation } from "./describe";
import { wrongTags } from "./tags";
import * as type from "./tokens";

/** VPC and subnet ranges are /16 to /28. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
function block(path: string): Limit {
  return {
    path,
    wrong: (value) => {
      const range = rangeOf(String(value));
      if (range === undefined) return `is ${JSON.stringify(value)}; an IPv4 range such as 10.0.0.0/16 is needed`;
      return range.bits < 16 || range.bits > 28 ? `is ${value}; /16 to /28 are allowed` : undefined;
    },
  };
}

/** Ranges of a VPC: its own and those associated later. */
function rangesOf(situation: Situation, vpcId: string): string[] {
  const { account } = situation;
  const own = account.resolve([type.vpc], vpcId)?.outputs.cidrBlock as string;
  const later = account
    .ofType("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
    .filter((association) => association.inputs.vpcId === vpcId)
    .map((association) => association.outputs.cidrBlock as string);
  return [own, ...later];
}

function verifySubnet(situation: Situation): void {
  const { vpcId, cidrBlock, availabilityZone } = situation.inputs;
  if (typeof availabilityZone === "string" && !availabilityZone.startsWith(situation.region)) {
    throw new Refusal("InvalidParameterValue", `zone ${availabilityZone} is not in region ${situation.region}`);
  }
  if (cidrBlock === undefined) return;
  const range = rangeOf(cidrBlock)!;
  const ranges = rangesOf(situation, vpcId);
  if (!ranges.some((outer) => contains(rangeOf(outer)!, range))) {
    throw new Refusal(
      "InvalidSubnet.Range",
      `subnet ${cidrBlock} lies in none of the ranges of ${vpcId}: ${ranges.join(", ")}`,
    );
  }
  for (const other of situation.account.ofType(type.subnet)) {
    if (other.inputs.vpcId !== vpcId || other.id === situation.id || other.outputs.cidrBlock === undefined) continue;
    if (overlaps(rangeOf(other.outputs.cidrBlock)!, range)) {
      throw new Refusal(
        "InvalidSubnet.Conflict",
        `subnet ${cidrBlock} overlaps ${other.outputs.cidrBlock} of ${other.id} ("${other.name}")`,
      );
    }
  }
}

describeTypes(
  {
    type: type.vpc,
    id: "vpc",
    arn: "ec2:{region}:{account}:vpc/{id}",
    forces: ["cidrBlock", "instanceTenancy", "ipv4IpamPoolId", "ipv4NetmaskLength"],
    limits: [block("cidrBlock"), oneOf("instanceTenancy", "default", "dedicated")],
    defaults: { enableDnsSupport: true, instanceTenancy: "default" },
    computed: {
      cidrBlock: () => "10.0.0.0/16",
      enableDnsHostnames: () => false,
      enableNetworkAddressUsageMetrics: () => false,
      defaultSecurityGroupId: (x) => `sg-sim${x.digits("default group", 14)}`,
      defaultRouteTableId: (x) => `rtb-sim${x.digits("main table", 14)}`,
      mainRouteTableId: (x) => `rtb-sim${x.digits("main table", 14)}`,
      defaultNetworkAclId: (x) => `acl-sim${x.digits("default list", 14)}`,
      dhcpOptionsId: (x) => `dopt-sim${x.digits("options", 14)}`,
      ipv6CidrBlock: (x) =>
        x.inputs.assignGeneratedIpv6CidrBlock === true
          ? `2001:db8:${x.digits("v6", 4)}:${x.digits("v6b", 2)}00::/56`
          : "",
    },
    handles: (x) => [
      `sg-sim${x.digits("default group", 14)}`,
      `rtb-sim${x.digits("main table", 14)}`,
      `acl-sim${x.digits("default list", 14)}`,
    ],
  },
  {
    type: "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
    id: "vpc-cidr-assoc",
    forces: ["vpcId", "cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"],
    refs: { vpcId: type.vpc },
    limits: [block("cidrBlock")],
    claims: (x) => [`range ${x.inputs.vpcId} ${x.inputs.cidrBlock}`],
    verify: (x) => {
      const range = rangeOf(x.inputs.cidrBlock)!;
      const taken = rangesOf(x, x.inputs.vpcId).find(
        (other) => other !== x.inputs.cidrBlock && overlaps(rangeOf(other)!, range),
      );
      if (taken !== undefined)
        throw new Refusal("InvalidVpc.Range", `${x.inputs.cidrBlock} overlaps ${taken} of ${x.inputs.vpcId}`);
    },
  },
  {
    type: type.subnet,
    id: "subnet",
    arn: "ec2:{region}:{account}:subnet/{id}",
    forces: [
      "vpcId",
      "cidrBlock",
      "availabilityZone",
      "availabilityZoneId",
      "ipv6CidrBlock",
      "ipv6Native",
      "outpostArn",
    ],
    refs: { vpcId: type.vpc },
    limits: [block("cidrBlock")],
    defaults: { mapPublicIpOnLaunch: false, assignIpv6AddressOnCreation: false, enableDns64: false, ipv6Native: false },
    computed: {
      availabilityZone: (x) => `${x.region}a`,
      availabilityZoneId: (x) => `sim-az-${String(x.inputs.availabilityZone ?? "a").slice(-1)}`,
      privateDnsHostnameTypeOnLaunch: () => "ip-name",
    },
    verify: verifySubnet,
  },
);

describeTypes({
  type: "aws:ec2/tag:Tag",
  id: (x) => `${x.inputs.resourceId},${x.inputs.key}`,
  forces: ["resourceId", "key"],
  refs: {
    resourceId: {
      to: [type.subnet, type.vpc, type.securityGroup, type.routeTable, type.internetGateway, type.natGateway],
      holds: false,
    },
  },
  limits: [
    {
      path: "key",
      wrong: (key, { value }) => {
        const [wrong] = wrongTags({ [key]: value });
        return wrong === undefined ? undefined : wrong.reason;
      },
    },
  ],
  claims: (x) => [`tag ${x.inputs.resourceId} ${x.inputs.key}`],
});
