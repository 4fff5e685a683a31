import { expect } from "chai";
import { pipelineMachine } from "../../../components/training/pipelines/machine";
import { askProgram } from "../../../test/support/python";
import { pythonOrSkip } from "../../../test/support/pythonOrSkip";
import { machineFacts, plainSpec } from "../../../test/support/trainingFacts";
import {
  coverage,
  failing,
  statesOf,
  type TrainingAnswer,
  type TrainingScenario,
} from "../../../test/support/trainingMachine";

const drift = { metric: "auc", atLeast: 0.8, beatChampion: true, maxDriftPsi: 0.2 };
const { gate: _, ...ungated } = plainSpec;
const manual = machineFacts({ approve: "manual", endpointName: "dev-churn" });
const scenarios = {
  passes: { facts: machineFacts(), inputs: [{ reason: 'again,\n"rows" were wrong' }] },
  approved: { facts: manual, approval: "Approved" },
  rejected: { facts: manual, approval: "Rejected" },
  withTraffic: { facts: machineFacts({ gate: drift }), samples: true },
  withoutTraffic: { facts: machineFacts({ gate: drift }) },
  first: { facts: machineFacts({ gate: drift }), champion: { version: null, packageUri: null } },
  ungated: { facts: { ...machineFacts(), spec: ungated } },
  gateRejected: { facts: machineFacts(), pipeline: "Failed" },
  stopped: { facts: machineFacts(), pipeline: "Stopped" },
  noBaseline: { facts: machineFacts(), validation: { passed: true, problems: [], rows: 900 } },
  published: { facts: machineFacts({ liveBaseline: true }) },
  nothingToPublish: {
    facts: machineFacts({ liveBaseline: true }),
    validation: { passed: true, problems: [], rows: 900 },
  },
  unmoved: {
    facts: machineFacts({ dataDrift: { effect: "warn", minPsi: 0.02 } }),
    inputs: [{ reason: "schedule" }],
    validation: { passed: true, problems: [], rows: 900, drift: { tenure: 0 }, unchanged: true },
  },
  badData: { facts: machineFacts(), validation: { passed: false, problems: ["no rows"], rows: 0 } },
  left: {
    ...{ facts: machineFacts(), inputs: [{}, {}], leftover: "Executing" },
    faults: { LookAtPipeline: ["SageMaker.ResourceNotFoundException*"] },
  },
  leftUnheard: { facts: machineFacts(), leftover: "Executing", unheard: true },
  leftRunning: {
    ...{ facts: machineFacts(), leftover: "Executing" },
    faults: {
      LookAtPipeline: ["SageMaker.ResourceNotFoundException*"],
      StopPipeline: ["SageMaker.SageMakerException*"],
    },
  },
  leftUnfound: {
    ...{ facts: machineFacts(), leftover: "Executing" },
    faults: {
      LookAtPipeline: ["SageMaker.ResourceNotFoundException*"],
      FindPipeline: ["SageMaker.SageMakerException*"],
    },
  },
  lost: { facts: machineFacts(), faults: { LookAtPipeline: ["SageMaker.ResourceNotFoundException*"] } },
  throttled: { facts: machineFacts(), faults: { LookAtPipeline: ["SageMaker.SageMakerException"] } },
  aborted: { facts: manual, leftover: "Executing", inputs: [{}, { aborted: 0 }], until: { "0": "Approve" } },
  abortedLate: { facts: manual, inputs: [{}, { aborted: 0, status: "TIMED_OUT" }], until: { "0": "Approve" } },
  notStopped: {
    ...{ facts: manual, leftover: "Executing", inputs: [{}, { aborted: 0 }], until: { "0": "Approve" } },
    faults: { StopPipeline: ["SageMaker.SageMakerException*"] },
  },
} satisfies Record<string, TrainingScenario>;
type Name = keyof typeof scenarios;
const compile = (facts: TrainingScenario["facts"]) => pipelineMachine(facts, "dev-churn");

