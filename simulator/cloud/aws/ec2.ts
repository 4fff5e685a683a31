/** VPC and EC2. Limits: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
import { at, unknown } from "../values";
import { contains, overlaps, rangeOf } from "./cidr";
import { between, describeTypes, howMany, type Limit, like, longest, oneOf, Refusal, type Situation } from "./describe";
import { instanceType } from "./instanceTypes";
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

/** Any IPv4 range, as in routes and rules. */
function anyRange(path: string): Limit {
  return {
    path,
    wrong: (value) =>
      rangeOf(String(value)) === undefined ? `is ${JSON.stringify(value)}; an IPv4 range is needed` : undefined,
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
const groupText = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/;
const groupTextMeans = "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*";
const ruleLimits = [
  like("description", groupText, groupTextMeans),
  longest("description", 255),
  between("fromPort", -1, 65535),
  between("toPort", -1, 65535),
];

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

const routeTargets = [
  "gatewayId",
  "natGatewayId",
  "vpcEndpointId",
  "transitGatewayId",
  "networkInterfaceId",
  "vpcPeeringConnectionId",
  "egressOnlyGatewayId",
  "carrierGatewayId",
  "coreNetworkArn",
  "localGatewayId",
  "odbNetworkArn",
];
const ruleSources = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];

function exactlyOne(situation: Situation, properties: string[], what: string): void {
  const given = properties.filter((property) => situation.inputs[property] !== undefined);
  if (given.length === 1) return;
  throw new Refusal(
    "InvalidParameterCombination",
    `${what}: exactly one of ${properties.join(", ")} is needed, given: ${given.join(", ") || "none"}`,
  );
}

function groupRule(name: string) {
  const forced = ["securityGroupId"];
  return {
    type: `aws:vpc/${name}`,
    id: "sgr",
    arn: "ec2:{region}:{account}:security-group-rule/{id}",
    forces: forced,
    refs: { securityGroupId: { to: type.securityGroups }, referencedSecurityGroupId: { to: type.securityGroups } },
    limits: [...ruleLimits, anyRange("cidrIpv4")],
    computed: { securityGroupRuleId: (x: Situation) => x.id },
    claims: (x: Situation) => {
      const { securityGroupId, ipProtocol, fromPort, toPort } = x.inputs;
      return [
        `rule ${securityGroupId} ${ipProtocol} ${fromPort}-${toPort} ${ruleSources.map((source) => x.inputs[source] ?? "").join(" ")}`,
      ];
    },
    verify: (x: Situation) => exactlyOne(x, ruleSources, "a rule of a security group"),
  };
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
  {
    type: type.routeTable,
    id: "rtb",
    arn: "ec2:{region}:{account}:route-table/{id}",
    forces: ["vpcId"],
    refs: {
      vpcId: type.vpc,
      "routes[].gatewayId": { to: [type.internetGateway], unless: (value) => value === "local" },
      "routes[].natGatewayId": type.natGateway,
    },
    computed: { routes: () => [], propagatingVgws: () => [] },
  },
  {
    type: "aws:ec2/routeTableAssociation:RouteTableAssociation",
    id: "rtbassoc",
    forces: ["subnetId", "gatewayId"],
    refs: { subnetId: type.subnet, routeTableId: { to: [type.routeTable, type.vpc] }, gatewayId: type.internetGateway },
    claims: (x) => (x.inputs.subnetId === undefined ? [] : [`association of ${x.inputs.subnetId}`]),
    verify: (x) => exactlyOne(x, ["subnetId", "gatewayId"], "an association of a route table"),
  },
  {
    type: "aws:ec2/route:Route",
    id: (x) => `r-${x.inputs.routeTableId}-sim${x.digits("route", 10)}`,
    forces: ["routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"],
    refs: {
      routeTableId: { to: [type.routeTable, type.vpc] },
      gatewayId: { to: [type.internetGateway], unless: (value) => value === "local" },
      natGatewayId: type.natGateway,
      vpcEndpointId: type.vpcEndpoint,
    },
    limits: [anyRange("destinationCidrBlock")],
    computed: { state: () => "active", origin: () => "CreateRoute" },
    claims: (x) => [
      `route ${x.inputs.routeTableId} ${x.inputs.destinationCidrBlock ?? x.inputs.destinationIpv6CidrBlock ?? x.inputs.destinationPrefixListId}`,
    ],
    verify: (x) => {
      exactlyOne(x, routeTargets, "a route");
      exactlyOne(x, ["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"], "a route");
    },
  },
  {
    type: type.internetGateway,
    id: "igw",
    arn: "ec2:{region}:{account}:internet-gateway/{id}",
    refs: { vpcId: type.vpc },
    claims: (x) => (x.inputs.vpcId === undefined ? [] : [`gateway of ${x.inputs.vpcId}`]),
  },
  {
    type: type.elasticIp,
    id: "eipalloc",
    arn: "ec2:{region}:{account}:elastic-ip/{id}",
    forces: ["domain", "publicIpv4Pool", "networkBorderGroup", "customerOwnedIpv4Pool"],
    computed: {
      allocationId: (x) => x.id,
      domain: () => "vpc",
      // 203.0.113.0/24 is for documentation. https://www.rfc-editor.org/rfc/rfc5737
      publicIp: (x) => `203.0.113.${Number.parseInt(x.digits("address", 2), 16)}`,
      publicDns: (x) => `eip-${x.digits("address", 6)}.simulated.invalid`,
    },
  },
  {
    type: type.natGateway,
    id: "nat",
    forces: ["subnetId", "allocationId", "connectivityType", "privateIp", "vpcId", "availabilityMode"],
    refs: { subnetId: type.subnet, allocationId: type.elasticIp, "secondaryAllocationIds[]": type.elasticIp },
    defaults: { connectivityType: "public" },
    computed: {
      networkInterfaceId: (x) => `eni-sim${x.digits("interface", 14)}`,
      privateIp: () => "10.255.255.254",
      publicIp: (x) => x.referred("allocationId")?.outputs.publicIp ?? "",
      vpcId: (x) => x.referred("subnetId")?.outputs.vpcId,
    },
    claims: (x) => (x.inputs.allocationId === undefined ? [] : [`address ${x.inputs.allocationId}`]),
    verify: (x) => {
      if (
        x.inputs.connectivityType === "public" &&
        x.inputs.allocationId === undefined &&
        x.inputs.availabilityMode !== "regional"
      ) {
        throw new Refusal("MissingParameter", "a public NAT gateway needs an allocationId");
      }
    },
  },
  {
    type: type.vpcEndpoint,
    id: "vpce",
    arn: "ec2:{region}:{account}:vpc-endpoint/{id}",
    forces: ["vpcId", "serviceName", "vpcEndpointType", "serviceRegion"],
    refs: {
      vpcId: type.vpc,
      "subnetIds[]": type.subnet,
      "securityGroupIds[]": { to: type.securityGroups },
      "routeTableIds[]": { to: [type.routeTable, type.vpc] },
    },
    limits: [
      oneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
      like(
        "serviceName",
        /^(com\.amazonaws|aws|com\.amazonaws\.vpce)\.[a-z0-9.-]+$/,
        "names such as com.amazonaws.eu-central-1.s3",
      ),
    ],
    defaults: { vpcEndpointType: "Gateway" },
    computed: {
      policy: () =>
        '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}',
      privateDnsEnabled: () => false,
      state: () => "available",
      dnsEntries: (x) => [{ dnsName: `${x.id}.vpce.simulated.invalid`, hostedZoneId: "Z000SIMULATED" }],
      networkInterfaceIds: (x) => at(x.inputs, "subnetIds[]").map(({ path }) => `eni-sim${x.digits(path, 14)}`),
      prefixListId: (x) => `pl-sim${x.digits("list", 14)}`,
      cidrBlocks: () => [],
      requesterManaged: () => false,
      ipAddressType: () => "ipv4",
      securityGroupIds: () => [],
      subnetIds: () => [],
      routeTableIds: () => [],
    },
    claims: (x) =>
      x.inputs.privateDnsEnabled === true || x.inputs.vpcEndpointType === "Gateway"
        ? [`endpoint ${x.inputs.vpcId} ${x.inputs.serviceName}`]
        : [],
    verify: verifyEndpoint,
  },
  {
    type: "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
    id: (x) => `a-${x.inputs.vpcEndpointId}-${x.inputs.routeTableId}`,
    forces: ["routeTableId", "vpcEndpointId"],
    refs: { routeTableId: { to: [type.routeTable, type.vpc] }, vpcEndpointId: type.vpcEndpoint },
  },
  {
    type: type.securityGroup,
    id: "sg",
    arn: "ec2:{region}:{account}:security-group/{id}",
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    name: {
      longest: 255,
      allowed: /^(?!sg-)[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]*$/,
      allowedMeans: `no sg- at the beginning, then ${groupTextMeans}`,
      uniqueIn: "nowhere",
    },
    forces: ["description", "vpcId"],
    refs: {
      vpcId: type.vpc,
      "ingress[].securityGroups[]": { to: type.securityGroups },
      "egress[].securityGroups[]": { to: type.securityGroups },
    },
    limits: [
      like("description", groupText, groupTextMeans),
      longest("description", 255),
      howMany("ingress", 0, 60),
      howMany("egress", 0, 60),
      like("ingress[].description", groupText, groupTextMeans),
      like("egress[].description", groupText, groupTextMeans),
      anyRange("ingress[].cidrBlocks[]"),
      anyRange("egress[].cidrBlocks[]"),
    ],
    defaults: { description: "Managed by Pulumi", revokeRulesOnDelete: false },
    computed: {
      egress: () => [],
      ingress: () => [],
      vpcId: (x) => x.account.ofType(type.vpc).find(({ outputs }) => outputs.default === true)?.id,
    },
    claims: (x) => [`group ${x.inputs.vpcId} ${x.inputs.name}`],
  },
  {
    type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    id: (x) => x.referred("vpcId")?.outputs.defaultSecurityGroupId ?? `sg-sim${x.digits("id", 14)}`,
    arn: "ec2:{region}:{account}:security-group/{id}",
    forces: ["vpcId"],
    refs: { vpcId: { to: [type.vpc], holds: false } },
    computed: {
      name: () => "default",
      description: () => "default VPC security group",
      ingress: () => [],
      egress: () => [],
    },
  },
  {
    type: "aws:ec2/securityGroupRule:SecurityGroupRule",
    id: (x) => `sgrule-sim${x.digits("id", 14)}`,
    forces: [
      "type",
      "fromPort",
      "toPort",
      "protocol",
      "cidrBlocks",
      "ipv6CidrBlocks",
      "prefixListIds",
      "securityGroupId",
      "self",
      "sourceSecurityGroupId",
    ],
    refs: { securityGroupId: { to: type.securityGroups }, sourceSecurityGroupId: { to: type.securityGroups } },
    limits: [...ruleLimits, oneOf("type", "ingress", "egress"), anyRange("cidrBlocks[]")],
    computed: { securityGroupRuleId: (x) => `sgr-sim${x.digits("rule", 14)}` },
    claims: (x) => {
      const {
        securityGroupId,
        type: direction,
        protocol,
        fromPort,
        toPort,
        cidrBlocks,
        ipv6CidrBlocks,
        sourceSecurityGroupId,
        self,
        prefixListIds,
      } = x.inputs;
      return [
        `rule ${JSON.stringify([securityGroupId, direction, protocol, fromPort, toPort, cidrBlocks, ipv6CidrBlocks, sourceSecurityGroupId, self, prefixListIds])}`,
      ];
    },
    verify: (x) => {
      const sources = ["cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self", "sourceSecurityGroupId"];
      if (!sources.some((source) => x.inputs[source] !== undefined)) {
        throw new Refusal(
          "InvalidParameterCombination",
          `a rule of a security group needs one of ${sources.join(", ")}`,
        );
      }
    },
  },
  {
    type: "aws:ec2/flowLog:FlowLog",
    id: "fl",
    arn: "ec2:{region}:{account}:vpc-flow-log/{id}",
    forces: [
      "vpcId",
      "subnetId",
      "eniId",
      "trafficType",
      "logDestination",
      "logDestinationType",
      "iamRoleArn",
      "logFormat",
      "maxAggregationInterval",
      "destinationOptions",
    ],
    refs: {
      vpcId: { to: [type.vpc], holds: false },
      subnetId: { to: [type.subnet], holds: false },
      iamRoleArn: type.roleReference,
      logDestination: {
        to: [type.logGroup, type.bucket],
        holds: false,
        unless: (value) => /^arn:aws:s3:::[^/]+\//.test(value),
      },
    },
    limits: [
      oneOf("trafficType", "ACCEPT", "REJECT", "ALL"),
      oneOf("maxAggregationInterval", 60, 600),
      oneOf("logDestinationType", "cloud-watch-logs", "s3", "kinesis-data-firehose"),
    ],
    defaults: { logDestinationType: "cloud-watch-logs", maxAggregationInterval: 600 },
    computed: { logFormat: () => "simulated format" },
    verify: (x) => {
      exactlyOne(
        x,
        ["vpcId", "subnetId", "eniId", "transitGatewayId", "transitGatewayAttachmentId", "regionalNatGatewayId"],
        "a flow log",
      );
      if (x.inputs.logDestinationType === "cloud-watch-logs" && x.inputs.iamRoleArn === undefined) {
        throw new Refusal("InvalidParameter", "DeliverLogsPermissionArn (iamRoleArn) is required for CloudWatch Logs");
      }
    },
  },
  {
    type: type.launchTemplate,
    id: "lt",
    arn: "ec2:{region}:{account}:launch-template/{id}",
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
    name: { longest: 128, allowed: /^[a-zA-Z0-9().\-/_]{3,128}$/, allowedMeans: "3 to 128 letters, digits and ().-/_" },
    refs: {
      "vpcSecurityGroupIds[]": { to: type.securityGroups },
      "networkInterfaces[].securityGroups[]": { to: type.securityGroups },
      "iamInstanceProfile.name": { to: [type.instanceProfile], holds: false },
      "iamInstanceProfile.arn": { to: [type.instanceProfile], holds: false },
    },
    limits: [
      longest("description", 255),
      instanceType("instanceType"),
      oneOf("metadataOptions.httpTokens", "optional", "required"),
      between("metadataOptions.httpPutResponseHopLimit", 1, 64),
      between("blockDeviceMappings[].ebs.volumeSize", 1, 65536, "GiB"),
      // User data is 16 KB before encoding. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
      {
        path: "userData",
        wrong: (value) => (Buffer.from(String(value), "base64").length > 16384 ? "holds more than 16 KB" : undefined),
      },
    ],
    computed: { latestVersion: () => 1, defaultVersion: () => 1 },
    volatile: ["latestVersion"],
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

function verifyEndpoint(situation: Situation): void {
  const { vpcEndpointType, subnetIds, securityGroupIds, routeTableIds, serviceName, vpcId, privateDnsEnabled } =
    situation.inputs;
  if (vpcEndpointType === "Gateway" && ((subnetIds ?? []).length > 0 || (securityGroupIds ?? []).length > 0)) {
    throw new Refusal(
      "InvalidParameter",
      `gateway endpoint ${serviceName} takes route tables, no subnets or security groups`,
    );
  }
  if (vpcEndpointType === "Interface" && (routeTableIds ?? []).length > 0) {
    throw new Refusal("InvalidParameter", `interface endpoint ${serviceName} takes subnets, no route tables`);
  }
  if (privateDnsEnabled === true) {
    const outputs = situation.account.resolve([type.vpc], vpcId)!.outputs;
    if (outputs.enableDnsHostnames !== true || outputs.enableDnsSupport === false) {
      throw new Refusal(
        "InvalidParameter",
        `private DNS of ${serviceName} needs enableDnsHostnames and enableDnsSupport on ${vpcId}`,
      );
    }
  }
  const zones = (subnetIds ?? [])
    .filter((id: string) => id !== unknown)
    .map((id: string) => situation.account.resolve([type.subnet], id)?.outputs.availabilityZone);
  const twice = zones.find((zone: string, index: number) => zones.indexOf(zone) !== index);
  if (twice !== undefined)
    throw new Refusal("DuplicateSubnetsInSameZone", `endpoint ${serviceName} has two subnets in zone ${twice}`);
}

for (const name of [
  "securityGroupIngressRule:SecurityGroupIngressRule",
  "securityGroupEgressRule:SecurityGroupEgressRule",
]) {
  describeTypes(groupRule(name));
}
