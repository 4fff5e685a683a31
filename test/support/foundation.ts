import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../components/contracts/account";
import type { GrantArgs, WorkloadIdentity } from "../../components/contracts/foundation";
import { type AddonVersions, addonNames } from "../../components/foundation/cluster/addon";
import type { ClusterFacts } from "../../components/foundation/cluster/facts";
import { type NodePlan, planNodes } from "../../components/foundation/cluster/nodeGroupPlan";
import type { ClusterState } from "../../components/foundation/cluster/runningCluster";
import { dataProtection } from "../../components/foundation/data/protection";
import type { NetworkFacts } from "../../components/foundation/network/facts";
import { after, type Dependency } from "../../components/lib/dependencies";
import { awsCalls, awsOutputs } from "./awsAnswers";
import { type RecordOptions, type Registration, record } from "./record";

/** An account, a network and a cluster, all made up, to build one component on. */

export const account: AwsAccount = { accountId: "000000000000", region: "eu-west-1", partition: "aws" };
export const keyArn = "arn:aws:kms:eu-west-1:000000000000:key/made-up";
export const clusterName = "mlplatform-test";
export const clusterArn = `arn:aws:eks:eu-west-1:000000000000:cluster/${clusterName}`;
export const kept = dataProtection(true);
export const dropped = dataProtection(false);
export const tags = { team: "ml-platform" };

const markerType = "test:index:Marker";

/** Stands for whatever must come first; shows up among dependencies as `test:index:Marker name`. */
export class Marker extends pulumi.CustomResource {
  constructor(name: string) {
    super(markerType, name, {});
  }
}

/** Comes after what it is told to come after: that is then among its dependencies. */
export class Follower extends pulumi.CustomResource {
  constructor(dependencies: Dependency[]) {
    super("test:index:Follower", "follower", {}, { dependsOn: after(...dependencies) });
  }
}

/** Two zones, with the marker `routes` before it is ready. */
export function networkFacts(over: Partial<NetworkFacts> = {}): NetworkFacts {
  const ids = (kind: string) => pulumi.output([`subnet-${kind}-1`, `subnet-${kind}-2`]);
  return {
    vpcId: pulumi.output("vpc-made-up"),
    cidrs: ["10.0.0.0/16"],
    zones: ["eu-west-1a", "eu-west-1b"],
    privateSubnetIds: ids("private"),
    zoneSubnetIds: [pulumi.output("subnet-private-1"), pulumi.output("subnet-private-2")],
    publicSubnetIds: ids("public"),
    databaseSubnetIds: ids("database"),
    ready: [new Marker("routes")],
    ...over,
  };
}

export function clusterFacts(): ClusterFacts {
  return {
    clusterName: pulumi.output(clusterName),
    clusterArn: pulumi.output(clusterArn),
    endpoint: pulumi.output("https://cluster.fake.invalid"),
    securityGroupId: pulumi.output("sg-cluster"),
    kubeconfig: pulumi.secret("{}"),
    provider: new k8s.Provider("cluster", { kubeconfig: "{}" }),
  };
}

/** Versions of add-ons, made up. */
export const addonVersions: AddonVersions = {
  kubernetes: "1.35",
  addons: Object.fromEntries(addonNames.map((name) => [name, `v1.0.0-${name}`])) as AddonVersions["addons"],
};

/** A cluster that is not there yet. */
export const clusterState: ClusterState = { versions: addonVersions, groups: {}, imageReleases: {} };

export function nodePlan(key: string, over: Partial<NodePlan> = {}): NodePlan {
  return planNodes(key, {
    purpose: "apps",
    instanceTypes: ["m7i.large"],
    gpu: false,
    spot: false,
    minNodes: 1,
    maxNodes: 4,
    diskGiB: 50,
    labels: {},
    taints: [],
    ...over,
  });
}

/** Writes down what was asked for; the grant is the marker `granted-<name>`. */
export class RecordedIdentity implements WorkloadIdentity {
  readonly grants: Record<string, GrantArgs> = {};

  grant(name: string, args: GrantArgs): pulumi.Resource {
    this.grants[name] = args;
    return new Marker(`granted-${name}`);
  }
}

/** Everything that `build` registers but providers and markers. */
export async function building(build: () => unknown, options: RecordOptions = {}): Promise<Registration[]> {
  const all = await record(build, { outputs: awsOutputs, calls: awsCalls, ...options });
  return all.filter(({ type }) => type !== markerType && !type.startsWith("pulumi:providers:"));
}

/** What an output turns out to be. Not for previews: there it may never turn out. */
export function value<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
