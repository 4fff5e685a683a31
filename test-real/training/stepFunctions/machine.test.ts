import { expect } from "chai";
import { trainingDefinition } from "../../../components/training/stepFunctions/definition";
import { askProgram } from "../../../test/support/python";
import { pythonOrSkip } from "../../../test/support/pythonOrSkip";
import { coverage, type TrainingAnswer, type TrainingScenario } from "../../../test/support/trainingMachine";
import { broken, plain, scenarios } from "../../../test/support/trainingScenarios";

describe("the state machine of training, in moto's interpreter", function () {
  this.timeout(600000);
  const all: Record<string, TrainingScenario> = { ...scenarios, ...broken() };
  const answers: Record<string, TrainingAnswer> = {};

  before(async function () {
    const python = await pythonOrSkip(this, "moto", 180);
    const runs = Object.values(all).map(({ facts, ...rest }) => ({ ...rest, definition: trainingDefinition(facts) }));
    const told = await askProgram<TrainingAnswer[]>(python.python, "trainingMachine.py", { runs });
    for (const [at, name] of Object.keys(all).entries()) answers[name] = told[at]!;
  });

  const execution = (name: keyof typeof scenarios, at = 0) => answers[name]!.executions[at]!;
  const path = (name: keyof typeof scenarios, at = 0) => execution(name, at).path.map(({ state }) => state);
  const called = (name: string, action: string) =>
    answers[name]!.calls.filter((call) => call.action === action).map(({ parameters }) => parameters);
  const items = (name: string) => Object.fromEntries(answers[name]!.items.map((item) => [String(item.id!.S), item]));
  const inSlots = (name: string) => Object.keys((items(name).slots?.held?.M as object | undefined) ?? {});
  const nothingHeld = (name: string) => {
    expect(items(name), name).to.not.include.any.keys("model#churn", "waiting#churn");
    expect(inSlots(name), name).to.deep.equal([]);
  };
  const untouched = (name: string) => {
    expect(called(name, "registrar.promote"), name).to.deep.equal([]);
    nothingHeld(name);
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
    const [asked] = called("schedule", "registrar.register");
    expect(asked!.image).to.match(/ml\/training@sha256:0123$/);
    expect(asked).to.include({ engine: "stepFunctions" }).and.to.have.property("hyperparameters").that.is.an("object");
    expect(asked!.source).to.match(/^arn:aws:states:.*:execution:/);
    expect(called("schedule", "sns.publish")).to.deep.equal([]);
  });

  it("keeps what was measured of a version beside its model, and the package says where", () => {
    const run = String(called("schedule", "registrar.register")[0]!.runId);
    const [{ CustomerMetadataProperties }] = called("schedule", "sagemaker.create_model_package") as [
      { CustomerMetadataProperties: Record<string, string> },
    ];
    expect(CustomerMetadataProperties.baseline).to.equal(`s3://data/models/churn/${run}/baseline/evaluation.json`);
  });

  it("keeps what the rows were like that a version was trained on, gate or none, where the image says so", () => {
    const metrics = (name: string) => called(name, "sagemaker.create_model_package")[0]!.ModelMetrics;
    const at = (name: string, file: string) => {
      const run = String(called(name, "registrar.register")[0]!.runId);
      return { ContentType: "application/json", S3Uri: `s3://data/models/churn/${run}/baseline/${file}.json` };
    };
    const data = (name: string) => ({
      ModelDataQuality: { Statistics: at(name, "statistics"), Constraints: at(name, "constraints") },
    });
    const judged = (name: string) => ({ ModelQuality: { Statistics: at(name, "evaluation") } });
    expect(metrics("schedule")).to.deep.equal({ ...data("schedule"), ...judged("schedule") });
    expect(path("schedule")).to.include.members(["KeepEvaluation", "KeepStatistics", "KeepConstraints"]);
    expect(metrics("noGateNoTopic")).to.deep.equal(data("noGateNoTopic"));
    expect(execution("noBaseline")).to.include({ status: "SUCCEEDED" });
    expect(metrics("noBaseline")).to.deep.equal(judged("noBaseline"));
    expect(path("noBaseline")).to.not.include("KeepStatistics");
    expect(path("gateOnMetric")).to.not.include("KeepStatistics");
  });

  it("puts what Model Monitor compares with into its place once the version is live, and not of one that was rolled back", () => {
    expect(path("published").slice(path("published").indexOf("Live"))).to.include.ordered.members([
      "Live",
      "PublishStatistics",
      "PublishConstraints",
      "Record",
    ]);
    expect(answers.published!.stored).to.include.members([
      "baselines/churn/live/statistics.json",
      "baselines/churn/live/constraints.json",
    ]);
    expect(path("notPublished")).to.include("ExplainRolledBack");
    for (const name of ["notPublished", "schedule", "nothingToPublish"] as const) {
      expect(
        answers[name]!.stored.filter((key) => key.startsWith("baselines/")),
        name,
      ).to.deep.equal([]);
    }
    failed("nothingToPublish", "NoBaseline", "leaves no baseline of the rows that it trains on");
    const way = path("nothingToPublish");
    expect(way.slice(way.indexOf("WhetherDataPassed")).slice(1, 3)).to.deep.equal([
      "WhetherBaseline",
      "ExplainNoBaseline",
    ]);
    expect(called("nothingToPublish", "sagemaker.create_training_job"), "paid for in vain").to.deep.equal([]);
  });

  it("compares new rows with those of the live version before it trains, and trains in vain neither on bad nor on old ones", () => {
    const [validated] = called("moved", "sagemaker.create_processing_job");
    expect(validated)
      .to.have.nested.property("AppSpecification.ContainerArguments")
      .that.deep.equals([
        ...["validate", "--max-drift=0.2", "--drift-effect=block", "--min-drift=0.02", "--ignore=customer id"],
      ]);
    const inputs = (name: string) =>
      (called(name, "sagemaker.create_processing_job")[0]!.ProcessingInputs as { S3Input: { S3Uri: string } }[]).map(
        ({ S3Input }) => S3Input.S3Uri,
      );
    expect(inputs("moved")).to.deep.equal(["s3://data/data/churn/", "s3://data/models/churn/champion/model.tar.gz"]);
    expect(inputs("nothingLive")).to.deep.equal(["s3://data/data/churn/"]);
    for (const name of ["moved", "unmovedButAsked", "nothingLive"] as const) {
      expect(execution(name), name).to.include({ status: "SUCCEEDED" });
      expect(answers[name]!.records[0]!.verdict, name).to.deep.include({ outcome: "live" });
    }
    expect(answers.moved!.records[0]!.validation).to.have.nested.property("report.drift.tenure", 0.01);
    failed("movedTooFar", "DataRejected", "drift of tenure is 0.3100, at most 0.2000 is allowed");
    failed("notCompared", "DataRejected", "The data did not pass");
    for (const name of ["unmoved", "unmovedObjects"] as const) {
      expect(execution(name), name).to.include({ status: "SUCCEEDED" });
      expect(answers[name]!.records[0]!.verdict, name).to.deep.equal({
        outcome: "skipped",
        cause: "no column has moved by 0.02 since version 3 was trained",
      });
      untouched(name);
      expect(called(name, "sns.publish"), name).to.deep.equal([]);
    }
    for (const name of ["movedTooFar", "notCompared", "unmoved", "unmovedObjects"]) {
      expect(called(name, "sagemaker.create_training_job"), `${name}: paid for in vain`).to.deep.equal([]);
    }
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

  it("a regression has to have less of its error than what is live, and the image is told which type of problem it judges", () => {
    expect(execution("regression")).to.include({ status: "SUCCEEDED" });
    const [asked] = called("regression", "lambda.invoke");
    expect(JSON.parse(String(asked!.Payload)).gate).to.deep.equal({
      ...{ metric: "rmse", direction: "minimize", atMost: 5, beatChampion: true },
    });
    const jobs = called("regression", "sagemaker.create_processing_job");
    for (const job of jobs) expect(job.Environment).to.include({ SM_HP_PROBLEM_TYPE: "regression" });
    const [job] = called("regression", "sagemaker.create_training_job");
    const { MetricDefinitions } = job!.AlgorithmSpecification as { MetricDefinitions: { Name: string }[] };
    expect(MetricDefinitions.map(({ Name }) => Name)).to.deep.equal(["rmse"]);
    expect(answers.regression!.records[0]!.judged).to.deep.include({ metrics: { rmse: 4.2, r2: 0.7 } });
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
    expect(job!.TrainingJobDefinition)
      .to.include({ EnableManagedSpotTraining: true })
      .and.not.have.property("CheckpointConfig");
    expect(called("noGateNoTopic", "registrar.register")[0]).to.include({
      modelPackage: "s3://data/best/model.tar.gz",
    });
    expect(called("noGateNoTopic", "sagemaker.create_processing_job")).to.have.length(1);
    const [task] = called("noGateNoTopic", "ecs.run_task");
    const { run } = answers.noGateNoTopic!.records[0]!;
    expect(task)
      .to.have.nested.property("overrides.containerOverrides[0].command")
      .that.deep.equals([
        ...["prepare", "--input", "s3://data/data/churn/", "--output", `s3://data/extracts/churn/${run}/`],
        ...["--drop=e-mail", "--drop=Straße (Wohnort)"],
      ]);
  });

  const parents = (name: string, at = 0) => {
    const config = called(name, "sagemaker.create_hyper_parameter_tuning_job")[at]!.WarmStartConfig as
      | { ParentHyperParameterTuningJobs: { HyperParameterTuningJobName: string }[]; WarmStartType: string }
      | undefined;
    if (config !== undefined) expect(config.WarmStartType).to.equal("TransferLearning");
    return config?.ParentHyperParameterTuningJobs.map((each) => each.HyperParameterTuningJobName);
  };

  it("a search learns from those before it, the first from none; the record says from which", () => {
    const made = called("searchesInTurn", "sagemaker.create_hyper_parameter_tuning_job");
    const [first, second] = made.map(({ HyperParameterTuningJobName }) => String(HyperParameterTuningJobName));
    expect(path("searchesInTurn", 0)).to.include("Tune").and.not.include("TuneFurther");
    expect(path("searchesInTurn", 1)).to.include("TuneFurther").and.not.include("Tune");
    expect([parents("searchesInTurn", 0), parents("searchesInTurn", 1)]).to.deep.equal([undefined, [first]]);
    for (const name of [first!, second!]) expect(name).to.match(/^1a2b3c4d-[0-9a-f]{8}-[0-9a-z]{8}-0$/);
    const recorded = answers.searchesInTurn!.records.map(({ learntFrom }) => learntFrom);
    expect(recorded).to.have.deep.members([[], [{ HyperParameterTuningJobName: first }]]);
    expect(called("searchesInTurn", "sagemaker.list_hyper_parameter_tuning_jobs")[0]).to.deep.equal({
      NameContains: first!.replace(/\w+-0$/, ""),
      StatusEquals: "Completed",
      SortBy: "CreationTime",
      SortOrder: "Descending",
      MaxResults: 5,
    });
    expect(execution("searchesInTurn", 1)).to.include({ status: "SUCCEEDED" });
    expect(called("searchesInTurn", "registrar.register")[1]).to.include({
      modelPackage: "s3://data/best/model.tar.gz",
    });
  });

  it("from as many as may count with it, the last first; not from others, nor from one in which nothing went well", () => {
    expect(parents("searchesBefore")!.map((name) => name.slice("1a2b3c4d-01234567-".length))).to.deep.equal([
      "last",
      "some",
    ]);
    expect(called("noGateNoTopic", "sagemaker.list_hyper_parameter_tuning_jobs")).to.deep.equal([]);
  });

  it("a search that cannot learn searches alone, and the record says why; one that failed is not held again", () => {
    for (const [name, error] of [
      ["learning.FindSearches", "Made.UpException"],
      ["parentsRefused", "SageMaker.AmazonSageMakerException"],
    ] as const) {
      expect(answers[name]!.executions[0], name).to.include({ status: "SUCCEEDED" });
      expect(parents(name), name).to.equal(undefined);
      expect(called(name, "sagemaker.create_hyper_parameter_tuning_job"), name).to.have.length(1);
      const [record] = answers[name]!.records;
      expect(record!.error, name).to.include({ Error: error });
      expect(record!.learntFrom, name).to.deep.equal([]);
    }
    expect(execution("furtherFails")).to.include({ status: "FAILED", error: "TrainingFailed" });
    expect(execution("furtherFails").cause).to.contain('TuneFurther failed: {"Error":"States.TaskFailed"');
    expect(path("furtherFails")).to.not.include("Tune");
  });

  const inputs = (job: Record<string, unknown>) =>
    Object.fromEntries(
      (job.ProcessingInputs as { InputName: string; S3Input: { S3Uri: string } }[]).map((input) => [
        input.InputName,
        input.S3Input.S3Uri,
      ]),
    );

  it("a built-in algorithm trains on the rows that the image made of valid data, told its own hyperparameters and no metrics", () => {
    expect(execution("builtIn")).to.include({ status: "SUCCEEDED" });
    const [checked] = called("builtIn", "sagemaker.create_processing_job");
    expect(checked)
      .to.have.nested.property("AppSpecification.ContainerArguments")
      .that.deep.equals(["validate", "--rows"]);
    expect(checked!.Environment).to.include({ SM_HP_PROJECT: "churn" });
    const run = String(called("builtIn", "registrar.register")[0]!.runId);
    const [job] = called("builtIn", "sagemaker.create_training_job");
    expect(job!.AlgorithmSpecification).to.deep.equal({
      TrainingImage: "000000000001.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5",
      TrainingInputMode: "File",
    });
    expect(job!.HyperParameters).to.deep.equal({ num_round: "200", objective: "binary:logistic" });
    expect(job, "without it may wait for an hour alone").to.have.property("CheckpointConfig");
    const channels = job!.InputDataConfig as { ContentType: string; DataSource: { S3DataSource: { S3Uri: string } } }[];
    expect(channels.map(({ ContentType, DataSource }) => [ContentType, DataSource.S3DataSource.S3Uri])).to.deep.equal(
      ["train", "validation"].map((part) => ["text/csv", `s3://data/outputs/churn/${run}/rows/${part}/`]),
    );
    const [search] = called("builtInSearched", "sagemaker.create_hyper_parameter_tuning_job");
    expect(search)
      .to.have.nested.property("TrainingJobDefinition.AlgorithmSpecification")
      .that.has.all.keys("TrainingImage", "TrainingInputMode");
  });

  it("what it leaves is made a model by the image, and that one is judged, registered and packaged", () => {
    for (const [name, left] of [
      ["builtIn", /^s3:\/\/data\/models\/churn\/.*-0\/output\/model\.tar\.gz$/],
      ["builtInSearched", /^s3:\/\/data\/best\/model\.tar\.gz$/],
    ] as const) {
      const run = String(called(name, "registrar.register")[0]!.runId);
      const model = `s3://data/models/churn/${run}/converted/model.tar.gz`;
      const [, converted, evaluated] = called(name, "sagemaker.create_processing_job");
      expect(converted).to.have.nested.property("AppSpecification.ContainerArguments").that.deep.equals(["convert"]);
      expect(converted).to.have.nested.property(
        "ProcessingOutputConfig.Outputs[0].S3Output.S3Uri",
        model.replace("/model.tar.gz", ""),
      );
      expect(inputs(converted!).model).to.match(left);
      expect(inputs(converted!)).to.include({
        encoding: `s3://data/outputs/churn/${run}/encoding/`,
        train: "s3://data/data/churn/train/",
        validation: "s3://data/data/churn/validation/",
      });
      expect(inputs(evaluated!).candidate).to.equal(model);
      expect(called(name, "registrar.register")[0]).to.include({ modelPackage: model });
      expect(called(name, "sagemaker.create_model_package")[0]).to.have.nested.property(
        "InferenceSpecification.Containers[0].ModelDataUrl",
        model,
      );
      expect(called(name, "sagemaker.create_model_package")[0]).to.have.nested.property(
        "CustomerMetadataProperties.algorithm",
        "xgboost:3.0-5",
      );
    }
    failed("builtInRejected", "GateRejected", "at least 0.8000 is asked");
    expect(execution("conversionFailsOnce")).to.include({ status: "SUCCEEDED" });
    expect(called("conversionFailsOnce", "sagemaker.create_processing_job")[1]!.ProcessingJobName).to.match(/-c1$/);
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
    nothingHeld("objectsWait");
    expect(path("skippedWithObjectsPossible").at(-1)).to.equal("SkippedAlreadyRunning");
  });

  it("while the month's budget is used up no run begins but those that a person asks for, and each is noted", () => {
    for (const at of [0, 1, 2, 3]) {
      expect(path("budgetHolds", at)).to.deep.equal([
        ...["NameRun", "WhatCame", "LookForHold", "WhetherHeld", "NoteHeld", "HeldByBudget"],
      ]);
      expect(execution("budgetHolds", at)).to.include({ status: "SUCCEEDED" });
    }
    expect(path("budgetHolds", 4)).to.include("Train");
    expect(JSON.stringify(answers.budgetHolds!.records)).to.contain("the month's budget is used up");
    expect(called("budgetHolds", "sagemaker.create_training_job")).to.have.length(1);
    expect(Object.keys(items("budgetHolds")).filter((id) => id.startsWith("object#"))).to.deep.equal([]);
    expect(path("budgetNotUsedUp")).to.include("Train");
  });

  it("of objects that come while one run waits, no more runs wait: it trains on theirs too", () => {
    for (const at of [0, 1]) {
      expect(execution("objectsLeft", at)).to.include({ status: "SUCCEEDED" });
      expect(path("objectsLeft", at)).to.include("ExplainLeft").and.not.include.members(["WaitForOtherRun"]);
    }
    expect(path("objectsLeft", 2)).to.include("ExplainNothingNew");
    expect(items("objectsLeft")).to.include.keys("model#churn", "waiting#churn");
    expect(JSON.stringify(answers.objectsLeft!.records)).to.contain(
      "a run that waits for its turn trains on the objects",
    );
  });

  it("a run that was stopped while it waited leaves the place to the next", () => {
    expect(path("waitingStopped", 1)).to.include("FreeWaiting");
    expect(items("waitingStopped")).to.include.keys("model#churn").and.not.include.keys("waiting#churn");
    expect(String(called("waitingStopped", "sns.publish")[0]!.Message)).to.contain("TIMED_OUT");
  });

  it("who waits goes on as soon as the time of the other is up, whenever it came itself", () => {
    expect(path("expiresWhileWaiting")).to.include.members(["WaitForOtherRun", "Train"]);
    nothingHeld("expiresWhileWaiting");
  });

  it("what a stopped run held is freed by the run that its end starts, and the next one trains", () => {
    expect(path("concurrent", 2)).to.include.members(["ExplainAborted", "TellOwner", "FreeSlot", "FreeModel", "Done"]);
    expect(path("concurrent", 3).at(-1)).to.equal("Approve");
    expect(String(called("concurrent", "sns.publish").map(({ Message }) => Message))).to.contain(
      "what it held is freed",
    );
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
    expect(path("slotsFull").filter((state) => state === "LookForSlot")).to.have.length(2);
    expect(path("slotsFull").filter((state) => state === "WaitForSlot")).to.have.length(1);
    expect(path("slotLeft")).to.not.include("WaitForSlot");
    expect(inSlots("slotLeft")).to.deep.equal(["one"]);
  });

  it("a slot whose time is up is nobody's, and of two who reach for one the second looks again", () => {
    expect(path("slotsForgotten")).to.include("Train").and.not.include("WaitForSlot");
    expect(inSlots("slotsForgotten")).to.deep.equal(["one"]);
    expect(path("slotContended").filter((state) => state === "LookForSlot")).to.have.length(2);
    expect(path("slotContended")).to.include("Train").and.not.include("WaitForSlot");
    nothingHeld("slotContended");
  });

  it("who waits for a person holds the model, and no slot", () => {
    expect(path("concurrent", 3).at(-1)).to.equal("Approve");
    expect(items("concurrent")).to.include.keys("model#churn", "slots");
    expect(inSlots("concurrent")).to.deep.equal([]);
  });

  it("asks nothing of AWS that is longer, more, or written otherwise than AWS takes", () => {
    for (const [name, { refused }] of Object.entries(answers)) expect(refused, name).to.deep.equal([]);
  });

  it("notes what a person typed on one line, and takes it for nothing but a reason", () => {
    expect(answers.reasons!.records.map(({ reason }) => reason)).to.have.members([
      'again, "rows" were wrong',
      "aborted",
      "manual",
    ]);
    for (const at of [0, 1, 2]) expect(path("reasons", at)).to.include("Train");
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

  it("who decided, when and why is with MLflow before anything follows from it, and in the run's record", () => {
    const said = {
      packageUri: "s3://data/models/churn/r/t/output/model.tar.gz",
      by: "arn:aws:sts::123456789012:assumed-role/Approvers/ada",
      at: "2026-12-01T03:04:05.678Z",
      reason: "looked at",
    };
    const told = (name: string) =>
      called(name, "registrar.decided").map(({ action: _, model: __, runId: ___, ...rest }) => rest);
    for (const [name, status] of [
      ["approved", "Approved"],
      ["approvedWhileAway", "Approved"],
      ["rejected", "Rejected"],
      ["rejectedWhileAway", "Rejected"],
    ] as const) {
      expect(told(name), name).to.deep.equal([{ ...said, status }]);
      expect(answers[name]!.records[0]!.decided, name).to.deep.equal({ ...said, status });
    }
    const way = (name: "approved" | "rejected") =>
      path(name).filter((state) => /^(Approve|Note|Promote|Live|Record)/.test(state));
    expect(way("approved")).to.deep.equal(["Approve", "NoteApproval", "Promote", "Live", "Record"]);
    expect(way("rejected")).to.deep.equal(["Approve", "NoteRejection", "Record"]);
    expect(execution("approvedWhileAway")).to.include({ status: "SUCCEEDED" });
    failed("rejectedWhileAway", "ApprovalRejected", "not what we want");
  });

  it("nothing goes live by an approval of which MLflow never heard, and a no of which it never heard stays one", () => {
    failed("approvedUntold", "TrainingFailed", "NoteApproval failed");
    failed("rejectedUntold", "ApprovalRejected", "not what we want");
    expect(answers.rejectedUntold!.records[0]!.decided).to.have.property("status", "Rejected");
  });

  it("a version that was rolled back is a failed run, with the reason", () => {
    expect(execution("rolledBack")).to.include({ status: "FAILED", error: "RolledBack" });
    expect(execution("rolledBack").cause).to.contain("5 % of requests failed");
  });

  it("a question to a registrar that is gone is put again; its no is its last word", () => {
    expect(execution("registrarMoves")).to.include({ status: "SUCCEEDED" });
    expect(execution("registrarMoves").path.find(({ state }) => state === "Promote")!.failures).to.equal(2);
    failed("registrarRefuses", "TrainingFailed", 'Register failed: {"Error":"Refused"');
    expect(execution("registrarRefuses").path.find(({ state }) => state === "Register")!.failures).to.equal(1);
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
    const late = ["LeaveSlot", "TellOwner", "Record", "FreeSlot", "FreeModel", "FreeWaiting"];
    for (const [name, answer] of Object.entries(answers).filter(([key]) => key.includes("."))) {
      const state = name.split(".")[1]!;
      if (late.includes(state) || state === "FindSearches") continue;
      const run = answer.executions[0]!;
      if (state.startsWith("Publish")) {
        expect(called(name, "registrar.promote"), name).to.have.length(1);
        expect(run.cause, name).to.contain(`${state} failed: {"Error":"Made.UpException"`);
        nothingHeld(name);
        continue;
      }
      if (state.endsWith("Rejection")) {
        expect(run, name).to.include({ status: "FAILED", error: "ApprovalRejected" });
        untouched(name);
        continue;
      }
      expect(run, name).to.include({ status: "FAILED", error: "TrainingFailed" });
      expect(run.cause, name).to.contain(
        `${state === "Claim" ? "ClaimEach" : state} failed: {"Error":"Made.UpException"`,
      );
      if (!["NoteSkipped", "ClaimWaiting"].includes(state)) untouched(name);
    }
  });

  it("what fails on the way out does not change how the run ended", () => {
    for (const state of ["LeaveSlot", "Record", "FreeSlot", "FreeModel", "FreeWaiting"]) {
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
