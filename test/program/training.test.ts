import { expect } from "chai";
import { TestStack } from "./runs";

const none = { create: 0, update: 0, replace: 0, delete: 0 };
const schedule = "cron(0 3 ? * SUN *)";
const gate = { metric: "auc", atLeast: 0.8, beatChampion: true };
const tune = { objective: "validation:auc", ranges: { eta: { type: "continuous", min: 0.01, max: 0.3 } } };
const sagemaker = { kind: "serverless" };

/** Every trigger, search or none, Glue or container or none, a person or nobody, and each place that serves: each with each other one. */
const longest = "neither".padEnd(27, "x");
const models = {
  "by-the-clock": {
    from: "models:/by-the-clock@champion",
    owner: "ml",
    serve: { flask: {} },
    training: {
      image: "training",
      algorithm: { name: "xgboost", hyperparameters: { num_round: "200", objective: "binary:logistic" } },
      schedule,
      gate,
      prepare: { with: "glue", script: "churn/prepare.py" },
    },
  },
  "on-new": {
    from: "models:/on-new@champion",
    serve: { sagemaker },
    training: { image: "own", onNewData: "landing/on-new", tune, gate, approve: "automatic" },
  },
  "on-drift": {
    from: "models:/on-drift@champion",
    drift: { dataQuality: {} },
    serve: { flask: {}, sagemaker: {} },
    training: {
      image: "own:7",
      onDrift: true,
      tune,
      gate: { ...gate, maxDriftPsi: 0.2 },
      prepare: { with: "container", cpu: "500m", memoryMiB: 3000 },
    },
  },
  batched: {
    from: "models:/batched@champion",
    serve: {},
    batch: { schedule },
    training: { image: "registry.example.com/ml/own:7", schedule, onNewData: "landing/batched/", approve: "automatic" },
  },
  [longest]: {
    from: `models:/${longest}@champion`,
    serve: {},
    training: { image: "training", approve: "manual", spot: false, instances: 2, prepare: { with: "container" } },
  },
};
const sections = {
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    network: { zones: 2, flowLogs: { enabled: false } },
    images: { repositories: ["own"] },
  },
  mlflow: { replicas: 1 },
  monitoring: { defaultReceiver: "ml", receivers: { ml: { kind: "email", addresses: ["ml@example.com"] } } },
};
// With training goes what it makes for Model Monitor.
const without = Object.fromEntries(
  Object.entries(models).map(([name, { training: _, ...block }]) => [
    name,
    "drift" in block ? { ...block, drift: {} } : block,
  ]),
);

