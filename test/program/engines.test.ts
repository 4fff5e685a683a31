import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { madeUpKubeconfig } from "./kubeconfig";
import { TestStack } from "./runs";

const none = { create: 0, update: 0, replace: 0, delete: 0 };
const gate = { metric: "auc", atLeast: 0.8, beatChampion: true };
const tune = { objective: "validation:auc", ranges: { eta: { type: "continuous", min: 0.01, max: 0.3 } } };
const machined = { image: "training", schedule: "cron(0 3 ? * SUN *)", gate, approve: "manual" };

const models = {
  machined: { from: "models:/machined@champion", serve: { flask: {} }, training: machined },
  piped: {
    from: "models:/piped@champion",
    serve: { sagemaker: { kind: "serverless" } },
    drift: {},
    training: {
      engine: "sagemakerPipelines",
      image: "training",
      onNewData: "landing/piped/",
      onDrift: true,
      algorithm: { name: "xgboost", hyperparameters: { num_round: "200", objective: "binary:logistic" } },
      tune,
      gate: { ...gate, maxDriftPsi: 0.2 },
      prepare: { with: "container" },
    },
  },
  charted: {
    from: "models:/charted@champion",
    serve: { flask: {} },
    training: {
      engine: "airflow",
      image: "training",
      schedule: "cron(0 3 ? * SUN *)",
      gate,
      dataDrift: { minPsi: 0.02 },
      prepare: { with: "container" },
    },
  },
};
/** On AWS alone. */
const monitor = { modelQuality: {}, everyHours: 6 };
const onAws = { ...models, charted: { ...models.charted, drift: {}, monitor } };
const sections = {
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    network: { zones: 2, flowLogs: { enabled: false } },
  },
  mlflow: { replicas: 1 },
  airflow: {},
};

