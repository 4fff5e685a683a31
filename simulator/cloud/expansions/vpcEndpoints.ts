/** VPC endpoints that `awsx.ec2.Vpc` makes, with a security group of its own where none is given. */
import * as type from "../aws/tokens";
import { type From, from, type Registered, type Registrar } from "../registrar";
import type { Properties } from "../values";
import type { MadeSubnet } from "./vpc";
import { rank } from "./vpcPlan";

interface EndpointsArgs {
  registrar: Registrar;
  vpc: Registered;
  strategy: string;
  specs: Properties[];
  subnets: MadeSubnet[];
  zones: string[];
  region: From;
  tags: From;
}

const passedOn = [
  "autoAccept",
  "dnsOptions",
  "ipAddressType",
  "policy",
  "privateDnsEnabled",
  "resourceConfigurationArn",
  "routeTableIds",
  "securityGroupIds",
  "serviceName",
  "serviceNetworkArn",
  "serviceRegion",
  "subnetConfigurations",
  "subnetIds",
  "vpcEndpointType",
];

export function vpcEndpoints(args: EndpointsArgs): Promise<Registered[]> {
  return Promise.all(args.specs.map((spec) => endpoint(args, spec)));
}

async function endpoint(
  { registrar, vpc, strategy, subnets, zones, region, tags }: EndpointsArgs,
  spec: Properties,
): Promise<Registered> {
  const kind = String(spec.vpcEndpointType ?? "Gateway").toLowerCase();
  const automatic = strategy === "Auto";
  const options = { parent: vpc.urn, dependsOn: [vpc] };
  const vpcId = from(vpc, "id");
  const inputs: Properties = Object.fromEntries(passedOn.map((property) => [property, spec[property]]));
  if (automatic && kind === "interface") {
    if (spec.subnetIds === undefined && spec.subnetConfigurations === undefined) {
      inputs.subnetIds = zones.flatMap((zone) => {
        const [chosen] = [1, 2, 0].flatMap((wanted) =>
          subnets.filter(({ plan }) => plan.zone === zone && rank(plan) === wanted),
        );
        return chosen === undefined ? [] : [from(chosen.subnet, "id")];
      });
    }
    inputs.privateDnsEnabled ??= true;
    if (spec.securityGroupIds === undefined) {
      const group = await registrar.resource(
        type.securityGroup,
        `${spec.serviceName}-sg`,
        { description: type.defaultGroupDescription, region, vpcId, tags },
        options,
      );
      const rule = {
        region,
        type: "ingress",
        securityGroupId: from(group, "id"),
        protocol: "tcp",
        fromPort: 443,
        toPort: 443,
        cidrBlocks: [from(vpc, "cidrBlock")],
      };
      await registrar.resource("aws:ec2/securityGroupRule:SecurityGroupRule", `${spec.serviceName}-ingress`, rule, {
        parent: vpc.urn,
        dependsOn: [group],
      });
      inputs.securityGroupIds = [from(group, "id")];
    }
  }
  if (automatic && kind === "gateway" && spec.routeTableIds === undefined) {
    inputs.routeTableIds = subnets.map(({ routeTable }) => from(routeTable, "id"));
  }
  const merged = tags.map((shared) => ({ ...shared, ...(spec.tags ?? {}) }));
  return registrar.resource(
    type.vpcEndpoint,
    spec.serviceName,
    { ...inputs, region: spec.region ?? region, tags: merged, vpcId },
    options,
  );
}
