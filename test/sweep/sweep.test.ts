import { expect } from "chai";
import { endpointLogs, failedRunsLogs, functionLogs, podLogsPrefix } from "../../components/foundation/logGroups";
import type { PriceList } from "../../report/cost/prices";
import type { Aws } from "../../sweep/aws";
import type { Deletion } from "../../sweep/leftover";
import { listing, summary } from "../../sweep/listing";
import { isOwnLogGroup } from "../../sweep/logGroups";
import { isOwn } from "../../sweep/owner";
import { refuseRunning } from "../../sweep/running";
import { type Pulumi, refuseUnknown, standing, wasDestroyed } from "../../sweep/state";
import { leftovers, remove, usdOf } from "../../sweep/sweep";
import { importsBelow } from "../architecture/imports";

const prod = { project: "mlplatform", stack: "prod" };
const tag = (value: string) => [{ Key: "mlplatform/stack", Value: value }];
const arn = (rest: string) => `arn:aws:${rest.replace(":", ":eu-west-1:111122223333:")}`;

/** As the AWS CLI prints it. */
const failure = (code: string) => `An error occurred (${code}) when calling the operation: made up`;

/** An account that answers these calls, the last of several for ever, and nothing to the others. It keeps what is asked. */
function account(
  answers: Record<string, unknown>,
  refused: Record<string, string> = {},
): { aws: Aws; asked: string[] } {
  const asked: string[] = [];
  const empty = {
    ...{ TagValues: [], ResourceTagMappingList: [], NetworkInterfaces: [], SecurityGroups: [] },
    ...{ logGroups: [], logStreams: [], repositories: [], Reservations: [], DBInstances: [] },
  };
  const aws: Aws = async (service, operation, parameters = {}) => {
    asked.push(`${service} ${operation} ${JSON.stringify(parameters)}`);
    const code = refused[operation];
    if (code !== undefined) throw new Error(failure(code));
    const answer = answers[operation];
    return {
      ...empty,
      ...((Array.isArray(answer) && answer.length > 1 ? answer.shift() : [answer].flat()[0]) as object),
    };
  };
  return { aws, asked };
}
const resources = (...list: [string, string][]) => ({
  "get-resources": { ResourceTagMappingList: list.map(([ResourceARN, value]) => ({ ResourceARN, Tags: tag(value) })) },
});
const plain = { deleted: false, destroyed: true, failures: [] };
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
    const found = await leftovers(aws, prod, [], { data: true });
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
      "describe-load-balancers": { LoadBalancers: [{}] },
      "describe-volumes": { Volumes: [{ Size: 100, State: "available" }] },
      "describe-key": { KeyMetadata: { KeyState: "PendingDeletion" } },
    });
    const found = await leftovers(aws, prod, [], { data: true });
    const { leftovers: lines, usdMonthly } = summary("prod", found, prices, plain);
    expect(lines.map(({ kind, id, state }) => `${kind} ${id.split("/").at(-1)} ${state}`)).to.deep.equal([
      "load balancer 1 left",
      "volume vol-1 left",
      "s3 mlplatform-artifacts arn:aws:s3:::mlplatform-artifacts stays",
      "key 1 stays",
    ]);
    expect(usdMonthly).to.equal(8.8);
    expect(usdOf(found[0]!, prices)).to.equal(undefined);
    expect(listing("prod", found, prices, plain).join("\n"))
      .to.contain("volume vol-1; 8.80 USD a month")
      .and.to.contain("k8s-mlplatform; price not known")
      .and.to.contain("2 of them go with: make sweep STACK=prod YES=1 DATA=1");
  });

  it("keeps what holds data, which may have been left on purpose, and says so", async () => {
    const { aws } = account({
      ...resources(
        ...["ec2:volume/vol-1", "ec2:snapshot/snap-1", "elasticfilesystem:file-system/fs-1", "ecr:repository/one"].map(
          (each): [string, string] => [arn(each), "mlplatform-prod"],
        ),
      ),
      "describe-volumes": { Volumes: [{ Size: 100, State: "available" }] },
      "describe-snapshots": { Snapshots: [{ VolumeSize: 10 }] },
      "describe-file-systems": { FileSystems: [{ SizeInBytes: { Value: 0 } }] },
      "describe-mount-targets": { MountTargets: [] },
      "describe-images": { imageDetails: [] },
    });
    const found = await leftovers(aws, prod, []);
    expect(await remove(aws, found)).to.deep.equal([]);
    expect(found.map(({ kind, deletions }) => [kind, deletions])).to.deep.equal(
      ["volume", "snapshot", "file system", "image repository"].map((kind) => [kind, undefined]),
    );
    const text = listing("prod", found, prices, { ...plain, deleted: true });
    expect(text[1]).to.equal("  volume vol-1; 8.80 USD a month; stays: it holds data: only YES=1 DATA=1 deletes it");
    expect(text.at(-1)).to.equal("0 deleted, 0 not, 4 stay.");
    const asked = await leftovers(aws, prod, [], { data: true });
    expect(asked.filter(({ deletions }) => deletions !== undefined)).to.have.lengthOf(4);
  });

  it("is not what AWS still names by its tag after it is gone", async () => {
    const types = [
      ...["ec2:volume/vol-1", "ec2:snapshot/snap-1", "ec2:network-interface/eni-1", "ec2:security-group/sg-1"],
      ...["elasticloadbalancing:loadbalancer/app/one/1", "elasticloadbalancing:targetgroup/one/1"],
      ...["elasticfilesystem:file-system/fs-1", "ecr:repository/one", "kms:key/1", "ec2:natgateway/nat-1"],
      "logs:log-group:gone",
    ];
    const { aws } = account(resources(...types.map((each): [string, string] => [arn(each), "mlplatform-prod"])), {
      ...{ "describe-volumes": "InvalidVolume.NotFound", "describe-snapshots": "InvalidSnapshot.NotFound" },
      ...{ "describe-load-balancers": "LoadBalancerNotFound", "describe-target-groups": "TargetGroupNotFound" },
      ...{ "describe-file-systems": "FileSystemNotFound", "describe-images": "RepositoryNotFoundException" },
      "describe-key": "NotFoundException",
    });
    const found = await leftovers(aws, prod, []);
    expect(found.map(({ kind, stays }) => [kind, stays])).to.deep.equal([
      ["ec2 natgateway", "it is billed while it is there: a person decides; it may be gone already"],
    ]);
    const refusing = account(resources([arn("ec2:volume/vol-1"), "mlplatform-prod"]), {
      "describe-volumes": "UnauthorizedOperation",
    });
    expect(await leftovers(refusing.aws, prod, []).catch(String)).to.contain("UnauthorizedOperation");
  });

  it("has a price, none, or one that is not known, and never 0.00 for what is billed", async () => {
    const types = ["rds:db:one", "ec2:natgateway/1", "ec2:vpc-endpoint/1", "ec2:instance/1", "iam:role/1"];
    const { aws } = account({
      ...resources(...[...types, "kms:key/1"].map((each): [string, string] => [arn(each), "mlplatform-prod"]), [
        arn("ec2:security-group/sg-1"),
        "mlplatform-prod",
      ]),
      "describe-security-groups": { SecurityGroups: [{ GroupId: "sg-1", GroupName: "one" }] },
      "describe-key": { KeyMetadata: { KeyState: "Enabled" } },
    });
    const found = await leftovers(aws, prod, []);
    expect(found.map((each) => [each.kind, usdOf(each, prices), each.stays?.split(":")[0]])).to.deep.equal([
      ["security group", 0, undefined],
      ["rds db", undefined, "it holds data"],
      ["ec2 natgateway", undefined, "it is billed while it is there"],
      ["ec2 vpc-endpoint", undefined, "it is billed while it is there"],
      ["ec2 instance", undefined, "it is billed while it is there"],
      ["iam role", undefined, "a person decides; it may be gone already"],
      ["key", undefined, "it opens data"],
    ]);
    const text = listing("prod", found, prices, plain).join("\n");
    expect(text).to.match(/ec2 natgateway .*; price not known; stays: it is billed/);
    expect(text).not.to.match(/ 0\.00 USD a month;/);
  });

  it("is logs by names, of which none is a neighbour's that has a tag or a file", async () => {
    const group = (logGroupName: string) => ({ logGroupName, storedBytes: 0 });
    const names = [
      ...["/aws/eks/mlplatform-prod/cluster", "/aws/sagemaker/Endpoints/mlplatform-prod-churn"],
      ...["/aws/eks/mlplatform-prod-eu/cluster", "/aws/sagemaker/Endpoints/mlplatform-prod-us-churn"],
      ...["/aws/sagemaker/TrainingJobs", "/aws/sagemaker/NotebookInstances", "/aws/sagemaker/studio"],
      ...["/aws/lambda/other", "flow-logs-1", "flow-logs-2"],
    ];
    const { aws } = account({
      ...resources([arn("logs:log-group:flow-logs-1"), "mlplatform-prod"]),
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
      "log group flow-logs-1",
      ...["TrainingJobs", "NotebookInstances"].map(
        (kind) => `log in a shared group /aws/sagemaker/${kind} mlplatform-prod-churn-1/algo-1`,
      ),
    ]);
  });

  it("is a log group by the names that AWS and the platform give, and by no other that begins alike", () => {
    const full = "mlplatform-dev";
    const own = (name: string) => isOwnLogGroup(name, full, ["mlplatform-dev-eu"]);
    for (const name of [
      ...[functionLogs(full, "database-access"), functionLogs(full, "endpoint-release"), failedRunsLogs(full)],
      ...[`${podLogsPrefix(full)}airflow`, endpointLogs(`${full}-churn`), `/aws/eks/${full}/cluster`],
      ...[`/aws/rds/instance/${full}/postgresql`, `/aws/codebuild/${full}/churn`, `airflow-${full}-Task`],
      ...[`/aws/vendedlogs/states/${full}-training`, `/mlplatform/${full}/data-quality/churn`],
    ])
      expect(own(name), name).to.equal(true);
    for (const name of [
      ...[`/aws/lambda/${full}-notifier`, `/aws/codebuild/${full}-site`, `/aws/vendedlogs/states/${full}-pay-Logs`],
      ...[`team/${full}`, full, `/aws/lambda/${full}`, `airflow-${full}-eu-Task`, endpointLogs(`${full}-eu-churn`)],
      ...[`/aws/eks/${full}-eu/cluster`, `/aws/eks/${full}2/cluster`, `x/${full}/pods/airflow`],
    ])
      expect(own(name), name).to.equal(false);
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
      `vol-1 ${failure("VolumeInUse")}`,
      `vol-2 ${failure("VolumeInUse")}`,
    ]);
    const states = summary("prod", [volume("vol-1"), bucket], prices, {
      deleted: true,
      destroyed: true,
      failures,
    }).leftovers;
    expect(states.map(({ state }) => state)).to.deep.equal(["failed", "stays"]);
  });

  it("takes what has gone meanwhile as deleted", async () => {
    const { aws } = account({}, { "delete-volume": "InvalidVolume.NotFound" });
    expect(await remove(aws, [volume("vol-1")])).to.deep.equal([]);
  });

  const files = (after?: Deletion["after"]) => ({
    ...{ kind: "file system", id: "fs-1" },
    deletions: [
      { service: "efs", operation: "delete-mount-target", parameters: { MountTargetId: "fsmt-1" } },
      {
        ...{ service: "efs", operation: "delete-file-system", parameters: { FileSystemId: "fs-1" } },
        ...(after && { after }),
      },
    ],
  });

  it("goes on behind a part that has gone meanwhile, and not behind one that AWS refuses", async () => {
    const gone = account({}, { "delete-mount-target": "MountTargetNotFound" });
    expect(await remove(gone.aws, [files()])).to.deep.equal([]);
    expect(gone.asked).to.have.lengthOf(2);
    const refused = account({}, { "delete-mount-target": "AccessDeniedException" });
    expect(await remove(refused.aws, [files()])).to.have.lengthOf(1);
    expect(refused.asked).to.have.lengthOf(1);
  });

  it("takes as gone what AWS's code says, not what a message happens to say", async () => {
    const aws: Aws = async () => {
      throw new Error("An error occurred (InvalidParameter) when calling DeleteVolume: role does not exist; NotFound");
    };
    expect(await remove(aws, [volume("vol-1")])).to.have.lengthOf(1);
  });

  it("deletes a file system once its mount targets have gone, for which it waits", async () => {
    const { aws, asked } = account({
      ...resources([arn("elasticfilesystem:file-system/fs-1"), "mlplatform-prod"]),
      "describe-file-systems": { FileSystems: [{ SizeInBytes: { Value: 0 } }] },
      "describe-mount-targets": [
        ...[1, 2, 3].map(() => ({ MountTargets: [{ MountTargetId: "fsmt-1" }] })),
        { MountTargets: [] },
      ],
    });
    const found = await leftovers(aws, prod, [], { data: true });
    const before = asked.length;
    const wait = { everyMs: 1, times: 5 };
    expect(await remove(aws, found, undefined, wait)).to.deep.equal([]);
    expect(asked.slice(before).map((each) => each.split(" ")[1])).to.deep.equal([
      ...["delete-mount-target", "describe-mount-targets", "describe-mount-targets", "describe-mount-targets"],
      "delete-file-system",
    ]);
    const never = account({ "describe-mount-targets": { MountTargets: [{}] } });
    const [left] = await remove(never.aws, found, undefined, wait);
    expect(left!.why).to.contain("run it again");
    expect(never.asked.join()).not.to.contain("delete-file-system");
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

  /** Pulumi, where the state is this, or an error. */
  const pulumi =
    (state: string, history: object[] = []): Pulumi =>
    async (_, what) => {
      if (state.startsWith("error")) throw Object.assign(new Error(state), { stderr: state });
      return what === "export" ? state : JSON.stringify(history);
    };
  const destroy = { kind: "destroy", result: "succeeded" };

  it("may be one without a state here: it is listed, and deleted from only when a person says that it was destroyed", async () => {
    const elsewhere = await wasDestroyed("prod", pulumi("error: no stack named 'prod' found"));
    expect(elsewhere).to.equal(false);
    expect(() => refuseUnknown("prod", { destroyed: elsewhere, said: false })).to.throw(
      /no state says that prod was destroyed.*STACK=prod YES=1 DESTROYED=1/,
    );
    refuseUnknown("prod", { destroyed: elsewhere, said: true });
    refuseUnknown("prod", { destroyed: true, said: false });
    const text = listing("prod", [{ kind: "log group", id: "one", deletions: [] }], prices, {
      ...{ deleted: false, destroyed: false, failures: [] },
    });
    expect(text[0]).to.match(/^No state says that prod was destroyed\. If its state is elsewhere, it may run/);
    expect(text.at(-1)).to.equal("1 of them go with: make sweep STACK=prod YES=1 DESTROYED=1");
  });

  it("was destroyed where its history says so: a new one's state is as empty", async () => {
    const empty = exported("pulumi:pulumi:Stack");
    expect(await wasDestroyed("prod", pulumi(empty, [destroy, { kind: "update", result: "succeeded" }]))).to.equal(
      true,
    );
    expect(await wasDestroyed("prod", pulumi(empty))).to.equal(false);
    expect(await wasDestroyed("prod", pulumi(empty, [{ ...destroy, result: "failed" }]))).to.equal(false);
    const stands = pulumi(exported("aws:s3/bucket:Bucket"), [destroy]);
    expect(await wasDestroyed("prod", stands).catch(String)).to.contain("still has 1 resources");
    expect(await wasDestroyed("prod", pulumi("error: no credentials")).catch(String)).to.contain("cannot be told");
  });

  it("is told by its cluster, machines and databases too, whatever its state says", async () => {
    const none = { "describe-cluster": "ResourceNotFoundException" };
    const database = (DBInstanceStatus: string, value: string) => ({
      ...{ DBInstanceIdentifier: value, DBInstanceStatus, TagList: tag(value) },
    });
    const refusal = (answers: Record<string, unknown>, refused: Record<string, string> = none) =>
      refuseRunning(account(answers, refused).aws, "mlplatform-prod").then(() => undefined, String);
    expect(await refusal({})).to.equal(undefined);
    expect(await refusal({}, {})).to.contain(
      "Nothing was deleted. Of mlplatform-prod these are there: cluster mlplatform-prod.",
    );
    expect(await refusal({}, { "describe-cluster": "AccessDeniedException" })).to.contain("AccessDeniedException");
    const machine = { Reservations: [{ Instances: [{ InstanceId: "i-1" }] }] };
    expect(await refusal({ "describe-instances": machine })).to.contain("machine i-1.");
    const databases = (...list: object[]) => refusal({ "describe-db-instances": { DBInstances: list } });
    expect(await databases(database("available", "mlplatform-prod"))).to.contain("database mlplatform-prod.");
    expect(
      await databases(database("stopped", "mlplatform-prod"), database("available", "mlplatform-prod-eu")),
    ).to.equal(undefined);
  });

  it("is not known by the program that makes it: sweep imports names and prices alone", () => {
    const others = importsBelow("sweep")
      .filter(({ to }) => !/^(sweep|simulator|report\/cost)\//.test(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(others).to.deep.equal([]);
  });
});
