import { expect } from "chai";
import { TestStack } from "./runs";

const none = { create: 0, update: 0, replace: 0, delete: 0 };
const schedule = "cron(0 3 ? * SUN *)";
const pinned = "s3://models/3/churn.tar.gz";

/** Each way with each start, and names as long as a stack of one letter lets them be. */
const models = {
  ["pods-by-the-clock".padEnd(38, "x")]: { from: "models:/churn@champion", batch: { schedule } },
  "pods-new": { from: "models:/churn/3", batch: { onNewData: "landing/pods" } },
  ["transform-by-the-clock".padEnd(29, "x")]: { from: pinned, batch: { with: "sagemaker", schedule } },
  ["transform-new".padEnd(29, "x")]: { from: pinned, batch: { with: "sagemaker", onNewData: "landing/transform" } },
  "transform-endpoint": {
    from: "models:/churn@champion",
    serve: { sagemaker: { kind: "serverless" } },
    batch: { with: "sagemaker", schedule, onNewData: "landing/endpoint" },
    owner: "ml",
  },
};

describe("models that score in batches, on the simulated cloud", function () {
  this.timeout(180_000);
  const stack = new TestStack("b", {
    foundation: {
      kind: "aws",
      region: "eu-west-1",
      dataProtection: false,
      network: { zones: 2, flowLogs: { enabled: false } },
    },
    mlflow: { replicas: 1 },
    monitoring: { defaultReceiver: "ml", receivers: { ml: { kind: "email", addresses: ["ml@example.com"] } } },
    models,
  });
  after(() => stack.remove());
  const names = (type: string) =>
    stack
      .existing()
      .filter((each) => each.type === type)
      .map(({ name }) => name);

  it("are started by a schedule, by new objects, or by both, in pods and on SageMaker", async () => {
    const { outputs } = await stack.succeed("up");
    expect(outputs).to.include({ predictionsDatabase: "mlplatform_b", athenaWorkgroup: "mlplatform-b" });
    expect(names("kubernetes:batch/CronJob").filter((each) => each.includes("-batch"))).to.have.length(2);
    expect(names("aws:sfn/stateMachine:StateMachine")).to.have.length(3);
    expect(names("aws:scheduler/schedule:Schedule")).to.have.length(2);
    expect(names("aws:pipes/pipe:Pipe")).to.have.length(2);
    expect(names("aws:s3/bucketNotification:BucketNotification")).to.have.length(1);
    expect(names("aws:glue/catalogTable:CatalogTable")).to.have.length(5);
  });

  it("keep what queries answered for a month, and the rows and predictions for ever", () => {
    const expiring = stack
      .plan()
      .resources.filter(({ type }) => type === "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
      .flatMap(({ inputs }) => inputs.rules as { filter: { prefix?: string }; expiration?: { days: number } }[])
      .flatMap(({ filter, expiration }) => (expiration ? [`${filter.prefix} ${expiration.days}`] : []));
    expect(expiring.sort()).to.deep.equal(["airflow/ 90", "athena/ 30"]);
  });

  it("show no change in the preview right after", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("leave nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
