import { expect } from "chai";
import { trainingDefinition } from "../../../components/training/stepFunctions/definition";
import { askProgram } from "../../support/python";
import { findPython, type PythonEnvironment, pythonEnvironment } from "../../support/pythonEnvironment";
import { skip } from "../../support/skip";
import { machineFacts } from "../../support/trainingFacts";
import { coverage, statesOf, type TrainingAnswer, type TrainingScenario } from "../../support/trainingMachine";

const [a, b] = [
  { key: 'incoming/churn/"a" b.csv', etag: "1" },
  { key: "incoming/churn/b.csv", etag: "2" },
];
const plain = machineFacts();
const untagged = { repositoryUrl: "registry.example/ml/training", repositoryName: "ml/training" };
const glue = { with: "glue", script: "churn/prepare.py", workers: 2, timeoutMinutes: 60 } as const;
const container = { with: "container", image: "i:1", cpu: "1", memoryMiB: 4096, timeoutMinutes: 60 } as const;
const drift = { metric: "auc", atLeast: 0.8, beatChampion: true, maxDriftPsi: 0.2 };
const full = machineFacts(
  { prepare: glue, approve: "manual", endpointName: "dev-churn", gate: drift },
  { newObjects: true, glueJobName: "prepare-churn" },
);
const manual = machineFacts({ approve: "manual" });
const onEndpoint = machineFacts({ endpointName: "dev-churn" });
const { gate: _, ...withoutGate } = plain.spec;
const { topicArn: __, ...untold } = plain;
const search: TrainingScenario["facts"] = {
  ...untold,
  task: { clusterArn: "cluster", definitionArn: "definition" },
  spec: {
    ...withoutGate,
    image: { uri: "docker.example/own@sha256:77" },
    prepare: container,
    tune: {
      objective: "validation:auc",
      direction: "maximize",
      strategy: "Bayesian",
      maxJobs: 20,
      parallel: 4,
      ranges: {
        eta: { type: "continuous", min: 0.01, max: 0.3, scale: "logarithmic" },
        depth: { type: "integer", min: 2, max: 10, scale: "auto" },
        criterion: { type: "categorical", values: ["gini", "entropy"] },
      },
    },
  },
};
const other = "arn:aws:states:eu-west-1:123456789012:execution:m:other";
const held = { id: { S: "model#churn" }, run: { S: other }, expires: { N: "9999999999" } };