describe("models of different engines in one stack, on the simulated cloud", function () {
  this.timeout(600_000);
  const stack = new TestStack("t", { ...sections, models: onAws });
  after(() => stack.remove());
  const named = (type: string) => stack.asked(type).map(({ name }) => name);
  const machine = (model: string) =>
    JSON.parse(
      stack.asked("aws:sfn/stateMachine:StateMachine").find(({ name }) => name === `mlplatform-training-${model}`)!
        .inputs.definition as string,
    ) as { States: Record<string, { Parameters: Record<string, unknown> }> };

  const dags = () =>
    stack.asked("kubernetes:core/v1:ConfigMap").find(({ name }) => name === "mlplatform-airflow-dags")!.inputs
      .data as Record<string, string>;

  it("makes a machine, a pipeline with its machine, or a DAG, as each asks", async () => {
    const { outputs } = await stack.succeed("up");
    expect(outputs!.trainingDags).to.deep.equal({ charted: "train-charted" });
    expect(Object.keys(outputs!.trainingMachines as object)).to.deep.equal(["machined", "piped"]);
    expect(named("aws:sagemaker/pipeline:Pipeline")).to.deep.equal(["mlplatform-training-piped-pipe"]);
  });

  it("has what trains in the pipeline, and what stands around it in the machine, which starts it by its name", () => {
    const [pipeline] = stack.asked("aws:sagemaker/pipeline:Pipeline");
    const { Steps } = JSON.parse(pipeline!.inputs.pipelineDefinition as string);
    expect(Steps.map(({ Name }: { Name: string }) => Name)).to.deep.equal([
      "Tune",
      "Convert",
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

  it("measures versions that people ask for whichever engine trains, by the loop's own gate", () => {
    for (const model of ["machined", "piped"]) {
      const { States } = machine(`${model}-check`);
      expect(States).to.include.keys("FindCandidate", "Evaluate", "Gate", "NotePassed", "NoteFailed");
      expect(States).to.not.include.any.keys("Train", "Promote", "StartPipeline");
    }
    expect(Object.keys(dags())).to.include("charted.check.json");
  });

  it("starts both by the same triggers", () => {
    const started = ["scheduler/schedule:Schedule", "pipes/pipe:Pipe"].map((type) => named(`aws:${type}`).sort());
    expect(started).to.deep.equal([
      [
        "mlplatform-answers-charted",
        "mlplatform-training-machined-check-at",
        "mlplatform-training-machined-clock",
        "mlplatform-training-piped-check-at",
      ],
      ["mlplatform-training-piped-new"],
    ]);
    const rules = named("aws:cloudwatch/eventRule:EventRule").filter((name) => name.startsWith("mlplatform-training"));
    expect(rules).to.have.members([
      "mlplatform-training-approval",
      "mlplatform-training-machined-ended",
      "mlplatform-training-piped-drift",
      "mlplatform-training-piped-ended",
      "mlplatform-training-piped-new",
    ]);
  });

  it("has the DAG beside what makes it, and who its pods are with what they may do", () => {
    expect(Object.keys(dags()).sort()).to.deep.equal([
      ".airflowignore",
      ...["charted.check.json", "charted.json"],
      "training_loops.py",
    ]);
    const { steps } = JSON.parse(dags()["charted.json"]!);
    expect(JSON.stringify(steps)).to.match(/s3:\/\/mlplatform-data[\w-]*\/data\/charted\//);
    expect(steps.map(({ id }: { id: string }) => id)).to.include.members(["prepare", "train", "approve", "promote"]);
    const account = stack
      .asked("kubernetes:core/v1:ServiceAccount")
      .find(({ name }) => name.endsWith("loops-charted"))!;
    expect(account.inputs.metadata).to.deep.include({ name: "training-charted", namespace: "airflow-training" });
    expect(steps[0].pod.spec.serviceAccountName).to.equal("training-charted");
    const grants = named("aws:eks/podIdentityAssociation:PodIdentityAssociation");
    expect(grants).to.include("mlplatform-airflow-loops-charted");
  });

  it("looks at live answers of what Airflow trains by a job of SageMaker, and finds what the DAG has kept", () => {
    const schedule = stack
      .asked("aws:scheduler/schedule:Schedule")
      .find(({ name }) => name === "mlplatform-answers-charted");
    const { input } = schedule!.inputs.target as { input: string };
    const { AppSpecification } = JSON.parse(input);
    expect(AppSpecification.ImageUri).to.match(/\/training:\d/);
    expect(AppSpecification.ContainerArguments).to.include.members(["monitor", "--model=charted"]);
    const [bucket] = /(?<=--bucket=)[\w-]+/.exec(AppSpecification.ContainerArguments.join(" "))!;
    expect(dags()["charted.json"]).to.contain(`s3://${bucket}/models/charted/{{ run_name(dag_run) }}/baseline/`);
    expect(dags()["charted.json"]).to.contain(`s3://${bucket}/metadata/charted/runs/{{ run_name(dag_run) }}.json`);
  });

  it("shows no change in the preview right after", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
  });

  it("another gate of a loop changes the ConfigMaps of DAGs, where they are read and where tasks run, and nothing else", async () => {
    const training = { ...models.charted.training, gate: { ...gate, atLeast: 0.85 } };
    stack.configure({ ...sections, models: { ...onAws, charted: { ...onAws.charted, training } } });
    const { changes, operations } = await stack.succeed("up");
    expect(changes).to.include({ ...none, update: 2 });
    const updated = operations.filter(({ kind }) => kind === "update").map(({ name }) => name);
    expect(updated.sort()).to.deep.equal(["mlplatform-airflow-dags", "mlplatform-airflow-tasks-dags"]);
    expect(dags()["charted.json"]).to.contain("0.85");
    stack.configure({ ...sections, models: onAws });
    await stack.succeed("up");
  });

  it("another engine for one model changes its machine and brings its pipeline, and back again", async () => {
    const other = { ...machined, engine: "sagemakerPipelines" };
    stack.configure({ ...sections, models: { ...onAws, machined: { ...models.machined, training: other } } });
    const there = await stack.succeed("up");
    // The machine, its permissions, and what jobs may write to logs.
    expect(there.changes).to.include({ update: 3, replace: 0, delete: 0 });
    expect(named("aws:sagemaker/pipeline:Pipeline")).to.have.length(2);
    // SageMaker deletes no pipeline that has a run under way.
    for (const model of ["machined", "piped"]) stack.trains(`mlplatform-t-${model}-training`);
    stack.configure({ ...sections, models: onAws });
    const back = await stack.succeed("up");
    expect(back.changes).to.include({ create: 0, update: 3, replace: 0 });
    const runs = stack.named("arn:aws:sagemaker:eu-west-1:000000000000:pipeline/mlplatform-t-");
    expect(
      runs.filter((arn) => arn.endsWith("/execution/trains")),
      "the other model's",
    ).to.have.length(1);
    expect(stack.names("aws:sagemaker/pipeline:Pipeline")).to.have.length(1);
  });

  it("a model that goes from a DAG to a machine leaves nothing of the DAG, and the others as they are", async () => {
    const { engine: _, ...training } = models.charted.training;
    stack.configure({ ...sections, models: { ...onAws, charted: { ...onAws.charted, training } } });
    const { outputs } = await stack.succeed("up");
    expect(outputs).to.not.have.property("trainingDags");
    expect(Object.keys(outputs!.trainingMachines as object)).to.have.members(["charted", "machined", "piped"]);
    const left = stack.existing().map(({ type, name }) => `${type} ${name}`);
    expect(left.filter((each) => /airflow-loops|airflow-dags/.test(each))).to.deep.equal([]);
    expect(stack.plan().resources.some(({ name }) => name === "mlplatform-airflow-dags")).to.equal(false);
  });

  it("leaves nothing when all is destroyed", async () => {
    await stack.succeed("destroy");
    expect(stack.existing()).to.deep.equal([]);
  });
});

describe("a model trained by Airflow on an existing cluster, on the simulated cloud", function () {
  this.timeout(240_000);
  const home = mkdtempSync(join(tmpdir(), "engines-"));
  const kubeconfig = join(home, "config");
  writeFileSync(kubeconfig, madeUpKubeconfig("kind-made-up"));
  const stack = new TestStack("existing", {
    foundation: {
      ...{ kind: "existing", kubeconfig, context: "kind-made-up", dataProtection: false },
      images: { registry: "registry.example.com/ml" },
    },
    mlflow: {},
    airflow: { executor: { kind: "celery" } },
    models: { charted: models.charted },
  });
  after(() => {
    stack.remove();
    rmSync(home, { recursive: true });
  });
  const planned = (type: string, name: string) =>
    stack.plan().resources.find((each) => each.type === `kubernetes:${type}` && each.name === name);

  it("has its DAG, the key of the store by name, and an account of its own", async () => {
    const { outputs } = await stack.succeed("up");
    expect(outputs.trainingDags).to.deep.equal({ charted: "train-charted" });
    const { data } = planned("core/v1:ConfigMap", "mlplatform-airflow-dags")!.inputs as {
      data: Record<string, string>;
    };
    expect(data["charted.json"]).to.contain("s3://data/data/charted/").and.to.contain('"name":"training-store"');
    expect(data["charted.json"]).to.contain("registry.example.com/ml/release:");
    expect(planned("core/v1:Secret", "mlplatform-airflow-loops-store")).to.not.equal(undefined);
    expect(planned("core/v1:ServiceAccount", "mlplatform-airflow-loops-charted")).to.not.equal(undefined);
  });

  it("shows no change in the preview right after, and leaves nothing", async () => {
    expect((await stack.succeed("preview")).changes).to.include(none);
    await stack.succeed("destroy");
    expect(stack.existing().filter(({ name }) => !name.endsWith(".postgresql.cnpg.io"))).to.deep.equal([]);
  });
});
