import { expect } from "chai";
import { TestStack } from "./runs";

const none = { create: 0, update: 0, replace: 0, delete: 0 };
const from = "models:/churn@champion";
const gate = { metric: "auc", atLeast: 0.8, beatChampion: true };
const tune = { objective: "validation:auc", ranges: { eta: { type: "continuous", min: 0.01, max: 0.3 } } };
const machined = { image: "training", schedule: "cron(0 3 ? * SUN *)", gate, approve: "manual" };

const models = {
  machined: { from, serve: { flask: {} }, training: machined },
  piped: {
    from,
    serve: { sagemaker: { kind: "serverless" } },
    drift: {},
    training: {
      engine: "sagemakerPipelines",
      image: "training",
      onNewData: "landing/piped/",
      onDrift: true,
      tune,
      gate: { ...gate, maxDriftPsi: 0.2 },
      prepare: { with: "container" },
    },
  },
};
const sections = {
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    network: { zones: 2, flowLogs: { enabled: false } },
  },
  mlflow: { replicas: 1 },
};

describe("models of different engines in one stack, on the simulated cloud", function () {
  this.timeout(600_000);
  const stack = new TestStack("t", { ...sections, models });
  after(() => stack.remove());
  const asked = (type: string) => stack.plan().resources.filter((each) => each.type === type);
  const named = (type: string) => asked(type).map(({ name }) => name);
  const machine = (model: string) =>
    JSON.parse(
      asked("aws:sfn/stateMachine:StateMachine").find(({ name }) => name === `mlplatform-training-${model}`)!.inputs
        .definition as string,
    ) as { States: Record<string, { Parameters: Record<string, unknown> }> };

  it("makes a machine for each, and a pipeline for the model that asks for one", async () => {
    const { outputs } = await stack.succeed("up");
    expect(Object.keys(outputs!.trainingMachines as object)).to.deep.equal(["machined", "piped"]);
    expect(named("aws:sagemaker/pipeline:Pipeline")).to.deep.equal(["mlplatform-training-piped-pipe"]);
  });

  it("has what trains in the pipeline, and what stands around it in the machine, which starts it by its name", () => {
    const [pipeline] = asked("aws:sagemaker/pipeline:Pipeline");
    const { Steps } = JSON.parse(pipeline!.inputs.pipelineDefinition as string);
    expect(Steps.map(({ Name }: { Name: string }) => Name)).to.deep.equal([
      "Tune",
      "Evaluate",
      "Gate",
      "WhetherPassed",
    ]);
    const { States } = machine("piped");
    expect(States).to.not.include.any.keys("Train", "Tune", "Package");
    expect(States.StartPipeline!.Parameters.PipelineName).to.equal(pipeline!.inputs.pipelineName);
    expect(pipeline!.inputs.pipelineName).to.equal("mlplatform-t-piped-training");
    expect(machine("machined").States).to.include.keys("Train", "Package");
  });

  it("starts both by the same triggers", () => {
    const started = ["scheduler/schedule:Schedule", "pipes/pipe:Pipe"].map((type) => named(`aws:${type}`));
    expect(started).to.deep.equal([["mlplatform-training-machined-clock"], ["mlplatform-training-piped-new"]]);
    const rules = named("aws:cloudwatch/eventRule:EventRule").filter((name) => name.startsWith("mlplatform-training"));
    expect(rules).to.have.members([
      "mlplatform-training-approval",
      "mlplatform-training-machined-ended",
      "mlplatform-training-piped-drift",
      "mlplatform-training-piped-ended",
      "mlplatform-training-piped-new",
    ]);
  });

  it("shows no change in the preview right after", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("another engine for one model changes its machine and brings its pipeline, and back again", async () => {
    const other = { ...machined, engine: "sagemakerPipelines" };
    stack.configure({ ...sections, models: { ...models, machined: { ...models.machined, training: other } } });
    const there = await stack.succeed("up");
    // The machine, its permissions, and what jobs may write to logs.
    expect(there.changes).to.include({ update: 3, replace: 0, delete: 0 });
    expect(named("aws:sagemaker/pipeline:Pipeline")).to.have.length(2);
    stack.configure({ ...sections, models });
    const back = await stack.succeed("up");
    expect(back.changes).to.include({ create: 0, update: 3, replace: 0 });
    expect(stack.existing().filter(({ type }) => type === "aws:sagemaker/pipeline:Pipeline")).to.have.length(1);
  });

  it("leaves nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});