const scenarios = {
  schedule: { facts: plain, inputs: [{ reason: "schedule" }] },
  first: { facts: machineFacts({ gate: drift }), champion: { version: null, packageUri: null } },
  noGateNoTopic: { facts: search },
  everything: { facts: full, inputs: [[a, b, a]], approval: "Approved", samples: true },
  objectsAgain: { facts: machineFacts({}, { newObjects: true }), inputs: [[a], [a], [{ ...a, etag: "3" }]] },
  objectsWait: {
    facts: machineFacts({}, { newObjects: true }),
    inputs: [[a]],
    before: [held],
    whileWaiting: ["model#churn"],
  },
  skippedWithObjectsPossible: { facts: full, inputs: [{ reason: "drift" }], before: [held] },
  concurrent: {
    facts: manual,
    inputs: [{ reason: "schedule" }, { reason: "drift" }, { aborted: 0 }, { reason: "commit" }],
    until: { "0": "Approve", "3": "Approve" },
  },
  newestImage: {
    facts: machineFacts({ image: untagged }),
    images: [
      { ImageDigest: "sha256:old", ImagePushedAt: "2026-01-01T00:00:00Z" },
      { ImageDigest: "sha256:new", ImagePushedAt: "2026-03-01T00:00:00Z" },
      { ImageDigest: "sha256:less", ImagePushedAt: "2026-02-01T00:00:00Z" },
    ],
  },
  nothingPushed: { facts: machineFacts({ image: untagged }), images: [] },
  forgotten: { facts: plain, before: [{ ...held, expires: { N: "1" } }] },
  slotsFull: {
    facts: plain,
    before: [{ id: { S: "slots" }, runs: { SS: ["one", "two"] } }],
    whileWaiting: ["slots"],
  },
  slotLeft: { facts: plain, before: [{ id: { S: "slots" }, runs: { SS: ["one"] } }] },
  dataRejected: { facts: plain, validation: { passed: false, problems: ["no rows of the class 1"], rows: 12 } },
  dataUnread: { facts: plain, validation: "no JSON" },
  dataUnsaid: { facts: plain, validation: {} },
  gateOnMetric: {
    facts: onEndpoint,
    judged: { passed: false, reasons: ["auc is 0.7000, at least 0.8000 is asked"], metrics: { auc: 0.7 } },
  },
  gateAgainstChampion: {
    facts: onEndpoint,
    judged: { passed: false, reasons: ["auc is 0.8100, more than 0.9000 is asked"], metrics: { auc: 0.81 } },
  },
  endpointUpdating: { facts: onEndpoint, endpoint: ["updating", "updating", "inService"] },
  endpointAbsent: { facts: onEndpoint, endpoint: ["absent"] },
  endpointFailed: { facts: onEndpoint, endpoint: ["failed"] },
  rejected: { facts: manual, approval: "Rejected" },
  timedOut: { facts: manual, faults: { Approve: ["States.Timeout"] } },
  rolledBack: { facts: plain, outcome: "rolled-back: 5 % of requests failed" },
  jobFailsOnce: { facts: plain, faults: { Train: ["States.TaskFailed"] } },
  jobFailsTwice: { facts: onEndpoint, faults: { Train: ["States.TaskFailed*"] } },
  throttled: {
    facts: full,
    inputs: [{ reason: "schedule" }],
    approval: "Approved",
    faults: {
      ClaimModel: ["DynamoDB.ThrottlingException"],
      Prepare: ["Glue.ConcurrentRunsExceededException", "Glue.ConcurrentRunsExceededException"],
      Train: [...Array(5).fill("SageMaker.ResourceLimitExceededException"), "SageMaker.ThrottlingException"],
      Gate: ["Lambda.TooManyRequestsException"],
      Package: ["SageMaker.SageMakerException"],
      Promote: ["States.TaskFailed"],
    },
  },
  tellingFails: {
    facts: plain,
    judged: { passed: false, reasons: ["no"], metrics: {} },
    faults: { TellOwner: ["SNS.AuthorizationErrorException*"] },
  },
} satisfies Record<string, TrainingScenario>;

/** Every task that has a catcher for everything, made to fail for good. */
function broken(): Record<string, TrainingScenario> {
  const bases: [string, TrainingScenario][] = [
    ["full", { facts: full, inputs: [[a]], approval: "Approved", samples: true }],
    ["search", { facts: search }],
    ["skipped", { facts: manual, before: [held] }],
  ];
  return Object.fromEntries(
    bases.flatMap(([base, scenario]) =>
      Object.entries(statesOf(scenario.facts))
        .filter(([name, { Type }]) => Type === "Task" && (name === "NoteSkipped") === (base === "skipped"))
        .map(([name]) => [`${base}.${name}`, { ...scenario, faults: { [name]: ["Made.UpException*"] } }]),
    ),
  );
}