/** States that the machine without a pipeline has not, or not so; of the others every one is visited there. */
function own(facts: TrainingScenario["facts"]): string[] {
  const plain = statesOf(facts);
  const states = Object.entries(statesOf(facts, compile));
  return states.filter(([name, state]) => JSON.stringify(plain[name]) !== JSON.stringify(state)).map(([name]) => name);
}

const special = new Set(Object.values(scenarios).flatMap(({ facts }) => own(facts)));

const broken = Object.fromEntries(
  Object.entries(
    failing(
      [
        ["full", { facts: manual, approval: "Approved" }],
        ["rejected", scenarios.gateRejected],
        ["left", scenarios.left],
        ["traffic", scenarios.withTraffic],
      ],
      compile,
      { FindFailedSteps: "rejected", FindPipeline: "left", StopPipeline: "left", CompareWithChampion: "traffic" },
    ),
  ).filter(([name]) => special.has(name.split(".")[1]!)),
);

describe("the state machine around a pipeline, in moto's interpreter", function () {
  this.timeout(300_000);
  const every: Record<string, TrainingScenario> = { ...scenarios, ...broken };
  let answers: Record<Name, TrainingAnswer>;

  before(async function () {
    const python = await pythonOrSkip(this, "moto", 180);
    const runs = Object.values(every).map(({ facts, ...rest }) => ({ ...rest, definition: compile(facts) }));
    const told = await askProgram<TrainingAnswer[]>(python.python, "trainingMachine.py", { runs });
    answers = Object.fromEntries(Object.keys(every).map((name, at) => [name, told[at]!])) as typeof answers;
  });

  const execution = (name: Name) => answers[name].executions[0]!;
  const called = (name: Name, action: string) =>
    answers[name].calls.filter((call) => call.action === action).map(({ parameters }) => parameters);
  const given = (name: Name) => {
    const [{ PipelineParameters }] = called(name, "sagemaker.start_pipeline_execution") as [
      { PipelineParameters: { Name: string; Value: string }[] },
    ];
    return Object.fromEntries(PipelineParameters.map((each) => [each.Name, each.Value]));
  };

  it("puts what Model Monitor compares with into its place once the version is live, and promotes none that left nothing to put", () => {
    const files = ["constraints", "statistics"].map((name) => `baselines/churn/live/${name}.json`);
    expect(answers.published.stored.filter((key) => key.startsWith("baselines/"))).to.deep.equal(files);
    expect(execution("nothingToPublish")).to.include({ status: "FAILED", error: "NoBaseline" });
    expect(called("nothingToPublish", "sagemaker.start_pipeline_execution"), "it would leave a package").to.deep.equal(
      [],
    );
    expect(answers.nothingToPublish.stored.join()).to.not.contain("baselines/");
  });

  it("goes from data over a pipeline that it waits for to a live version, and records it", () => {
    expect(execution("passes")).to.include({ status: "SUCCEEDED" });
    expect(called("passes", "sagemaker.describe_pipeline_execution")).to.have.length(2);
    const run = given("passes").Run!;
    expect(called("passes", "registrar.register")[0]).to.deep.include({
      runId: run,
      modelPackage: "s3://data/models/churn/r/t/output/model.tar.gz",
      data: "s3://data/data/churn/",
      metrics: { auc: 0.9 },
      engine: "sagemakerPipelines",
    });
    expect(answers.passes.records[0]!.judged).to.deep.equal({ passed: true, said: "passed" });
    expect(answers.ungated.records[0]).to.not.have.property("judged");
    expect(called("passes", "registrar.register")[0]!.source).to.match(/^arn:aws:states:.*:execution:/);
    expect(called("passes", "registrar.promote")[0]).to.include({ version: "4" });
    expect(answers.passes.records[0]).to.deep.include({ run, package: { arn: packageArn } });
    expect(called("passes", "sagemaker.create_training_job")).to.deep.equal([]);
    expect(called("passes", "sagemaker.create_processing_job"), "only data are checked outside").to.have.length(1);
  });

  const packageArn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/dev-churn/7";

  it("keeps beside its model what was measured of a version, and the rows where the image says so", () => {
    const kept = (name: Name) => {
      const copied = called(name, "s3.copy_object") as { Bucket: string; CopySource: string; Key: string }[];
      if (copied.length > 0) expect([...new Set(copied.map(({ Bucket }) => Bucket))]).to.deep.equal(["data"]);
      const { Run } = given(name);
      return copied.map(({ CopySource, Key }) => [CopySource, Key].map((each) => each.replace(Run!, "run")));
    };
    const ofData = ["statistics", "constraints"].map((file) => [
      `data/outputs/churn/run/baseline/${file}.json`,
      `models/churn/run/baseline/${file}.json`,
    ]);
    const evaluation = ["data/outputs/churn/run/evaluation.json", "models/churn/run/baseline/evaluation.json"];
    expect(kept("passes")).to.deep.equal([evaluation, ...ofData]);
    expect(kept("noBaseline")).to.deep.equal([evaluation]);
    expect(kept("ungated")).to.deep.equal(ofData);
    expect(kept("gateRejected")).to.deep.equal([]);
  });

  it("tells the pipeline what there is to compare with", () => {
    const champion = "s3://data/models/churn/champion/model.tar.gz";
    const test = "s3://data/data/churn/test/";
    expect(given("passes")).to.include({ Champion: champion });
    expect(given("passes").Image).to.match(/@sha256:0123$/);
    expect(given("withTraffic")).to.include({ Champion: champion });
    expect(given("withTraffic").Samples).to.match(/^s3:\/\/data\/samples\/churn\/date=\d{4}-\d\d-\d\d\/$/);
    expect(given("withoutTraffic")).to.include({ Champion: champion, Samples: test });
    expect(given("first")).to.include({ Champion: test, Samples: test });
    expect(JSON.parse(given("withoutTraffic").Gate!)).to.deep.equal(drift);
    expect(JSON.parse(given("first").Gate!)).to.deep.equal({ metric: "auc", atLeast: 0.8, beatChampion: false });
    expect(given("ungated")).to.have.all.keys("Run", "Image");
    expect(execution("ungated")).to.include({ status: "SUCCEEDED" });
  });

  it("waits for a person's word on the package that the pipeline has registered", () => {
    expect(execution("approved")).to.include({ status: "SUCCEEDED" });
    const asked = called("approved", "dynamodb.put_item").map(({ Item }) => (Item as { id: { S: string } }).id.S);
    expect(asked).to.include(`approval#${packageArn}`);
    expect(execution("rejected")).to.include({ status: "FAILED", error: "ApprovalRejected" });
    expect(called("rejected", "registrar.promote")).to.deep.equal([]);
    for (const [name, status] of [
      ["approved", "Approved"],
      ["rejected", "Rejected"],
    ] as const) {
      const by = "arn:aws:sts::123456789012:assumed-role/Approvers/ada";
      expect(called(name, "registrar.decided")[0], name).to.include({ status, by, at: "2026-12-01T03:04:05.678Z" });
      expect(answers[name].records[0]!.decided, name).to.include({ status, by });
    }
  });

  const failures: [Name, string, RegExp][] = [
    ["gateRejected", "PipelineFailed", /Failed: .*GateRejected.*did not pass/],
    ["stopped", "PipelineFailed", /The pipeline is Stopped/],
    ["badData", "DataRejected", /no rows/],
    ["lost", "TrainingFailed", /LookAtPipeline failed/],
  ];
  for (const [name, error, cause] of failures) {
    it(`says what became of it, registers nothing and holds nothing: ${name}`, () => {
      expect(execution(name)).to.include({ status: "FAILED", error });
      expect(execution(name).cause).to.match(cause);
      expect(answers[name].records[0]!.verdict).to.deep.include({ outcome: "failed", error });
      expect(called(name, "registrar.register")).to.deep.equal([]);
      expect(JSON.stringify(answers[name].items)).to.not.contain("model#churn");
    });
  }

  const stopped = (name: Name) =>
    called(name, "sagemaker.stop_pipeline_execution").map(({ PipelineExecutionArn }) => PipelineExecutionArn);
  const cleaning = (name: Name) => answers[name].executions[1]!;

  it("stops the pipeline of a run that was stopped, and none that a person has started", () => {
    expect(cleaning("aborted")).to.include({ status: "SUCCEEDED" });
    expect(stopped("aborted")).to.deep.equal(["arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p/execution/abc"]);
    const [asked] = called("aborted", "sagemaker.list_pipeline_executions");
    expect(asked).to.include({ PipelineName: "dev-churn", SortOrder: "Descending" });
    expect(cleaning("abortedLate")).to.include({ status: "SUCCEEDED" });
    expect(stopped("abortedLate"), "it has ended by itself").to.deep.equal([]);
  });

  const hand = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/p/execution/hand";
  const begun = hand.replace("hand", "abc");

  it("stops its own pipeline when a state fails while that goes on, though it never heard of the start", () => {
    expect(stopped("left")).to.deep.equal([begun, begun]);
    expect(execution("left")).to.include({ status: "FAILED", error: "TrainingFailed" });
    expect(execution("left").cause).to.match(/^LookAtPipeline failed/);
    expect(stopped("leftUnheard")).to.deep.equal([begun]);
    expect(execution("leftUnheard").cause).to.match(/^StartPipeline failed/);
    expect(stopped("lost"), "it has ended by itself").to.deep.equal([]);
    for (const name of Object.keys(every) as Name[])
      expect(stopped(name), `${name}: somebody's own run`).to.not.include(hand);
  });

  it("tells both why it failed and that its pipeline may go on, where that could not be stopped", () => {
    for (const [name, failed] of [
      ["leftRunning", "StopPipeline"],
      ["leftUnfound", "FindPipeline"],
    ] as const) {
      const says = new RegExp(`^LookAtPipeline failed: .*; its pipeline may go on, ${failed} failed: `);
      expect(execution(name).cause, name).to.match(says);
      expect(String(called(name, "sns.publish")[0]!.Message), name).to.contain("its pipeline may go on");
      expect(answers[name].records[0]!.verdict).to.deep.include({ outcome: "failed", error: "TrainingFailed" });
      expect(JSON.stringify(answers[name].items), name).to.not.contain("model#churn");
    }
  });

  it("stops what goes on whichever state fails, and frees the model", () => {
    for (const name of Object.keys(broken) as Name[]) {
      expect(execution(name), name).to.include({ status: "FAILED", error: "TrainingFailed" });
      expect(JSON.stringify(answers[name].items), name).to.not.contain("model#churn");
    }
  });

  it("every state that no other machine has is entered, and every catcher of it taken", () => {
    const counted = coverage(
      Object.entries(every).map(([name, scenario]) => [scenario, answers[name as Name]]),
      compile,
    );
    const mine = [...counted].filter(([key]) => special.has(key.split(" > ")[0]!)).sort();
    const width = Math.max(...mine.map(([key]) => key.length));
    console.log(["", ...mine.map(([key, times]) => `      ${key.padEnd(width)} ${times}`)].join("\n"));
    expect(mine.filter(([, times]) => times === 0).map(([key]) => key)).to.deep.equal([]);
  });

  it("tells the owner of a pipeline that it could not stop, and frees what the run held all the same", () => {
    expect(cleaning("notStopped")).to.include({ status: "FAILED", error: "TrainingFailed" });
    expect(cleaning("notStopped").cause).to.match(/StopPipeline failed/);
    expect(
      called("notStopped", "sns.publish")
        .map(({ Message }) => Message)
        .join(),
    ).to.match(/StopPipeline failed/);
    for (const name of ["aborted", "abortedLate", "notStopped"] as const)
      expect(JSON.stringify(answers[name].items), name).to.not.contain("model#churn");
  });

  it("looks again when SageMaker is busy", () => {
    expect(execution("throttled")).to.include({ status: "SUCCEEDED" });
  });

  it("asks AWS for nothing that it would refuse", () => {
    for (const [name, { refused }] of Object.entries(answers)) expect(refused, name).to.deep.equal([]);
  });
});
