import * as pulumi from "@pulumi/pulumi";
import type { Dependency } from "../../lib/dependencies";
import type { NetworkFacts } from "./facts";
import type { AdoptedVpc } from "./lookAtVpc";

/** Facts of an adopted VPC. Nothing in it is made or changed, so that stacks and their owners do not get in each other's way. */
export class AdoptedNetwork extends pulumi.ComponentResource implements NetworkFacts {
  readonly vpcId: pulumi.Output<string>;
  readonly cidrs: string[];
  readonly zones: string[];
  readonly privateSubnetIds: pulumi.Output<string[]>;
  readonly zoneSubnetIds: pulumi.Output<string>[];
  readonly publicSubnetIds: pulumi.Output<string[]>;
  readonly databaseSubnetIds: pulumi.Output<string[]>;
  readonly podSubnetIds?: Record<string, pulumi.Output<string>>;
  readonly ready: Dependency[] = [];

  constructor(name: string, args: { vpc: AdoptedVpc }, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AdoptedNetwork", name, {}, opts);
    const { settings, cidrs, zones } = args.vpc;
    this.vpcId = pulumi.output(settings.vpcId);
    this.cidrs = cidrs;
    this.zones = zones;
    this.privateSubnetIds = pulumi.output(settings.privateSubnetIds);
    this.zoneSubnetIds = args.vpc.zoneSubnetIds.map((id) => pulumi.output(id));
    this.publicSubnetIds = pulumi.output(settings.publicSubnetIds);
    this.databaseSubnetIds = pulumi.output(settings.databaseSubnetIds ?? settings.privateSubnetIds);
    if (settings.podSubnetIds) {
      this.podSubnetIds = Object.fromEntries(
        Object.entries(settings.podSubnetIds).map(([zone, id]) => [zone, pulumi.output(id)]),
      );
    }
    this.registerOutputs({ vpcId: this.vpcId });
  }
}
