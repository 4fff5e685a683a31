import { expect } from "chai";
import type { PriceList } from "../../report/cost/prices";
import type { Aws } from "../../sweep/aws";
import { listing, summary } from "../../sweep/listing";
import { isOwn } from "../../sweep/owner";
import { standing } from "../../sweep/state";
import { leftovers, remove, usdOf } from "../../sweep/sweep";
import { importsBelow } from "../architecture/imports";

const prod = { project: "mlplatform", stack: "prod" };
const tag = (value: string) => [{ Key: "mlplatform/stack", Value: value }];
const arn = (rest: string) => `arn:aws:${rest.replace(":", ":eu-west-1:111122223333:")}`;

/** An account that answers these calls, and nothing to the others. It keeps what is asked. */
function account(
  answers: Record<string, unknown>,
  refused: Record<string, string> = {},
): { aws: Aws; asked: string[] } {
  const asked: string[] = [];
  const empty = {
    ...{ TagValues: [], ResourceTagMappingList: [], NetworkInterfaces: [], SecurityGroups: [] },
    ...{ logGroups: [], logStreams: [], repositories: [] },
  };
  const aws: Aws = async (service, operation, parameters = {}) => {
    asked.push(`${service} ${operation} ${JSON.stringify(parameters)}`);
    const why = refused[operation];
    if (why !== undefined) throw new Error(why);
    return { ...empty, ...(answers[operation] as object) };
  };
  return { aws, asked };
}
const resources = (...list: [string, string][]) => ({
  "get-resources": { ResourceTagMappingList: list.map(([ResourceARN, value]) => ({ ResourceARN, Tags: tag(value) })) },
});
const prices: PriceList = {
  ...{ region: "eu-west-1", currency: "USD" },
  prices: { "ebs/gp3": { usd: 0.088, unit: "GB-month", source: "", read: "" } },
};

describe("Whose a name is that carries no tag", () => {
  const own = (name: string, ...others: string[]) => isOwn(name, "mlplatform-prod", others);

  it("is told by the whole name of the stack, never by a part of it", () => {
    expect(own("mlplatform-prod")).to.equal(true);
    expect(own("mlplatform-prod-churn")).to.equal(true);
    for (const other of ["mlplatform-production", "mlplatform-prod2-churn", "x-mlplatform-prod", "mlplatform"])
      expect(own(other), other).to.equal(false);
  });

  it("is the neighbour's where its name begins with this one's", () => {
    expect(own("mlplatform-prod-eu-churn", "mlplatform-prod-eu")).to.equal(false);
    expect(own("mlplatform-prod-eu", "mlplatform-prod-eu")).to.equal(false);
    expect(own("mlplatform-prod-europe", "mlplatform-prod-eu")).to.equal(true);
    expect(own("mlplatform-prod-churn", "mlplatform-prod-eu", "mlplatform")).to.equal(true);
  });
});