describe("the state machine of training, in moto's interpreter", function () {
  this.timeout(600000);
  const all: Record<string, TrainingScenario> = { ...scenarios, ...broken() };
  const answers: Record<string, TrainingAnswer> = {};

  before(async function () {
    if (!findPython()) skip(this, "needs Python 3.11, 3.12 or 3.13 with venv: install one");
    let python: PythonEnvironment | undefined;
    try {
      python = await pythonEnvironment("moto", 180);
    } catch (error) {
      skip(this, `needs the packages of workloads/requirements/moto.txt: ${(error as Error).message.slice(0, 300)}`);
    }
    const runs = Object.values(all).map(({ facts, ...rest }) => ({ ...rest, definition: trainingDefinition(facts) }));
    const told = await askProgram<TrainingAnswer[]>(python!.python, "trainingMachine.py", { runs });
    for (const [at, name] of Object.keys(all).entries()) answers[name] = told[at]!;
  });

  const execution = (name: keyof typeof scenarios, at = 0) => answers[name]!.executions[at]!;
  const path = (name: keyof typeof scenarios, at = 0) => execution(name, at).path.map(({ state }) => state);
  const called = (name: string, action: string) =>
    answers[name]!.calls.filter((call) => call.action === action).map(({ parameters }) => parameters);
  const untouched = (name: string) => {
    expect(called(name, "registrar.promote"), name).to.deep.equal([]);
    expect(answers[name]!.items, `${name}: nothing stays held`).to.satisfy((items: TrainingAnswer["items"]) =>
      items.every(({ id, runs }) => id!.S !== "model#churn" && (id!.S !== "slots" || runs === undefined)),
    );
  };
  const failed = (name: keyof typeof scenarios, error: string, cause: string) => {
    expect(execution(name)).to.include({ status: "FAILED", error });
    expect(execution(name).cause).to.contain(cause);
    expect(String(called(name, "sns.publish").at(-1)?.Message)).to.contain(cause);
    expect(answers[name]!.records[0]!.verdict).to.deep.include({ outcome: "failed", error });
    untouched(name);
  };

  it("goes from data to a live version, and records why it ran, on what, and what came of it", () => {
    expect(execution("schedule")).to.include({ status: "SUCCEEDED" });
    const run = String(called("schedule", "registrar.register")[0]!.runId);
    expect(run).to.match(/^mlplatform-dev-churn-\d{8}-\d{6}-\d{3}$/);
    const [record] = answers.schedule!.records;
    expect(record).to.deep.include({ run, model: "churn", reason: "schedule" });
    expect(record!.verdict).to.deep.equal({ outcome: "live", cause: "version 4 is live" });
    expect(record!.judged).to.deep.equal({ passed: true, reasons: [], metrics: { auc: 0.9 } });
    expect(record!.image)
      .to.have.property("uri")
      .that.matches(/ml\/training@sha256:0123$/);
    expect(called("schedule", "registrar.promote")).to.deep.equal([
      { action: "promote", model: "churn", runId: run, version: "4" },
    ]);
    expect(called("schedule", "sns.publish")).to.deep.equal([]);
  });

  it("trains by digest, on spare capacity with checkpoints, encrypted, in the network and shut off from it", () => {
    const [job] = called("schedule", "sagemaker.create_training_job");
    expect(job).to.deep.include({
      EnableManagedSpotTraining: true,
      EnableNetworkIsolation: true,
      RoleArn: plain.jobRoleArn,
    });
    expect(job)
      .to.have.nested.property("AlgorithmSpecification.TrainingImage")
      .that.matches(/@sha256:0123$/);
    expect(job)
      .to.have.nested.property("CheckpointConfig.S3Uri")
      .that.matches(/^s3:\/\/data\/checkpoints\/churn\//);
    expect(job!.StoppingCondition).to.deep.equal({ MaxRuntimeInSeconds: 14400, MaxWaitTimeInSeconds: 28800 });
    expect(job).to.have.nested.property("OutputDataConfig.KmsKeyId", plain.keyArn);
    expect(job!.HyperParameters).to.deep.equal({ project: "churn", depth: "4" });
  });

  it("the first version has no champion to beat and no traffic to drift from", () => {
    const [asked] = called("first", "lambda.invoke");
    expect(JSON.parse(String(asked!.Payload)).gate).to.deep.equal({ metric: "auc", atLeast: 0.8, beatChampion: true });
    const inputs = called("first", "sagemaker.create_processing_job")[1]!.ProcessingInputs as { InputName: string }[];
    expect(inputs.map(({ InputName }) => InputName)).to.deep.equal(["candidate", "test"]);
  });

  it("searches instead of training once, and takes the best job; without a gate nothing is evaluated", () => {
    expect(execution("noGateNoTopic")).to.include({ status: "SUCCEEDED" });
    const [job] = called("noGateNoTopic", "sagemaker.create_hyper_parameter_tuning_job");
    expect(String(job!.HyperParameterTuningJobName).length).to.be.at.most(32);
    expect(job)
      .to.have.nested.property("HyperParameterTuningJobConfig.ParameterRanges")
      .that.deep.equals({
        ContinuousParameterRanges: [{ Name: "eta", MinValue: "0.01", MaxValue: "0.3", ScalingType: "Logarithmic" }],
        IntegerParameterRanges: [{ Name: "depth", MinValue: "2", MaxValue: "10", ScalingType: "Auto" }],
        CategoricalParameterRanges: [{ Name: "criterion", Values: ["gini", "entropy"] }],
      });
    expect(called("noGateNoTopic", "registrar.register")[0]).to.include({
      modelPackage: "s3://data/best/model.tar.gz",
    });
    expect(called("noGateNoTopic", "sagemaker.create_processing_job")).to.have.length(1);
    const [task] = called("noGateNoTopic", "ecs.run_task");
    expect(task).to.have.nested.property("overrides.containerOverrides[0].command[0]", "prepare");
  });

  it("with everything on: prepared data, a champion and yesterday's traffic to compare with, and a person's yes", () => {
    expect(execution("everything")).to.include({ status: "SUCCEEDED" });
    const inputs = called("everything", "sagemaker.create_processing_job")[1]!.ProcessingInputs as {
      InputName: string;
    }[];
    expect(inputs.map(({ InputName }) => InputName)).to.deep.equal(["candidate", "test", "champion", "samples"]);
    const [job] = called("everything", "sagemaker.create_training_job");
    expect(JSON.stringify(job!.InputDataConfig)).to.match(
      /s3:\/\/data\/extracts\/churn\/mlplatform-dev-churn-[\d-]+\/train\//,
    );
    expect(called("everything", "sagemaker.create_model_package")[0]).to.include({
      ModelApprovalStatus: "PendingManualApproval",
    });
    expect(String(called("everything", "sns.publish")[0]!.Message)).to.contain("Approve or reject");
    expect(answers.everything!.records[0]!.reason).to.equal("newData");
  });

  it("of new objects each starts one run, however often it is told of; one written anew is new", () => {
    expect(path("objectsAgain", 0)).to.include("Train");
    expect(path("objectsAgain", 1)).to.include("ExplainNothingNew").and.not.include("Train");
    expect(execution("objectsAgain", 1)).to.include({ status: "SUCCEEDED" });
    expect(path("objectsAgain", 2)).to.include("Train");
    expect(called("objectsAgain", "sns.publish")).to.deep.equal([]);
  });

  it("never two runs of one model: the second is noted and ends; one with objects waits for its turn", () => {
    expect(path("concurrent", 1)).to.deep.equal([
      "NameRun",
      "WhatCame",
      "ClaimModel",
      "NoteSkipped",
      "SkippedAlreadyRunning",
    ]);
    expect(execution("concurrent", 1)).to.include({ status: "SUCCEEDED" });
    expect(answers.concurrent!.records.map(({ verdict }) => (verdict as { outcome: string }).outcome)).to.include(
      "skipped",
    );
    expect(path("objectsWait")).to.include.members(["WaitForOtherRun", "Train"]);
    expect(path("skippedWithObjectsPossible").at(-1)).to.equal("SkippedAlreadyRunning");
  });

  it("what a stopped run held is freed by the run that its end starts, and the next one trains", () => {
    expect(path("concurrent", 2)).to.include.members(["ExplainAborted", "TellOwner", "FreeSlot", "FreeModel", "Done"]);
    expect(path("concurrent", 3).at(-1)).to.equal("Approve");
    expect(String(called("concurrent", "sns.publish").map(({ Message }) => Message))).to.contain("was stopped");
  });

  it("of an image without a tag trains with what was pushed last, and says so where nothing was", () => {
    const [job] = called("newestImage", "sagemaker.create_training_job");
    expect(job).to.have.nested.property(
      "AlgorithmSpecification.TrainingImage",
      "registry.example/ml/training@sha256:new",
    );
    failed("nothingPushed", "NoImage", "Nothing was pushed to ml/training yet");
  });

  it("a claim whose time is up holds nobody", () => {
    expect(execution("forgotten")).to.include({ status: "SUCCEEDED" });
  });

  it("with all slots taken it waits, and frees only its own", () => {
    expect(path("slotsFull").filter((state) => state === "ClaimSlot")).to.have.length(2);
    expect(path("slotLeft")).to.not.include("WaitForSlot");
    expect(answers.slotLeft!.items.find(({ id }) => id!.S === "slots")!.runs).to.deep.equal({ SS: ["one"] });
  });

  it("data that does not pass is not trained on, nor is data of which nothing was said", () => {
    failed("dataRejected", "DataRejected", "no rows of the class 1");
    failed("dataUnsaid", "DataRejected", "The data did not pass");
    failed("dataUnread", "TrainingFailed", "ReadValidation failed");
    for (const name of ["dataRejected", "dataUnsaid", "dataUnread"] as const)
      expect(path(name)).to.not.include("Train");
  });

  it("a candidate below its metric, or no better than the champion, is not registered", () => {
    failed("gateOnMetric", "GateRejected", "at least 0.8000 is asked");
    failed("gateAgainstChampion", "GateRejected", "more than 0.9000 is asked");
    for (const name of ["gateOnMetric", "gateAgainstChampion"])
      expect(called(name, "registrar.register")).to.deep.equal([]);
  });

  it("waits for an endpoint that is updated, and promotes nothing to one that is absent or failed", () => {
    expect(path("endpointUpdating").filter((state) => state === "WaitForEndpoint")).to.have.length(2);
    expect(execution("endpointUpdating")).to.include({ status: "SUCCEEDED" });
    failed("endpointAbsent", "EndpointAbsent", "There is no endpoint dev-churn");
    failed("endpointFailed", "EndpointFailed", "dev-churn is failed");
  });

  it("a person's no, and nobody's answer, leave what is live as it is", () => {
    failed("rejected", "ApprovalRejected", "not what we want");
    failed("timedOut", "ApprovalTimedOut", "Nobody decided");
  });

  it("a version that was rolled back is a failed run, with the reason", () => {
    expect(execution("rolledBack")).to.include({ status: "FAILED", error: "RolledBack" });
    expect(execution("rolledBack").cause).to.contain("5 % of requests failed");
  });

  it("a job that failed is tried once more under another name, and not again", () => {
    expect(execution("jobFailsOnce")).to.include({ status: "SUCCEEDED" });
    expect(called("jobFailsOnce", "sagemaker.create_training_job")[0]!.TrainingJobName).to.match(/-1$/);
    failed("jobFailsTwice", "TrainingFailed", 'Train failed: {"Error":"States.TaskFailed"');
    expect(execution("jobFailsTwice").path.find(({ state }) => state === "Train")!.failures).to.equal(2);
  });

  it("throttling and missing capacity are waited for", () => {
    expect(execution("throttled")).to.include({ status: "SUCCEEDED" });
    expect(execution("throttled").path.find(({ state }) => state === "Train")!.failures).to.equal(6);
  });

  it("an owner who cannot be told keeps nothing held, and the run still fails for its own reason", () => {
    expect(execution("tellingFails")).to.include({ status: "FAILED", error: "GateRejected" });
    untouched("tellingFails");
  });

  it("whichever task fails for good before promotion: the owner is told of the state, nothing goes live, nothing stays held", () => {
    const late = ["TellOwner", "Record", "FreeSlot", "FreeModel"];
    for (const [name, answer] of Object.entries(answers).filter(([key]) => key.includes("."))) {
      const state = name.split(".")[1]!;
      if (late.includes(state)) continue;
      const run = answer.executions[0]!;
      expect(run, name).to.include({ status: "FAILED", error: "TrainingFailed" });
      expect(run.cause, name).to.contain(
        `${state === "Claim" ? "ClaimEach" : state} failed: {"Error":"Made.UpException"`,
      );
      if (state !== "NoteSkipped") untouched(name);
    }
  });

  it("what fails on the way out does not change how the run ended", () => {
    for (const state of ["Record", "FreeSlot", "FreeModel"]) {
      expect(answers[`full.${state}`]!.executions[0], state).to.include({ status: "SUCCEEDED" });
    }
  });

  it("every state is entered and every catcher taken", () => {
    const counted = coverage(Object.keys(all).map((name) => [all[name]!, answers[name]!]));
    const width = Math.max(...[...counted.keys()].map((key) => key.length));
    console.log(["", ...[...counted].sort().map(([key, times]) => `      ${key.padEnd(width)} ${times}`)].join("\n"));
    expect([...counted].filter(([, times]) => times === 0).map(([key]) => key)).to.deep.equal([]);
  });
});
