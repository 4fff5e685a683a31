import { expect } from "chai";
import { checkDefinition } from "../../components/training/candidateCheck/definition";
import { askProgram } from "../../test/support/python";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import { languageFaults } from "../../test/support/statesLanguage";
import { machineFacts, plainSpec } from "../../test/support/trainingFacts";
import {
  type Compiler,
  coverage,
  failing,
  statesOf,
  type TrainingAnswer,
  type TrainingScenario,
} from "../../test/support/trainingMachine";

const compile: Compiler = (facts) => checkDefinition(facts, facts.spec.gate!);
const prepare = { with: "container", image: "i:1", cpu: "1", memoryMiB: 4096, timeoutMinutes: 60 } as const;
const drift = { metric: "auc", atLeast: 0.8, beatChampion: true, maxDriftPsi: 0.2 };
const checks = ["kind=latency,atMost=50"];
const plain = machineFacts();
const task = { clusterArn: "cluster", definitionArn: "definition" };
const prepared = machineFacts({ prepare, gate: drift, checks }, { task });
const { topicArn: _, ...untold } = machineFacts({ image: { uri: "docker.example/own@sha256:77" } });
const packageUri = "s3://data/models/churn/candidate/4/model.tar.gz";
const asked = { version: "4", by: "ada@example.com", approvedRun: "run-7", refused: null, packageUri };
const rows = ["data/churn/test/a.parquet", "extracts/churn/run-7/test/a.parquet"];
const full = { version: "3", packageUri: "s3://data/models/churn/champion/3/model.tar.gz" };
const far = { N: "9999999999" };

const scenarios = {
  nobody: { facts: plain },
  passes: { facts: plain, asked, rows },
  prepared: { facts: prepared, asked, rows, samples: true, champion: full },
  withoutTraffic: { facts: prepared, asked, rows, champion: full },
  first: { facts: prepared, asked, rows, champion: { version: null, packageUri: null } },
  untold: { facts: untold, asked, rows: [] },
  rejected: {
    facts: plain,
    asked,
    rows,
    judged: { passed: false, reasons: ["auc is 0.7000, at least 0.8000 is asked"], metrics: { auc: 0.7 } },
  },
  refused: { facts: plain, asked: { ...asked, refused: "it brings code of its own (code_paths)" }, rows },
  noRun: { facts: plain, asked: { ...asked, approvedRun: null }, rows },
  noRows: { facts: prepared, asked, rows: [rows[0]!] },
  registrarAway: { facts: plain, faults: { FindCandidate: ["Refused*"] } },
  slotsFull: {
    facts: plain,
    asked,
    rows,
    before: [{ id: { S: "slots" }, held: { M: { one: far, two: far } } }],
    whileWaiting: ["slots"],
  },
  slotContended: { facts: plain, asked, rows, faults: { ClaimSlot: ["DynamoDB.ConditionalCheckFailedException"] } },
  nothingPushed: {
    facts: machineFacts({ image: { repositoryUrl: "registry.example/ml/t", repositoryName: "ml/t" } }),
    asked,
    rows,
    images: [],
  },
} satisfies Record<string, TrainingScenario>;
type Name = keyof typeof scenarios;

/** States that the loop's machine has not, or not so; of the others every one is visited there. */
function own(facts: TrainingScenario["facts"]): string[] {
  const loop = statesOf(facts);
  const states = Object.entries(statesOf(facts, compile));
  return states.filter(([name, state]) => JSON.stringify(loop[name]) !== JSON.stringify(state)).map(([name]) => name);
}

const special = new Set(Object.values(scenarios).flatMap(({ facts }) => own(facts)));

const broken = Object.fromEntries(
  Object.entries(
    failing(
      [
        ["passes", scenarios.prepared],
        ["fails", scenarios.rejected],
      ],
      compile,
      { NoteFailed: "fails", TellOwner: "fails" },
    ),
  ).filter(([name]) => {
    const state = name.split(".")[1]!;
    return special.has(state) && state !== "FindCandidate"; // Of that see `registrarAway`.
  }),
);

