import * as aws from "@pulumi/aws";
import * as awsx from "@pulumi/awsx";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { Dependency } from "../../lib/dependencies";
import { planSubnets } from "../../lib/subnetPlan";
import type { NetworkFacts } from "./facts";
import { VpcEndpoints } from "./vpcEndpoints";

/** A VPC of the platform's own. */
export interface NetworkArgs {
  account: AwsAccount;
  /** Primary range: nodes, load balancers, databases. */
  cidr: string;
  /** Secondary range for pods; without it they share the nodes' subnets. */
  podCidr?: string;
  /** Zone names; one set of subnets each. */
  zones: string[];
  /** `none` keeps private subnets off the internet; `perZone` survives the loss of a zone. */
  nat: "none" | "single" | "perZone";
  /** AWS services reached without leaving the VPC, by short name. */
  endpoints: string[];
  /** Accounts beside the own one whose buckets and tables gateways lead to; absent: all. */
  endpointAccounts?: string[];
  /** Whether interface endpoints serve callers of the own account alone. */
  endpointsOfOwnAccount: boolean;
}

const natStrategy = {
  none: awsx.ec2.NatGatewayStrategy.None,
  single: awsx.ec2.NatGatewayStrategy.Single,
  perZone: awsx.ec2.NatGatewayStrategy.OnePerAz,
} as const;

/**
 * A VPC with public, private and database subnets in each zone, and pod subnets on a second range.
 * @see https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html
 */
export class Network extends pulumi.ComponentResource implements NetworkFacts {
  readonly vpcId: pulumi.Output<string>;
  readonly cidrs: string[];
  readonly zones: string[];
  readonly privateSubnetIds: pulumi.Output<string[]>;
  readonly zoneSubnetIds: pulumi.Output<string>[];
  readonly publicSubnetIds: pulumi.Output<string[]>;
  readonly databaseSubnetIds: pulumi.Output<string[]>;
  readonly podSubnetIds?: Record<string, pulumi.Output<string>>;
  readonly ready: Dependency[];

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Network", name, {}, opts);
    const child = { parent: this };
    const plan = planSubnets(args);
    const { SubnetType, SubnetAllocationStrategy } = awsx.types.enums.ec2;

    const vpc = new awsx.ec2.Vpc(
      name,
      {
        cidrBlock: args.cidr,
        availabilityZoneNames: args.zones,
        enableDnsHostnames: true, // Interface endpoints and EKS's private endpoint resolve through the VPC's own DNS.
        enableDnsSupport: true,
        natGateways: { strategy: natStrategy[args.nat] },
        subnetStrategy: SubnetAllocationStrategy.Auto,
        subnetSpecs: [
          {
            type: SubnetType.Public,
            cidrBlocks: plan.map((zone) => zone.publicCidr),
            tags: { "kubernetes.io/role/elb": "1" }, // How the load-balancer controller finds its subnets.
          },
          {
            type: SubnetType.Private,
            cidrBlocks: plan.map((zone) => zone.privateCidr),
            tags: { "kubernetes.io/role/internal-elb": "1" },
          },
          { type: SubnetType.Isolated, name: "database", cidrBlocks: plan.map((zone) => zone.databaseCidr) },
        ],
      },
      child,
    );
    this.vpcId = vpc.vpcId;
    this.zones = args.zones;
    this.cidrs = args.podCidr === undefined ? [args.cidr] : [args.cidr, args.podCidr];
    this.publicSubnetIds = vpc.publicSubnetIds;
    this.privateSubnetIds = vpc.privateSubnetIds;
    this.zoneSubnetIds = args.zones.map((_zone, index) => vpc.privateSubnetIds.apply((ids) => ids[index]!));
    this.databaseSubnetIds = vpc.isolatedSubnetIds;

    // Anything that forgets to name a security group gets this one, which lets nothing through.
    new aws.ec2.DefaultSecurityGroup(`${name}-default`, { vpcId: vpc.vpcId }, child);

    const pods = this.podSubnets(name, args, plan, vpc);
    if (pods) this.podSubnetIds = pods.subnetIds;

    const endpoints = new VpcEndpoints(
      `${name}-endpoints`,
      {
        account: args.account,
        services: args.endpoints,
        ...(args.endpointAccounts === undefined ? {} : { otherAccounts: args.endpointAccounts }),
        ofOwnAccount: args.endpointsOfOwnAccount,
        vpcId: vpc.vpcId,
        cidrs: this.cidrs,
        subnetIds: vpc.privateSubnetIds,
        routeTableIds: pulumi
          .all([vpc.routeTables, pods?.routeTables.map((table) => table.id) ?? []])
          .apply(([own, forPods]) => pulumi.all([...own.map((table) => table.id), ...forPods])),
      },
      child,
    );
    this.ready = [
      ...[vpc, vpc.internetGateway, vpc.natGateways, vpc.routeTableAssociations, vpc.routes],
      ...(pods?.routes ?? []),
      endpoints,
    ];

    this.registerOutputs({ vpcId: this.vpcId });
  }

  /** The pods' own subnets: awsx knows one range per VPC, so the second is laid beside it. */
  private podSubnets(name: string, args: NetworkArgs, plan: ReturnType<typeof planSubnets>, vpc: awsx.ec2.Vpc) {
    if (args.podCidr === undefined) return undefined;
    const child = { parent: this };
    const range = new aws.ec2.VpcIpv4CidrBlockAssociation(
      `${name}-pods`,
      { vpcId: vpc.vpcId, cidrBlock: args.podCidr },
      child,
    );
    const subnetIds: Record<string, pulumi.Output<string>> = {};
    const routeTables: aws.ec2.RouteTable[] = [];
    const routes: Dependency[] = [];
    plan.forEach(({ zone, podCidr }, index) => {
      const podName = `${name}-pods-${index + 1}`;
      const tags = { Name: podName };
      const subnet = new aws.ec2.Subnet(
        podName,
        { vpcId: vpc.vpcId, availabilityZone: zone, cidrBlock: podCidr, tags },
        { ...child, dependsOn: range },
      );
      const table = new aws.ec2.RouteTable(podName, { vpcId: vpc.vpcId, tags }, child);
      const attached = new aws.ec2.RouteTableAssociation(
        podName,
        { routeTableId: table.id, subnetId: subnet.id },
        child,
      );
      routeTables.push(table);
      routes.push(attached);
      subnetIds[zone] = subnet.id;
      if (args.nat === "none") return;
      routes.push(
        new aws.ec2.Route(
          podName,
          {
            routeTableId: table.id,
            destinationCidrBlock: "0.0.0.0/0",
            natGatewayId: vpc.natGateways.apply((gateways) => gateways[args.nat === "single" ? 0 : index]!.id),
          },
          child,
        ),
      );
    });
    return { subnetIds, routeTables, routes };
  }
}