describe("What outlived a stack", () => {
  it("is no backup in a vault, which a person deletes", async () => {
    const Tags = [...tag("mlplatform-prod"), { Key: "aws:backup:source-resource", Value: "vol-1" }];
    const snapshots = [Tags, tag("mlplatform-prod")].map((each, at) => ({
      ...{ ResourceARN: `arn:aws:ec2:eu-west-1::snapshot/snap-${at}`, Tags: each },
    }));
    const { aws } = account({
      "get-resources": { ResourceTagMappingList: snapshots },
      "describe-snapshots": { Snapshots: [{ VolumeSize: 10 }] },
    });
    const found = await leftovers(aws, prod, []);
    expect(found.map(({ id, stays }) => [id, stays !== undefined])).to.have.deep.members([
      ["arn:aws:ec2:eu-west-1::snapshot/snap-0", true],
      ["snap-1", false],
    ]);
  });

  it("is what carries its tag, with what it costs, and what uses others first", async () => {
    const { aws } = account({
      ...resources(
        [arn("ec2:volume/vol-1"), "mlplatform-prod"],
        [arn("ec2:volume/vol-2"), "mlplatform-prod-eu"],
        [arn("elasticloadbalancing:loadbalancer/app/k8s-mlplatform/1"), "mlplatform-prod"],
        ["arn:aws:s3:::mlplatform-artifacts", "mlplatform-prod"],
        [arn("kms:key/1"), "mlplatform-prod"],
      ),
      "describe-volumes": { Volumes: [{ Size: 100, State: "available" }] },
      "describe-key": { KeyMetadata: { KeyState: "PendingDeletion" } },
    });
    const found = await leftovers(aws, prod, []);
    const { leftovers: lines, usdMonthly } = summary("prod", found, prices, { deleted: false, failures: [] });
    expect(lines.map(({ kind, id, state }) => `${kind} ${id.split("/").at(-1)} ${state}`)).to.deep.equal([
      "load balancer 1 left",
      "volume vol-1 left",
      "s3 mlplatform-artifacts arn:aws:s3:::mlplatform-artifacts stays",
      "key 1 stays",
    ]);
    expect(usdMonthly).to.equal(8.8);
    expect(usdOf(found[0]!, prices)).to.equal(undefined);
    expect(listing("prod", found, prices, { deleted: false, failures: [] }).join("\n"))
      .to.contain("volume vol-1; 8.80 USD a month")
      .and.to.contain("k8s-mlplatform; price not known")
      .and.to.contain("2 of them go with: make sweep STACK=prod YES=1");
  });

  it("is logs by names, of which none is a neighbour's that has a tag or a file", async () => {
    const group = (logGroupName: string) => ({ logGroupName, storedBytes: 0 });
    const names = [
      ...["/aws/eks/mlplatform-prod/cluster", "/aws/sagemaker/Endpoints/mlplatform-prod-churn"],
      ...["/aws/eks/mlplatform-prod-eu/cluster", "/aws/sagemaker/Endpoints/mlplatform-prod-us-churn"],
      ...["/aws/sagemaker/TrainingJobs", "/aws/lambda/other"],
    ];
    const { aws } = account({
      "get-tag-values": { TagValues: ["mlplatform-prod-eu", "mlplatform-prod"] },
      "describe-log-groups": { logGroups: names.map(group) },
      "describe-log-streams": {
        logStreams: ["mlplatform-prod-churn-1/algo-1", "mlplatform-prod-us-churn-1/algo-1"].map((logStreamName) => ({
          logStreamName,
        })),
      },
    });
    const found = await leftovers(aws, prod, ["prod", "prod-us"]);
    expect(found.map(({ kind, id }) => `${kind} ${id}`)).to.deep.equal([
      "log group /aws/eks/mlplatform-prod/cluster",
      "log group /aws/sagemaker/Endpoints/mlplatform-prod-churn",
      "log of a job /aws/sagemaker/TrainingJobs mlplatform-prod-churn-1/algo-1",
    ]);
  });

  it("is an interface of the cluster once, and only where no machine has it", async () => {
    const interfaces = ["available", "in-use"].map((Status) => ({ NetworkInterfaceId: `eni-${Status}`, Status }));
    const { aws } = account({
      ...resources([arn("ec2:network-interface/eni-available"), "mlplatform-prod"]),
      "describe-network-interfaces": { NetworkInterfaces: interfaces },
    });
    const found = await leftovers(aws, prod, []);
    expect(found.map(({ id, stays }) => [id, stays])).to.deep.equal([
      ["eni-available", undefined],
      ["eni-in-use", "it is in use"],
    ]);
  });
});

describe("Deleting what outlived a stack", () => {
  const volume = (id: string) => ({
    ...{ kind: "volume", id },
    deletions: [{ service: "ec2", operation: "delete-volume", parameters: { VolumeId: id } }],
  });

  it("leaves what a person decides, and goes on after what AWS refuses", async () => {
    const bucket = { kind: "s3", id: "bucket", stays: "it holds data" };
    const { aws, asked } = account({}, { "delete-volume": "VolumeInUse" });
    const failures = await remove(aws, [volume("vol-1"), bucket, volume("vol-2")]);
    expect(asked).to.deep.equal(['ec2 delete-volume {"VolumeId":"vol-1"}', 'ec2 delete-volume {"VolumeId":"vol-2"}']);
    expect(failures.map(({ leftover, why }) => `${leftover.id} ${why}`)).to.deep.equal([
      "vol-1 VolumeInUse",
      "vol-2 VolumeInUse",
    ]);
    const states = summary("prod", [volume("vol-1"), bucket], prices, { deleted: true, failures }).leftovers;
    expect(states.map(({ state }) => state)).to.deep.equal(["failed", "stays"]);
  });

  it("takes what has gone meanwhile as deleted", async () => {
    const { aws } = account({}, { "delete-volume": "InvalidVolume.NotFound" });
    expect(await remove(aws, [volume("vol-1")])).to.deep.equal([]);
  });
});

describe("A stack that stands", () => {
  const exported = (...types: string[]) =>
    JSON.stringify({
      deployment: { resources: types.map((type) => ({ type, custom: !type.startsWith("mlplatform") })) },
    });

  it("is told by what its state holds, save for itself, its providers and its components", () => {
    const nothing = ["pulumi:pulumi:Stack", "pulumi:providers:aws", "mlplatform:index:Platform"];
    expect(standing(exported(...nothing))).to.equal(0);
    expect(standing(exported(...nothing, "aws:s3/bucket:Bucket"))).to.equal(1);
    expect(standing('{"version":3,"deployment":{"manifest":{}}}')).to.equal(0);
  });

  it("is not known by the program that makes it: sweep imports names and prices alone", () => {
    const others = importsBelow("sweep")
      .filter(({ to }) => !/^(sweep|simulator|report\/cost)\//.test(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(others).to.deep.equal([]);
  });
});
