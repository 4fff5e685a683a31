import type * as pulumi from "@pulumi/pulumi";
import type { Dependency } from "../../lib/dependencies";

/** What the rest of the AWS foundation needs of a VPC, whether made here or adopted. */
export interface NetworkFacts {
  vpcId: pulumi.Output<string>;
  /** Every IPv4 range of the VPC: what counts as "from inside". */
  cidrs: string[];
  zones: string[];
  /** For nodes, interface endpoints and functions. */
  privateSubnetIds: pulumi.Output<string[]>;
  /** One of them for each zone, in the order of `zones`. */
  zoneSubnetIds: pulumi.Output<string>[];
  /** For internet-facing load balancers; empty in an adopted VPC without any. */
  publicSubnetIds: pulumi.Output<string[]>;
  /** For databases; the private ones in an adopted VPC that has none of its own. */
  databaseSubnetIds: pulumi.Output<string[]>;
  /** Subnet of the pods by zone; absent when pods share the nodes' subnets. */
  podSubnetIds?: Record<string, pulumi.Output<string>>;
  /** Depend on these before using the network: routes and endpoints exist after them. */
  ready: Dependency[];
}