describe("training on Step Functions, on the simulated cloud", function () {
  this.timeout(600_000);
  const stack = new TestStack("t", { ...sections, models });
  after(() => stack.remove());
  it("makes a machine for each model, with what starts it, and one ground and one registrar for all", async () => {
    const { outputs } = await stack.succeed("up");
    expect(Object.keys(outputs!.trainingMachines as object).sort()).to.deep.equal(Object.keys(models).sort());
    const checks = ["by-the-clock", "on-drift", "on-new"].map((gated) => `mlplatform-training-${gated}-check`);
    const machines = ["decisions", ...Object.keys(models)].map((each) => `mlplatform-training-${each}`).concat(checks);
    expect(stack.names("aws:sfn/stateMachine:StateMachine").sort()).to.deep.equal(machines.sort());
    const alarms = stack.names("aws:cloudwatch/metricAlarm:MetricAlarm");
    for (const machine of machines) expect(alarms, "each machine is watched").to.include(`${machine}-alarms-failed`);
    const ticking = ["mlplatform-training-batched-clock", "mlplatform-training-by-the-clock-clock"];
    expect(stack.names("aws:scheduler/schedule:Schedule").sort()).to.deep.equal(
      [...ticking, ...checks.map((check) => `${check}-at`)].sort(),
    );
    expect(stack.names("aws:pipes/pipe:Pipe")).to.have.length(2);
    expect(stack.names("aws:s3/bucketNotification:BucketNotification")).to.have.length(1);
    expect(stack.names("aws:sfn/activity:Activity")).to.deep.equal(["mlplatform-training"]);
    expect(stack.names("aws:glue/job:Job")).to.have.length(1);
    expect(stack.names("aws:ecs/taskDefinition:TaskDefinition")).to.have.length(2);
    expect(stack.names("aws:sagemaker/modelPackageGroup:ModelPackageGroup")).to.have.length(5);
    const functions = stack.asked("aws:lambda/function:Function").map(({ name }) => name);
    expect(functions.filter((name) => name.startsWith("mlplatform-training-"))).to.have.length(5);
    const deployments = stack.asked("kubernetes:apps/v1:Deployment").map(({ name }) => name);
    expect(deployments).to.include("mlplatform-training-registrar");
  });

  it("passes on what is decided of packages where anything follows from it, and keeps what it could not", () => {
    const of = (type: string, name: string) => stack.asked(type).find((each) => each.name === name)!.inputs;
    const machine = of("aws:sfn/stateMachine:StateMachine", "mlplatform-training-decisions");
    const groups = [longest, "by-the-clock", "on-drift", "on-new"].map((model) => `mlplatform-t-${model}`).sort();
    const { Choices } = JSON.parse(machine.definition as string).States.WhetherOurs;
    expect(JSON.parse(Choices[0].Condition.match(/\[.*\]/)[0]).sort()).to.deep.equal(groups);
    const { policy } = of("aws:iam/rolePolicy:RolePolicy", "mlplatform-training-decisions");
    const [sees] = JSON.parse(policy as string).Statement;
    expect(sees.Resource).to.deep.equal(["arn:aws:sagemaker:eu-west-1:000000000000:model-package/mlplatform-t-*/*"]);
    const target = of("aws:cloudwatch/eventTarget:EventTarget", "mlplatform-training-decisions");
    expect(target)
      .to.have.nested.property("deadLetterConfig.arn")
      .that.matches(/:mlplatform-missed/);
    const [lets, ...more] = JSON.parse(
      of("aws:sqs/queuePolicy:QueuePolicy", "mlplatform-missed").policy as string,
    ).Statement;
    expect(more).to.deep.equal([]);
    expect(lets).to.deep.include({
      Principal: { Service: ["events.amazonaws.com"] },
      Action: ["sqs:SendMessage"],
      Resource: [(target.deadLetterConfig as { arn: string }).arn],
      Condition: {
        ArnLike: { "aws:SourceArn": "arn:aws:events:eu-west-1:000000000000:rule/mlplatform-training-approval-*" },
      },
    });
    expect(target.rule).to.match(/^mlplatform-training-approval-/);
  });

  it("trains by a built-in algorithm with the image that AWS has of it in the region, and lets its jobs take no other", () => {
    const of = (type: string, name: string) => stack.asked(type).find((each) => each.name === name)!.inputs;
    const machine = of("aws:sfn/stateMachine:StateMachine", "mlplatform-training-by-the-clock");
    const { States } = JSON.parse(machine.definition as string);
    expect(States.Train.Parameters.AlgorithmSpecification.TrainingImage).to.equal(
      "000000000001.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5",
    );
    const { policy } = of("aws:iam/rolePolicy:RolePolicy", "mlplatform-training-by-the-clock-jobs");
    const [pulls] = JSON.parse(policy as string).Statement.filter(({ Sid }: { Sid: string }) => Sid === "PullImage");
    expect(pulls.Resource).to.deep.equal([
      "arn:aws:ecr:eu-west-1:000000000000:repository/mlplatform/t/training",
      "arn:aws:ecr:eu-west-1:000000000001:repository/sagemaker-xgboost",
    ]);
  });

  it("puts what the rows of the live version were like where the schedule of Model Monitor reads it, for the model that has one", () => {
    const place = "baselines/on-drift/live/constraints.json";
    const [definition] = stack.asked("aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition");
    expect(definition!.inputs)
      .to.have.nested.property("dataQualityBaselineConfig.constraintsResource.s3Uri")
      .that.matches(new RegExp(`/${place}$`));
    for (const { name, inputs } of stack.asked("aws:sfn/stateMachine:StateMachine")) {
      const { PublishConstraints } = JSON.parse(inputs.definition as string).States;
      expect(PublishConstraints?.Parameters.Key, name).to.equal(name.endsWith("on-drift") ? place : undefined);
    }
    const { policy } = stack
      .asked("aws:iam/rolePolicy:RolePolicy")
      .find(
        ({ name, inputs }) => name.endsWith("on-drift") && String(inputs.policy).includes("PublishBaseline"),
      )!.inputs;
    expect(String(policy)).to.contain(place);
  });

  it("tells the registrar of each model where its versions go, and starts machines by what the config says", () => {
    const config = stack
      .asked("kubernetes:core/v1:ConfigMap")
      .find(({ name }) => name === "mlplatform-training-registrar")!;
    const told = JSON.parse((config.inputs.data as Record<string, string>)["registrar.json"]!);
    expect(told).to.include({ stack: "mlplatform-t", region: "eu-west-1" });
    expect(told.packages).to.match(/^s3:\/\/[^/]+\/models$/);
    expect(told.activityArn).to.match(/:activity:mlplatform-t-registrar$/);
    expect(told.models.map((model: { name: string; targets: string[] }) => [model.name, model.targets])).to.deep.equal([
      ["batched", []],
      ["by-the-clock", ["kubernetes"]],
      [longest, []],
      ["on-drift", ["kubernetes", "sagemaker"]],
      ["on-new", ["sagemaker"]],
    ]);
    const made = stack
      .asked("kubernetes:apps/v1:Deployment")
      .find(({ name }) => name === "mlplatform-training-registrar")!;
    const { template } = made.inputs.spec as { template: { spec: { containers: { args: string[] }[] } } };
    expect(template.spec.containers[0]!.args, "one for each model, whose releases take hours").to.deep.equal([
      ...["register", "--workers", String(told.models.length + 1)],
    ]);
    const patterns = stack
      .asked("aws:cloudwatch/eventRule:EventRule")
      .map(({ name, inputs }) => [name, inputs.eventPattern]);
    const pattern = (name: string) => JSON.parse(Object.fromEntries(patterns)[`mlplatform-training-${name}`]);
    expect(pattern("on-drift-drift").detail).to.deep.equal({ stack: ["mlplatform-t"], model: ["on-drift"] });
    expect(pattern("approval").detail.ModelPackageGroupName).to.deep.equal([{ prefix: "mlplatform-t-" }]);
    expect(pattern("on-new-ended").detail.stateMachineArn[0]).to.match(/:stateMachine:mlplatform-t-on-new-training$/);
  });

  it("empties what runs leave behind, and nothing else of what is trained on or live", () => {
    const { inputs } = stack
      .asked("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
      .find(({ name }) => name.endsWith("-data"))!;
    const rules = inputs.rules as { filter: { prefix?: string }; expiration?: { days: number } }[];
    const expiring = rules.flatMap(({ filter, expiration }) => (expiration ? [[filter.prefix, expiration.days]] : []));
    expect(expiring).to.deep.equal([
      ["athena/", 30],
      ["extracts/", 90],
      ["checkpoints/", 90],
      ["outputs/", 90],
    ]);
  });

  it("shows no change in the preview right after", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("another gate, range or image changes the machine, the one that checks by that gate, and nothing else", async () => {
    const { training, ...block } = models["on-new"];
    const changed = {
      ...training,
      gate: { ...gate, atLeast: 0.85 },
      tune: { ...tune, maxJobs: 30 },
      hyperparameters: { depth: "4" },
    };
    stack.configure({ ...sections, models: { ...models, "on-new": { ...block, training: changed } } });
    const { changes, operations } = await stack.succeed("up");
    expect(changes).to.include({ ...none, update: 2 });
    expect(operations.map(({ name }) => name)).to.have.members([
      "mlplatform-training-on-new",
      "mlplatform-training-on-new-check",
    ]);
  });

  it("offers what a person approves to another account, and takes what is approved there", async () => {
    const producer = {
      ...{ accountId: "111111111111", region: "eu-west-1", bucket: "somebody-elses-data" },
      keyArn: "arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d",
      publicKey: "0a".repeat(32),
    };
    const consumers = { prod: { accountId: "222222222222", models: ["by-the-clock"] } };
    const taken = { from: { stack: "dev", approved: true }, serve: { flask: {} } };
    stack.configure({
      ...sections,
      promotion: { consumers, producers: { dev: producer } },
      models: { ...models, taken },
    });
    const { outputs, changes } = await stack.succeed("up");
    expect(changes).to.include({ replace: 0, delete: 0 });
    expect(Object.keys(outputs.promotionProducer as object)).to.deep.equal(["t"]);
    const told = (outputs.promotionProducer as Record<string, Record<string, string>>).t!;
    expect(told).to.include({ accountId: "000000000000", region: "eu-west-1" });
    expect(told.publicKey).to.match(/^[0-9a-f]{64}$/);
    const policies = (type: string) => stack.asked(type).map(({ inputs }) => String(inputs.policy));
    const other = "arn:aws:iam::222222222222:root";
    expect(policies("aws:s3/bucketPolicy:BucketPolicy").filter((each) => each.includes(other))).to.have.length(1);
    expect(policies("aws:kms/key:Key").filter((each) => each.includes(other))).to.have.length(1);
    const config = stack
      .asked("kubernetes:core/v1:ConfigMap")
      .find(({ name }) => name === "mlplatform-models-promoter")!;
    const file = JSON.parse((config.inputs.data as Record<string, string>)["promoter.json"]!);
    expect(file.offers).to.equal(`s3://${told.bucket}/promotions/`);
    expect(file.offered).to.deep.equal([
      { name: "by-the-clock", from: "models:/by-the-clock@champion", targets: ["kubernetes"] },
    ]);
    const { keyArn: _, ...known } = producer;
    expect(file.taken).to.deep.equal([
      {
        ...{ name: "taken", from: "models:/taken@champion", model: "taken" },
        producer: { ...known, stack: "mlplatform-dev" },
      },
    ]);
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("a group of packages goes with the versions that runs put into it, and takes no other group's along", async () => {
    stack.version("mlplatform-t-batched", 1);
    stack.version("mlplatform-t-batched", 2);
    stack.version("mlplatform-t-on-new", 1);
    const { batched: _, ...others } = models;
    stack.configure({ ...sections, models: { ...others, batched: without.batched } });
    await stack.succeed("up");
    expect(stack.existing().filter(({ name }) => /promoter|models-taken/.test(name))).to.deep.equal([]);
    expect(stack.names("aws:sagemaker/modelPackageGroup:ModelPackageGroup")).to.have.length(4);
    expect(stack.named("arn:aws:sagemaker:eu-west-1:000000000000:model-package/")).to.have.length(1);
  });

  it("a model goes while runs of it wait for a person: what starts them first, then they, then their machine", async () => {
    stack.waits("mlplatform-t-on-new-training");
    stack.waits("mlplatform-t-on-drift-training");
    const { "on-new": _, batched: __, ...others } = models;
    const served = { "on-new": without["on-new"], batched: without.batched };
    stack.configure({ ...sections, models: { ...others, ...served } });
    const { operations } = await stack.succeed("up");
    const deleted = operations.filter(({ kind }) => kind === "delete").map(({ type, name }) => `${type} ${name}`);
    const at = (what: string) => {
      expect(deleted, what).to.include(what);
      return deleted.indexOf(what);
    };
    const stopped = at("aws:lambda/invocation:Invocation mlplatform-training-on-new-runs");
    expect(stopped).to.be.below(at("aws:sfn/stateMachine:StateMachine mlplatform-training-on-new"));
    for (const starts of [
      "aws:pipes/pipe:Pipe mlplatform-training-on-new-new",
      "aws:cloudwatch/eventRule:EventRule mlplatform-training-on-new-new",
      "aws:cloudwatch/eventTarget:EventTarget mlplatform-training-on-new-ended",
      "aws:cloudwatch/eventRule:EventRule mlplatform-training-on-new-ended",
    ]) {
      expect(at(starts), starts).to.be.below(stopped);
    }
    const runs = stack.named("arn:aws:states:eu-west-1:000000000000:execution:");
    expect(runs, "the other model's").to.have.length(1);
  });

  it("with training off there is none of it, and what serves stays as it is", async () => {
    stack.configure({ ...sections, models: without });
    const { changes } = await stack.succeed("up");
    expect(changes).to.include({ create: 0, replace: 0 });
    for (const type of ["sfn/stateMachine:StateMachine", "sfn/activity:Activity", "dynamodb/table:Table"]) {
      expect(stack.names(`aws:${type}`), type).to.deep.equal([]);
    }
    const left = stack.existing().map(({ name, type }) => `${type} ${name}`);
    expect(left.filter((each) => /mlplatform-training|registrar/.test(each))).to.deep.equal([]);
  });

  it("leaves nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
