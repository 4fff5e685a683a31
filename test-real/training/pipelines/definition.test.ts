import {
  CreatePipelineCommand,
  DescribePipelineDefinitionForExecutionCommand,
  SageMakerClient,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-sagemaker";
import { expect } from "chai";
import { pipelineDefinition } from "../../../components/training/pipelines/definition";
import { inPipeline } from "../../../components/training/pipelines/expressions";
import { pipelineMachine } from "../../../components/training/pipelines/machine";
import { type Moto, motoMissing, startMoto } from "../../../test/support/moto";
import { jobs, type PipelineStep } from "../../../test/support/pipelineJobs";
import { skip } from "../../../test/support/skip";
import { languageFaults } from "../../../test/support/statesLanguage";
import { machineFacts, plainSpec } from "../../../test/support/trainingFacts";

const drifting = { metric: "auc", atLeast: 0.8, beatChampion: true, maxDriftPsi: 0.2 };
const tune = {
  objective: "validation:auc",
  direction: "maximize",
  strategy: "Bayesian",
  maxJobs: 8,
  parallel: 2,
  warmStart: false,
  ranges: { depth: { type: "integer", min: 2, max: 10, scale: "linear" } },
} as const;
const { gate: _, ...ungated } = plainSpec;
const withoutGate = { ...machineFacts(), spec: ungated };
const algorithm = {
  name: "xgboost",
  version: "3.0-5",
  hyperparameters: { num_round: "200", objective: "binary:logistic" },
} as const;
const algorithmImage = "000000000001.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5";
const every = {
  plain: machineFacts(),
  drifting: machineFacts({ gate: drifting }),
  tuned: machineFacts({ tune, approve: "manual" }),
  ungated: withoutGate,
  builtIn: machineFacts({ algorithm }, { algorithmImage }),
  builtInUngated: { ...machineFacts({}, { algorithmImage }), spec: { ...ungated, algorithm, tune } },
  prepared: machineFacts(
    { prepare: { with: "glue", script: "a.py", workers: 2, timeoutMinutes: 30 }, endpointName: "dev-churn" },
    { glueJobName: "prepare", newObjects: true },
  ),
};
const names = (steps: { Name: string }[]) => steps.map(({ Name }) => Name);

describe("A loop as a pipeline of SageMaker", () => {
  it("trains, evaluates, judges, and registers what passed", () => {
    const { Steps, Version } = jobs(every.plain);
    expect(Version).to.equal("2020-12-01");
    expect(names(Steps)).to.deep.equal(["Train", "Evaluate", "Gate", "WhetherPassed"]);
    const { IfSteps, ElseSteps } = Steps.at(-1)!.Arguments;
    expect([names(IfSteps!), names(ElseSteps!)]).to.deep.equal([["Package"], ["GateRejected"]]);
    expect(JSON.stringify(Steps[2]), "the verdict is kept by the step that asked for it").to.contain(
      '[{"OutputName":"passed","OutputType":"Boolean"},{"OutputName":"said","OutputType":"String"}]',
    );
    expect(JSON.stringify(ElseSteps)).to.contain(
      `"The candidate did not pass: ",{"Get":"Steps.Gate.OutputParameters['said']"},"; s3://data/outputs/churn/"`,
    );
    expect(names(jobs(every.ungated).Steps)).to.deep.equal(["Train", "Package"]);
    expect(names(jobs(every.tuned).Steps)[0]).to.equal("Tune");
  });

  it("makes a model of what a built-in algorithm leaves, before anything is judged or registered", () => {
    const { Steps } = jobs(every.builtIn);
    expect(names(Steps)).to.deep.equal(["Train", "Convert", "Evaluate", "Gate", "WhetherPassed"]);
    const [trained, converted, evaluated] = Steps as [PipelineStep, PipelineStep, PipelineStep];
    expect(trained.Arguments.AlgorithmSpecification).to.deep.equal({
      TrainingImage: algorithmImage,
      TrainingInputMode: "File",
    });
    const inputs = ({ Arguments }: PipelineStep) => Arguments.ProcessingInputs as { S3Input: { S3Uri: unknown } }[];
    expect(inputs(converted)[0]!.S3Input.S3Uri).to.deep.equal({ Get: "Steps.Train.ModelArtifacts.S3ModelArtifacts" });
    const model = {
      "Std:Join": {
        On: "",
        Values: ["s3://data/models/churn/", { Get: "Parameters.Run" }, "/converted/model.tar.gz"],
      },
    };
    expect(inputs(evaluated)[0]!.S3Input.S3Uri).to.deep.equal(model);
    expect(evaluated.DependsOn).to.deep.equal(["Convert"]);
    expect(Steps.at(-1)!.Arguments.IfSteps![0]!.Arguments)
      .to.have.nested.property("InferenceSpecification.Containers[0].ModelDataUrl")
      .that.deep.equals(model);
    const searched = jobs(every.builtInUngated).Steps;
    expect(names(searched)).to.deep.equal(["Tune", "Convert", "Package"]);
    expect(searched[2]!.DependsOn).to.deep.equal(["Convert"]);
    expect(JSON.stringify(searched[1])).to.contain("Steps.Tune.BestTrainingJob.TrainingJobName");
  });

  it("says nothing in the words of Step Functions, and asks for nothing that no step or parameter has", () => {
    for (const [name, facts] of Object.entries(every)) {
      const text = pipelineDefinition(facts);
      expect(text, name).not.to.match(/"[^"]*\.\$":|States\.|\$\./);
      const { Parameters, Steps } = jobs(facts);
      const before = new Set<string>();
      const check = (steps: { Name: string; Arguments: { IfSteps?: []; ElseSteps?: [] } }[]) => {
        for (const step of steps) {
          for (const [, place] of JSON.stringify(step).matchAll(/"Get":"([^"]+)"/g)) {
            const [kind, which] = place!.split(".") as [string, string];
            const known = kind === "Parameters" ? names(Parameters) : [...before, ...inner(step)];
            expect(known, `${name}.${step.Name}: ${place}`).to.include(which);
          }
          before.add(step.Name);
        }
      };
      const inner = ({ Arguments }: { Arguments: { IfSteps?: []; ElseSteps?: [] } }) =>
        names([...(Arguments.IfSteps ?? []), ...(Arguments.ElseSteps ?? [])]);
      check(Steps as never);
    }
  });

  it("nests no condition, lets none be waited for, and names no job: Pipelines refuse all three", () => {
    for (const facts of Object.values(every)) {
      const { Steps } = jobs(facts);
      const inside = Steps.flatMap(({ Arguments }) => [...(Arguments.IfSteps ?? []), ...(Arguments.ElseSteps ?? [])]);
      expect(inside.filter(({ Type }) => Type === "Condition")).to.deep.equal([]);
      expect(Steps.flatMap(({ DependsOn }) => DependsOn ?? [])).not.to.include("WhetherPassed");
      expect(JSON.stringify(Steps)).not.to.match(/"(Training|Processing|HyperParameterTuning)JobName":/);
    }
  });

  it("tells the job that measures drift which columns it is to pass over", () => {
    const told = (spec: object) =>
      jobs(machineFacts({ gate: drifting, ...spec })).Steps.find(({ Name }) => Name === "Evaluate")!.Arguments;
    const command = "AppSpecification.ContainerArguments";
    expect(told({})).to.have.nested.property(command).that.deep.equals(["evaluate"]);
    expect(told({ ignoredColumns: ["customer id", "when"] }))
      .to.have.nested.property(command)
      .that.deep.equals(["evaluate", "--ignore=customer id", "--ignore=when"]);
  });

  it("leaves a package for a person where the loop says so", () => {
    const status = (facts: typeof every.plain) => jobs(facts).Steps.at(-1)!.Arguments.IfSteps![0]!.Arguments;
    expect(status(every.plain)).to.deep.include({
      ModelApprovalStatus: "Approved",
      ModelPackageGroupName: "dev-churn",
    });
    expect(status(every.tuned).ModelApprovalStatus).to.equal("PendingManualApproval");
  });

  it("says with the package where what was measured of it is kept, while it is judged", () => {
    const ungated = jobs(every.ungated).Steps.at(-1)!.Arguments as Record<string, unknown>;
    expect(ungated.CustomerMetadataProperties).to.not.have.property("baseline");
    expect(ungated).to.not.have.property("ModelMetrics");
    const judged = jobs(every.plain).Steps.at(-1)!.Arguments.IfSteps![0]!.Arguments;
    const S3Uri = {
      "Std:Join": {
        On: "",
        Values: ["s3://data/models/churn/", { Get: "Parameters.Run" }, "/baseline/evaluation.json"],
      },
    };
    expect(judged).to.have.nested.property("CustomerMetadataProperties.baseline").that.deep.equals(S3Uri);
    expect(judged)
      .to.have.property("ModelMetrics")
      .that.deep.equals({ ModelQuality: { Statistics: { ContentType: "application/json", S3Uri } } });
  });

  it("refuses what a pipeline cannot say", () => {
    expect(() => inPipeline({ "name.$": "States.Hash($.run, 'MD5')" }, {})).to.throw(
      "a pipeline cannot say States.Hash",
    );
    expect(() => inPipeline({ "name.$": "$.unknown" }, {})).to.throw("a pipeline cannot say $.unknown");
    const run = { Get: "Parameters.Run" };
    expect(inPipeline({ "name.$": "States.Format('s3://{}/a', $.run)" }, { "$.run": run })).to.deep.equal({
      name: { "Std:Join": { On: "", Values: ["s3://", run, "/a"] } },
    });
  });

  describe("the state machine around it", () => {
    it("is in Amazon's language, for every kind of loop", () => {
      for (const [name, facts] of Object.entries(every)) {
        expect(languageFaults(pipelineMachine(facts, "dev-churn")), name).to.deep.equal([]);
      }
    });

    it("gives every parameter that the pipeline has, and no other", () => {
      for (const [name, facts] of Object.entries(every)) {
        const { States } = JSON.parse(pipelineMachine(facts, "dev-churn"));
        const given = States.StartPipeline.Parameters.PipelineParameters as { Name: string }[];
        expect(names(given), name).to.have.members(names(jobs(facts).Parameters));
      }
    });

    it("trains one model once at a time and goes live as without a pipeline", () => {
      const { States } = JSON.parse(pipelineMachine(every.tuned, "dev-churn"));
      expect(States).to.include.keys(
        ...["ClaimModel", "ClaimSlot", "ValidateData", "StartPipeline", "Register", "Approve", "Promote", "Record"],
      );
      expect(States).not.to.include.any.keys("Train", "Tune", "Evaluate", "Gate", "Package");
    });

    it("catches everything that may fail, and gives it up in time", () => {
      const { States } = JSON.parse(pipelineMachine(every.prepared, "dev-churn"));
      for (const [name, state] of Object.entries(States as Record<string, Record<string, unknown>>)) {
        if (state.Type !== "Task") continue;
        expect(state, name).to.include.keys("Retry", "Catch", "TimeoutSeconds");
      }
    });

    it("asks of the first version no more than that it was measured well enough", () => {
      const gate = (facts: typeof every.plain) =>
        JSON.parse(JSON.parse(pipelineMachine(facts, "p")).States.FirstOfItsKind.Parameters.gate);
      expect(gate(every.drifting)).to.deep.equal({ metric: "auc", atLeast: 0.8, beatChampion: false });
      expect(gate(machineFacts({ gate: { metric: "auc", beatChampion: true } }))).to.deep.equal({
        metric: "auc",
        atLeast: -Number.MAX_VALUE,
        beatChampion: false,
      });
      const ofErrors = { metric: "rmse", direction: "minimize", atMost: 5 } as const;
      expect(gate(machineFacts({ gate: { ...ofErrors, beatChampion: true } }))).to.deep.equal({
        ...ofErrors,
        beatChampion: false,
      });
    });
  });

  describe("as moto's SageMaker takes it", function () {
    this.timeout(300_000);
    let moto: Moto;

    before(async function () {
      const missing = motoMissing();
      if (missing !== undefined) skip(this, missing);
      moto = await startMoto();
    });
    after(() => moto?.stop());

    it("is created and started with what the state machine gives", async () => {
      const client = new SageMakerClient({
        region: "eu-west-1",
        endpoint: moto.url,
        credentials: { accessKeyId: "simulated", secretAccessKey: "simulated" },
      });
      for (const [name, facts] of Object.entries(every)) {
        const PipelineName = `dev-${name}`;
        await client.send(
          new CreatePipelineCommand({
            PipelineName,
            PipelineDefinition: pipelineDefinition(facts),
            ClientRequestToken: "a".repeat(40),
            RoleArn: facts.jobRoleArn,
          }),
        );
        const { PipelineExecutionArn } = await client.send(
          new StartPipelineExecutionCommand({
            PipelineName,
            ClientRequestToken: "b".repeat(40),
            PipelineParameters: [{ Name: "Run", Value: "run-1" }],
          }),
        );
        const found = await client.send(new DescribePipelineDefinitionForExecutionCommand({ PipelineExecutionArn }));
        expect(found.PipelineDefinition).to.equal(pipelineDefinition(facts));
      }
      client.destroy();
    });
  });
});
