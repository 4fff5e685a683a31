import { expect } from "chai";
import { TestStack } from "./runs";

const none = { create: 0, update: 0, replace: 0, delete: 0 };
const schedule = "cron(0 3 ? * SUN *)";
const pinned = "s3://models/3/churn.tar.gz";

const byTheClock = "transform-by-the-clock".padEnd(29, "x");
const onNew = "transform-new".padEnd(29, "x");

/** Each way with each start, and names as long as a stack of one letter lets them be. */
const models = {
  ["pods-by-the-clock".padEnd(38, "x")]: { from: "models:/churn@champion", batch: { schedule } },
  "pods-new": { from: "models:/churn/3", batch: { onNewData: "landing/pods" } },
  [byTheClock]: { from: pinned, batch: { with: "sagemaker", schedule } },
  [onNew]: { from: pinned, batch: { with: "sagemaker", onNewData: "landing/transform" } },
  "transform-endpoint": {
    from: "models:/churn@champion",
    serve: { sagemaker: { kind: "serverless" } },
    batch: { with: "sagemaker", schedule, onNewData: "landing/endpoint" },
    owner: "ml",
  },
  "served-alone": { from: pinned, serve: { sagemaker: { kind: "serverless" } } },
};

describe("models that score in batches, on the simulated cloud", function () {
  this.timeout(180_000);
  const sections = {
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      dataProtection: false,
      network: { zones: 2, flowLogs: { enabled: false } },
    },
    mlflow: { replicas: 1 },
    monitoring: { defaultReceiver: "ml", receivers: { ml: { kind: "email", addresses: ["ml@example.com"] } } },
  };
  const stack = new TestStack("b", { ...sections, models });
  after(() => stack.remove());

  it("are started by a schedule, by new objects, or by both, in pods and on SageMaker", async () => {
    const { outputs } = await stack.succeed("up");
    expect(outputs).to.include({ catalogDatabase: "mlplatform_b", athenaWorkgroup: "mlplatform-b" });
    expect(stack.names("kubernetes:batch/CronJob").filter((each) => each.includes("-batch"))).to.have.length(2);
    expect(stack.names("aws:sfn/stateMachine:StateMachine")).to.have.length(3);
    expect(stack.names("aws:scheduler/schedule:Schedule")).to.have.length(2);
    expect(stack.names("aws:pipes/pipe:Pipe")).to.have.length(2);
    expect(stack.names("aws:s3/bucketNotification:BucketNotification")).to.have.length(1);
    expect(stack.names("aws:glue/catalogTable:CatalogTable")).to.have.length(5);
  });

  it("run on SageMaker in a role that reads the model's own rows, writes its predictions and tells of its jobs", () => {
    const statements = (model: string) => {
      const names = ["", "-serverless"].map((kind) => `mlplatform-endpoint-${model}${kind}`);
      const [policy, ...others] = stack
        .asked("aws:iam/rolePolicy:RolePolicy")
        .filter(({ name }) => names.includes(name));
      expect(others).to.deep.equal([]);
      return JSON.parse(policy!.inputs.policy as string).Statement as { Sid: string; Resource: string[] }[];
    };
    const folders = {
      [byTheClock]: [`incoming/${byTheClock}/`],
      [onNew]: ["landing/transform/"],
      "transform-endpoint": ["incoming/transform-endpoint/", "landing/endpoint/"],
    };
    for (const [model, inputs] of Object.entries(folders)) {
      const below = (sid: string) =>
        statements(model)
          .find(({ Sid }) => Sid === sid)!
          .Resource.map((each) => each.replace(/^arn:aws:s3:::[^/]+\//, ""));
      expect(below("BatchRead"), model).to.have.members([...inputs, `predictions/${model}/`].map((each) => `${each}*`));
      expect(below("BatchWrite"), model).to.deep.equal([`predictions/${model}/*`]);
      expect(below("WriteTransformLog").join(), model).to.match(
        /:log-group:\/aws\/sagemaker\/TransformJobs:log-stream:mlplatform-b-transfor-[0-9a-f]{8}-\*$/,
      );
    }
    expect(
      statements("served-alone")
        .map(({ Sid }) => Sid)
        .join(),
    ).to.not.match(/Batch|Transform/);
  });

  it("keep what queries answered for a month; what was scored, and the notes that it was, for ever", () => {
    const expiring = stack
      .asked("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
      .flatMap(({ inputs }) => inputs.rules as { filter: { prefix?: string }; expiration?: { days: number } }[])
      .flatMap(({ filter, expiration }) => (expiration ? [`${filter.prefix} ${expiration.days}`] : []));
    expect(expiring.sort()).to.deep.equal(["airflow/ 90", "athena/ 30"]);
    const notes = stack.asked("aws:dynamodb/table:Table").map(({ inputs }) => inputs);
    expect(notes).to.have.length(2);
    for (const table of notes) {
      expect(table).to.not.have.property("ttl");
      expect(table.pointInTimeRecovery).to.deep.equal({ enabled: true });
      expect(table.serverSideEncryption).to.have.property("kmsKeyArn");
    }
  });

  it("show no change in the preview right after", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("go with the runs that are under way, which Step Functions would wait for", async () => {
    for (const model of [byTheClock, onNew]) stack.waits(`mlplatform-b-${model}-batch`);
    const { [onNew]: _, ...rest } = models;
    stack.configure({ ...sections, models: rest });
    await stack.succeed("up");
    const runs = stack.named("arn:aws:states:eu-west-1:000000000000:execution:");
    expect(runs, "the other model's").to.deep.equal([
      `arn:aws:states:eu-west-1:000000000000:execution:mlplatform-b-${byTheClock}-batch:waits`,
    ]);
  });

  it("leave nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