describe("the check of a version that somebody asks for, in moto's interpreter", function () {
  this.timeout(900_000);
  const every: Record<string, TrainingScenario> = { ...scenarios, ...broken };
  let answers: Record<string, TrainingAnswer>;

  before(async function () {
    const python = await pythonOrSkip(this, "moto", 180);
    const runs = Object.values(every).map(({ facts, ...rest }) => ({ ...rest, definition: compile(facts) }));
    const told = await askProgram<TrainingAnswer[]>(python.python, "trainingMachine.py", { runs });
    answers = Object.fromEntries(Object.keys(every).map((name, at) => [name, told[at]!]));
  });

  const execution = (name: Name) => answers[name]!.executions[0]!;
  const called = (name: string, action: string) =>
    answers[name]!.calls.filter((call) => call.action === action).map(({ parameters }) => parameters);
  const inputs = (name: Name) => {
    const [job] = called(name, "sagemaker.create_processing_job") as [
      { ProcessingInputs: { InputName: string; S3Input: { S3Uri: string } }[] },
    ];
    return Object.fromEntries(job.ProcessingInputs.map((each) => [each.InputName, each.S3Input.S3Uri]));
  };
  const gate = (name: Name) => JSON.parse(String(called(name, "lambda.invoke")[0]!.Payload));

  it("is Amazon States Language, and AWS takes all that it asks", () => {
    for (const { facts } of Object.values(scenarios)) expect(languageFaults(compile(facts))).to.deep.equal([]);
    for (const [name, { refused }] of Object.entries(answers)) expect(refused, name).to.deep.equal([]);
  });

  it("goes without a job, a record or a word where nobody asks, or nobody knows", () => {
    expect(execution("nobody")).to.include({ status: "SUCCEEDED" });
    expect(execution("registrarAway")).to.include({ status: "FAILED", error: "Refused" });
    for (const name of ["nobody", "registrarAway"] as const) {
      expect(answers[name]!.records, name).to.deep.equal([]);
      for (const action of ["sagemaker.create_processing_job", "registrar.judged", "sns.publish"]) {
        expect(called(name, action), name).to.deep.equal([]);
      }
    }
  });

  it("measures on the rows of the last approved run, beside what is live, and judges by the loop's own gate and checks", () => {
    const { run } = answers.prepared!.records[0] as { run: string };
    expect(run).to.match(/^mlplatform-dev-churn-check-[0-9a-z]{8}$/);
    const { samples, ...others } = inputs("prepared");
    expect(others).to.deep.equal({
      candidate: packageUri,
      champion: full.packageUri,
      test: "s3://data/extracts/churn/run-7/test/",
    });
    expect(samples).to.match(/^s3:\/\/data\/samples\/churn\/date=/);
    const [job] = called("prepared", "sagemaker.create_processing_job");
    expect((job!.AppSpecification as { ContainerArguments: string[] }).ContainerArguments).to.deep.equal([
      "evaluate",
      "--check=kind=latency,atMost=50",
    ]);
    expect(job).to.have.nested.property("NetworkConfig.EnableNetworkIsolation", true);
    expect(gate("prepared")).to.deep.equal({
      gate: drift,
      checks,
      report: { bucket: "data", key: `outputs/churn/${run}/evaluation.json` },
    });
    expect(inputs("passes").test, "as it lies, where nothing prepares").to.equal("s3://data/data/churn/test/");
    expect(gate("first").gate, "no traffic to have drifted from").to.not.have.property("maxDriftPsi");
    expect(inputs("withoutTraffic")).to.not.have.property("samples");
    expect(gate("withoutTraffic").gate, "not measured, so not passed").to.have.property("maxDriftPsi", 0.2);
  });

  it("says on the version that it passed only with its record kept, by who asked", () => {
    const [record] = answers.passes!.records as [{ run: string } & Record<string, unknown>];
    expect(record.verdict).to.deep.equal({ outcome: "passed", cause: "version 4 passed" });
    expect(record.noted).to.have.property("why", "ada@example.com asked for version 4");
    expect(record.judged).to.deep.equal({ passed: true, reasons: [], metrics: { auc: 0.9 } });
    expect(called("passes", "registrar.judged")).to.deep.equal([
      {
        action: "judged",
        model: "churn",
        runId: record.run,
        version: "4",
        passed: true,
        record: `s3://data/metadata/churn/runs/${record.run}.json`,
      },
    ]);
    expect(called("passes", "registrar.promote"), "that is the controller's").to.deep.equal([]);
    expect(called("passes", "sns.publish")).to.deep.equal([]);
  });

  it("says why a version did not pass, on the version, to its owner and in the record", () => {
    const causes: [Name, string, string][] = [
      ["rejected", "GateRejected", "auc is 0.7000, at least 0.8000 is asked"],
      ["refused", "CandidateRefused", "Version 4 is not measured: it brings code of its own (code_paths)"],
      ["noRun", "NoApprovedRun", "no run of the loop has gone live yet"],
      ["noRows", "NoTestRows", "The rows of run-7 are gone: start the loop, and ask again"],
      ["untold", "NoTestRows", "The rows of run-7 are gone"],
      ["nothingPushed", "NoImage", "Nothing was pushed to ml/t yet"],
    ];
    for (const [name, error, cause] of causes) {
      expect(execution(name), name).to.include({ status: "FAILED", error });
      expect(execution(name).cause, name).to.contain(cause);
      const [noted, ...more] = called(name, "registrar.judged");
      expect(more, name).to.deep.equal([]);
      expect(noted, name).to.include({ version: "4", passed: false });
      expect(String(noted!.reason), name).to.contain(cause);
      expect(answers[name]!.records[0]!.verdict, name).to.deep.include({ outcome: "failed", error });
      if (name === "untold") expect(called(name, "sns.publish")).to.deep.equal([]);
      else expect(String(called(name, "sns.publish")[0]!.Message), name).to.contain(cause);
    }
    for (const name of ["refused", "noRun", "noRows"] as const) {
      expect(called(name, "sagemaker.create_processing_job"), name).to.deep.equal([]);
    }
  });

  it("waits for a slot as runs of loops do, and gives it back however it ended", () => {
    expect(execution("slotsFull").path.map(({ state }) => state)).to.include("WaitForSlot");
    for (const name of Object.keys(every)) {
      if (name.endsWith(".FreeSlot")) continue;
      const slots = answers[name]!.items.find(({ id }) => id!.S === "slots") as { held?: { M: object } } | undefined;
      expect(Object.keys(slots?.held?.M ?? {}), name).to.deep.equal([]);
    }
  });

  it("passes nothing where any of its steps fails for good", () => {
    for (const name of Object.keys(broken)) {
      if (name.endsWith(".FreeSlot")) continue;
      const passed = called(name, "registrar.judged").filter((each) => each.passed === true);
      expect(passed, name).to.deep.equal([]);
      expect(answers[name]!.executions[0], name).to.include({ status: "FAILED" });
    }
    expect(called("passes.Record", "registrar.judged"), "no evidence").to.deep.equal([]);
  });

  it("comes to each of its states and catchers", () => {
    const runs = Object.entries(every).map(([name, each]): [TrainingScenario, TrainingAnswer] => [
      each,
      answers[name]!,
    ]);
    const missed = [...coverage(runs, compile)]
      .filter(([key, times]) => times === 0 && special.has(key.split(" ")[0]!))
      .map(([key]) => key);
    expect(missed).to.deep.equal([]);
  });

  it("has a name for its jobs and runs that no run of the loop has", () => {
    expect(plainSpec.model).to.equal("churn");
    for (const name of ["passes", "prepared"] as const) {
      const [job] = called(name, "sagemaker.create_processing_job");
      expect(String(job!.ProcessingJobName)).to.match(/^mlplatform-dev-churn-check-[0-9a-z]{8}-e\d*$/);
    }
  });
});
