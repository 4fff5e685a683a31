/** Ways out of a VPC: route tables, gateways, addresses. */
import { describeTypes, Refusal } from "./describe";
import { anyRange, exactlyOne } from "./ec2Limits";
import * as type from "./tokens";

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

describeTypes(
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
);
