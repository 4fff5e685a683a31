/** What `awsx.ec2.Vpc` really makes. Facts: pulumi/pulumi-awsx 3.9, `awsx/ec2/vpc.ts`, and registrations recorded from it. */
import { Refusal } from "../account";
import { rangeOf } from "../aws/cidr";
import * as type from "../aws/tokens";
import { type ConstructAnswer, type ConstructCall, From, from, type Registered, resource } from "../registrar";
import { hasUnknown, type Properties, type Value } from "../values";
import { layOut, type PlannedSubnet } from "./subnetLayout";
import { vpcEndpoints } from "./vpcEndpoints";
import { checkPlan, rank, zonesOf } from "./vpcPlan";

const everywhere = "0.0.0.0/0";
const ownArguments = [
  "availabilityZoneCidrMask",
  "availabilityZoneNames",
  "numberOfAvailabilityZones",
  "natGateways",
  "subnetSpecs",
  "subnetStrategy",
  "subnetNameTagStrategy",
  "vpcEndpointSpecs",
  "vpcEndpointStrategy",
  "tags",
];

/** One subnet with what hangs on it. */
export interface MadeSubnet {
  plan: PlannedSubnet;
  subnet: Registered;
  routeTable: Registered;
}

export async function vpc({ name, inputs, registrar }: ConstructCall): Promise<ConstructAnswer> {
  const component = await registrar.component();
  const given = (property: string): Value => registrar.input(property).value;
  for (const property of ownArguments) {
    if (property !== "tags" && hasUnknown(given(property))) {
      throw new Refusal(
        "InvalidParameter",
        `awsx.ec2.Vpc "${name}": ${property} must be known when the program runs; it decides how many resources there are`,
      );
    }
  }
  const zones = await zonesOf(registrar, name);
  const nat = String(given("natGateways")?.strategy ?? "OnePerAz").toLowerCase();
  const allocations: string[] = given("natGateways")?.elasticIpAllocationIds ?? [];
  const cidrBlock: string = given("cidrBlock") ?? "10.0.0.0/16";
  if (hasUnknown(cidrBlock) || rangeOf(cidrBlock) === undefined)
    throw new Refusal("InvalidParameter", `awsx.ec2.Vpc "${name}": cidrBlock "${cidrBlock}" is no IPv4 range`);
  const strategy = given("subnetStrategy") ?? "Legacy";
  const { subnets, resolved } = layOut({
    vpcName: name,
    cidrBlock,
    zones,
    strategy,
    nameTags: given("subnetNameTagStrategy") ?? "Legacy",
    ...(given("subnetSpecs") === undefined ? {} : { specs: given("subnetSpecs") }),
    ...(given("availabilityZoneCidrMask") === undefined ? {} : { zoneMask: given("availabilityZoneCidrMask") }),
  });
  checkPlan(name, subnets, nat);

  const tags = registrar.input("tags");
  const tagged = (more: Properties): From =>
    new From({ ...(hasUnknown(tags.value) ? {} : tags.value), ...more }, tags.urns, tags.isSecret);
  const shared = new From({ Name: name, ...(tags.value ?? {}) }, tags.urns, tags.isSecret);
  const passed = Object.fromEntries(
    Object.keys(inputs)
      .filter((key) => !ownArguments.includes(key))
      .map((key) => [key, registrar.input(key)]),
  );
  const endpointSpecs: Properties[] = given("vpcEndpointSpecs") ?? [];
  const endpointStrategy = given("vpcEndpointStrategy") ?? "Legacy";
  const privateDns =
    endpointStrategy === "Auto" &&
    endpointSpecs.some(
      ({ vpcEndpointType, privateDnsEnabled }) =>
        /^interface$/i.test(vpcEndpointType ?? "") && privateDnsEnabled !== false,
    );
  const made = await registrar.resource(
    type.vpc,
    name,
    { ...(privateDns ? { enableDnsHostnames: true, enableDnsSupport: true } : {}), ...passed, cidrBlock, tags: shared },
    { parent: component.urn },
  );
  const region = registrar.input("region");
  const inVpc = { parent: made.urn, dependsOn: [made] };
  const vpcId = from(made, "id");

  const gateway = registrar.resource(type.internetGateway, name, { region, vpcId, tags: shared }, inVpc);
  const natGateways: Promise<Registered>[] = [];
  const eips: Promise<Registered>[] = [];
  const routes: Promise<Registered>[] = [];
  const associations: Promise<Registered>[] = [];
  const making = zones.flatMap((zone, zoneIndex) => {
    const here = subnets
      .filter((plan) => plan.zone === zone && plan.type !== "Unused")
      .sort((one, other) => rank(one) - rank(other));
    return here.map((plan) => {
      const isPublic = rank(plan) === 0;
      const kindTags = {
        ...(shared.value as Properties),
        ...(plan.tags ?? {}),
        Name: plan.nameTag,
        SubnetType: plan.type,
      };
      const subnet = registrar.resource(
        type.subnet,
        plan.name,
        {
          region,
          vpcId,
          availabilityZone: plan.zone,
          mapPublicIpOnLaunch: isPublic,
          cidrBlock: plan.cidrBlock,
          assignIpv6AddressOnCreation: false,
          tags: new From(kindTags, tags.urns, tags.isSecret),
        },
        inVpc,
      );
      const routeTable = subnet.then((parent) =>
        registrar.resource(
          type.routeTable,
          plan.name,
          { region, vpcId, tags: tagged({ Name: plan.nameTag, SubnetType: plan.type }) },
          { parent: parent.urn, dependsOn: [parent] },
        ),
      );
      const under = async (childType: string, properties: (table: Registered) => Properties) => {
        const table = await routeTable;
        return registrar.resource(
          childType,
          plan.name,
          { region, routeTableId: from(table, "id"), ...properties(table) },
          { parent: table.urn, dependsOn: [table] },
        );
      };
      associations.push(
        subnet.then((owner) =>
          under("aws:ec2/routeTableAssociation:RouteTableAssociation", () => ({ subnetId: from(owner, "id") })),
        ),
      );
      const wantsNat =
        nat === "oneperaz" ? natGateways.length < zoneIndex + 1 : nat === "single" && natGateways.length < 1;
      if (isPublic && wantsNat) natGateways.push(natGateway(zoneIndex, subnet));
      if (isPublic) {
        routes.push(
          gateway.then((target) =>
            under("aws:ec2/route:Route", () => ({ gatewayId: from(target, "id"), destinationCidrBlock: everywhere })),
          ),
        );
      } else if (rank(plan) === 1 && nat !== "none") {
        const target = natGateways[nat === "single" ? 0 : zoneIndex]!;
        routes.push(
          target.then((gatewayOfZone) =>
            under("aws:ec2/route:Route", () => ({
              natGatewayId: from(gatewayOfZone, "id"),
              destinationCidrBlock: everywhere,
            })),
          ),
        );
      }
      return Promise.all([subnet, routeTable]).then(
        ([madeSubnet, madeTable]): MadeSubnet => ({ plan, subnet: madeSubnet, routeTable: madeTable }),
      );
    });
  });

  function natGateway(zoneIndex: number, owner: Promise<Registered>): Promise<Registered> {
    const numbered = `${name}-${zoneIndex + 1}`;
    const ownTags = tagged({ Name: numbered });
    const eip =
      allocations.length > 0
        ? undefined
        : owner.then((subnet) =>
            registrar.resource(
              type.elasticIp,
              numbered,
              { region, tags: ownTags },
              { parent: subnet.urn, dependsOn: [subnet] },
            ),
          );
    if (eip !== undefined) eips.push(eip);
    return owner.then(async (subnet) => {
      const address = eip === undefined ? allocations[zoneIndex] : from(await eip, "allocationId");
      return registrar.resource(
        type.natGateway,
        numbered,
        { region, subnetId: from(subnet, "id"), allocationId: address, tags: ownTags },
        { parent: subnet.urn, dependsOn: [subnet] },
      );
    });
  }

  const besideSubnets = Promise.all([
    gateway,
    Promise.all(natGateways),
    Promise.all(eips),
    Promise.all(routes),
    Promise.all(associations),
  ]);
  besideSubnets.catch(() => undefined); // Said below, or not at all where a subnet failed before.
  const madeSubnets = await Promise.all(making);
  const endpoints = await vpcEndpoints({
    registrar,
    vpc: made,
    strategy: endpointStrategy,
    specs: endpointSpecs,
    subnets: madeSubnets,
    zones,
    region,
    tags: shared,
  });
  const [igw, madeNats, madeEips, madeRoutes, madeAssociations] = await besideSubnets;

  // Every output waits for the VPC and its subnets, since the real component computes them together.
  const common = [made.urn, ...madeSubnets.map(({ subnet }) => subnet.urn)];
  const told = (value: Value): From[] | From =>
    Array.isArray(value) && value.length > 0
      ? value.map((each) => new From(each.value, [...common, ...each.urns], false))
      : new From(value.value ?? [], [...common, ...(value.urns ?? [])], false);
  const subnetsOf = (wanted: number) => madeSubnets.filter(({ plan }) => rank(plan) === wanted);
  const idsOf = (wanted: number) => told(subnetsOf(wanted).map(({ subnet }) => from(subnet, "id")));
  const resources = (list: Registered[]) => told(list.map(resource));
  return registrar.outputs(component, {
    vpc: told(resource(made)),
    vpcId: told(vpcId),
    subnets: resources(madeSubnets.map(({ subnet }) => subnet)),
    publicSubnets: resources(subnetsOf(0).map(({ subnet }) => subnet)),
    privateSubnets: resources(subnetsOf(1).map(({ subnet }) => subnet)),
    isolatedSubnets: resources(subnetsOf(2).map(({ subnet }) => subnet)),
    publicSubnetIds: idsOf(0),
    privateSubnetIds: idsOf(1),
    isolatedSubnetIds: idsOf(2),
    subnetLayout: told(
      new From(
        resolved.map((spec) => JSON.parse(JSON.stringify(spec))),
        [],
        false,
      ),
    ),
    routeTables: resources(madeSubnets.map(({ routeTable }) => routeTable)),
    routeTableAssociations: resources(madeAssociations),
    routes: resources(madeRoutes),
    internetGateway: told(resource(igw)),
    natGateways: resources(madeNats),
    eips: resources(madeEips),
    vpcEndpoints: resources(endpoints),
  });
}
