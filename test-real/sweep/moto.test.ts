import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import type { Aws } from "../../sweep/aws";
import { refuseRunning } from "../../sweep/running";
import { leftovers, remove } from "../../sweep/sweep";
import { type Moto, motoMissing, startMoto } from "../../test/support/moto";
import { pythonEnvironment } from "../../test/support/pythonEnvironment";
import { skip } from "../../test/support/skip";

const tags = (stack: string) => [{ Key: "mlplatform/stack", Value: `mlplatform-${stack}` }];

describe("make sweep, on moto", function () {
  this.timeout(300_000);
  let moto: Moto | undefined;
  let played: ChildProcess | undefined;
  let aws: Aws;

  before(async function () {
    const missing = motoMissing();
    if (missing !== undefined) return skip(this, missing);
    moto = await startMoto();
    const { python } = await pythonEnvironment("moto", 240);
    played = spawn(python, [join(__dirname, "aws.py")], {
      env: { ...process.env, ...moto.environment },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: played.stdout! })[Symbol.asyncIterator]();
    aws = async (...call) => {
      played!.stdin!.write(`${JSON.stringify([call[0], call[1], call[2] ?? {}])}\n`);
      const { answer, error } = JSON.parse((await lines.next()).value as string);
      if (error !== undefined) throw new Error(error);
      return answer;
    };
  });
  after(() => {
    played?.kill();
    moto?.stop();
  });

  /** What a stack leaves: one of each kind that moto tells by its tag, and what AWS makes without one. */
  async function leave(stack: string): Promise<void> {
    const name = `mlplatform-${stack}`;
    const specifications = (ResourceType: string) => ({ TagSpecifications: [{ ResourceType, Tags: tags(stack) }] });
    const volume = (await aws("ec2", "create-volume", {
      ...{ AvailabilityZone: "eu-west-1a", Size: 20, ...specifications("volume") },
    })) as { VolumeId: string };
    await aws("ec2", "create-snapshot", { VolumeId: volume.VolumeId, ...specifications("snapshot") });
    const files = (await aws("efs", "create-file-system", { CreationToken: name, Tags: tags(stack) })) as {
      FileSystemId: string;
    };
    const { Subnets: subnets } = (await aws("ec2", "describe-subnets")) as { Subnets: { SubnetId: string }[] };
    await aws("efs", "create-mount-target", { FileSystemId: files.FileSystemId, SubnetId: subnets[0]!.SubnetId });
    await aws("ecr", "create-repository", { repositoryName: `mlplatform/${stack}/model-server`, tags: tags(stack) });
    await aws("ec2", "create-security-group", {
      ...{ GroupName: name, Description: "of the cluster" },
      TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "aws:eks:cluster-name", Value: name }] }],
    }).catch(async () => {
      // Moto, as AWS, gives such a tag to nobody: the group has the stack's.
      await aws("ec2", "create-security-group", {
        GroupName: name,
        Description: "x",
        ...specifications("security-group"),
      });
    });
    await aws("kms", "create-key", { Tags: tags(stack).map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })) });
    await aws("logs", "create-log-group", { logGroupName: `flow-logs-${stack}`, tags: { "mlplatform/stack": name } });
    for (const group of [
      `/aws/lambda/${name}-notifier`,
      `/aws/eks/${name}/cluster`,
      `/aws/sagemaker/Endpoints/${name}-churn`,
    ])
      await aws("logs", "create-log-group", { logGroupName: group });
    await aws("logs", "create-log-stream", {
      ...{ logGroupName: "/aws/sagemaker/TrainingJobs", logStreamName: `${name}-churn-1/algo-1-1` },
    });
  }

  const left = async (stack: string) =>
    (await leftovers(aws, { project: "mlplatform", stack }, ["prod", "prod-eu"])).map(
      ({ kind, deletions }) => `${kind}${deletions ? "" : ", stays"}`,
    );

  it("finds what a stack left, deletes it and its data when asked, and leaves all of a neighbour whose name begins alike", async () => {
    await aws("logs", "create-log-group", { logGroupName: "/aws/sagemaker/TrainingJobs" });
    await leave("prod");
    await leave("prod-eu");
    const data = ["file system", "image repository", "snapshot", "volume"].map((kind) => `${kind}, stays`);
    const kinds = ["log group", "log group", "log group", "log in a shared group", "security group"];
    const all = ["key, stays", ...data, ...kinds].sort();
    expect((await left("prod")).sort()).to.deep.equal(all);
    const name = { project: "mlplatform", stack: "prod" };
    expect(await remove(aws, await leftovers(aws, name, []))).to.deep.equal([]);
    expect((await left("prod")).sort()).to.deep.equal(["key, stays", ...data].sort());
    const found = await leftovers(aws, name, [], { data: true });
    expect(found.find(({ kind }) => kind === "volume")).to.include({ price: "ebs/gp3", amount: 20 });
    expect(await remove(aws, found)).to.deep.equal([]);
    expect(await left("prod")).to.deep.equal(["key, stays"]);
    expect((await left("prod-eu")).sort()).to.deep.equal(all);
  });

  it("takes no deletion amiss of what is gone by then", async () => {
    const found = await leftovers(aws, { project: "mlplatform", stack: "prod-eu" }, [], { data: true });
    expect(await remove(aws, found)).to.deep.equal([]);
    expect(await remove(aws, found)).to.deep.equal([]);
  });

  it("deletes nothing beside a machine, a database and a cluster of the stack", async () => {
    const full = "mlplatform-dev";
    await refuseRunning(aws, full);
    const { Subnets: subnets } = (await aws("ec2", "describe-subnets")) as { Subnets: { SubnetId: string }[] };
    await aws("eks", "create-cluster", {
      ...{ name: full, roleArn: "arn:aws:iam::123456789012:role/made-up" },
      resourcesVpcConfig: { subnetIds: subnets.map(({ SubnetId }) => SubnetId) },
    });
    const { Images: images } = (await aws("ec2", "describe-images")) as { Images: { ImageId: string }[] };
    const { Instances: machines } = (await aws("ec2", "run-instances", {
      ...{ ImageId: images[0]!.ImageId, MinCount: 1, MaxCount: 1 },
      TagSpecifications: [{ ResourceType: "instance", Tags: tags("dev") }],
    })) as { Instances: { InstanceId: string }[] };
    await aws("rds", "create-db-instance", {
      ...{ DBInstanceIdentifier: full, DBInstanceClass: "db.t4g.small", Engine: "postgres", AllocatedStorage: 20 },
      ...{ MasterUsername: "made-up", ManageMasterUserPassword: true, Tags: tags("dev") },
    });
    const refused = await refuseRunning(aws, full).catch(String);
    expect(refused).to.contain(`cluster ${full}, machine ${machines[0]!.InstanceId}, database ${full}.`);
    await refuseRunning(aws, "mlplatform-prod");
  });
});
