import * as aws from "@pulumi/aws";
import { expect } from "chai";
import { Bench, engineOrSkip } from "./engine";

const trust = (service: string, action = "sts:AssumeRole") =>
  JSON.stringify({ Statement: [{ Effect: "Allow", Action: action, Principal: { Service: service } }] });

/** Clusters `one` and `two` with so many node groups each. */
const clusters = (groups: Record<"one" | "two", number>) => async () => {
  const vpc = new aws.ec2.Vpc("net", { cidrBlock: "10.0.0.0/16" });
  const subnetIds = ["a", "b"].map(
    (zone, at) =>
      new aws.ec2.Subnet(zone, {
        ...{ vpcId: vpc.id, cidrBlock: `10.0.${at}.0/24`, availabilityZone: `eu-central-1${zone}` },
      }).id,
  );
  const role = new aws.iam.Role("cluster", { assumeRolePolicy: trust("eks.amazonaws.com") });
  const nodeRole = new aws.iam.Role("nodes", { assumeRolePolicy: trust("ec2.amazonaws.com") });
  for (const [name, count] of Object.entries(groups)) {
    const cluster = new aws.eks.Cluster(name, { name, roleArn: role.arn, vpcConfig: { subnetIds } });
    for (let at = 0; at < count; at++)
      new aws.eks.NodeGroup(`${name}-${at}`, {
        ...{ clusterName: cluster.name, nodeGroupName: `n${at}`, nodeRoleArn: nodeRole.arn, subnetIds },
        scalingConfig: { minSize: 0, desiredSize: 0, maxSize: 1 },
      });
  }
};

describe("the simulated account takes as many as a new account", function () {
  this.timeout(120_000);
  let bench: Bench;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(async () => {
    await bench?.destroy();
  });
  after(() => bench?.remove());

  it("node groups, counted for each cluster", async () => {
    const full = await bench.up(clusters({ one: 30, two: 2 }));
    expect(full.succeeded, full.text).to.equal(true);
    const over = await bench.up(clusters({ one: 31, two: 2 }));
    expect(over.succeeded).to.equal(false);
    expect(over.text).to.contain("30 of aws:eks/nodeGroup:NodeGroup of clusterName one exist; at most 30 may");
  });

  it("feature groups", async () => {
    const ran = await bench.up(async () => {
      const role = new aws.iam.Role("store", { assumeRolePolicy: trust("sagemaker.amazonaws.com") });
      for (let at = 0; at < 101; at++)
        new aws.sagemaker.FeatureGroup(`f${at}`, {
          featureGroupName: `f${at}`,
          recordIdentifierFeatureName: "id",
          eventTimeFeatureName: "at",
          roleArn: role.arn,
          featureDefinitions: ["id", "at"].map((featureName) => ({ featureName, featureType: "String" })),
          onlineStoreConfig: { enableOnlineStore: true },
        });
    });
    expect(ran.succeeded).to.equal(false);
    expect(ran.text).to.contain("100 of aws:sagemaker/featureGroup:FeatureGroup exist; at most 100 may");
  });
});
