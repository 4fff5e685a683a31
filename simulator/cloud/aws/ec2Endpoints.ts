/** What is attached to a VPC: endpoints, flow logs, launch templates. */
import { at, unknown } from "../values";
import { between, describeTypes, like, longest, oneOf, Refusal, type Situation } from "./describe";
import { exactlyOne } from "./ec2Limits";
import { instanceType } from "./instanceTypes";
import * as type from "./tokens";

describeTypes(
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
