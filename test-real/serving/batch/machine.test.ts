import { expect } from "chai";
import { batchDefinition } from "../../../components/serving/batch/definition";
import type { MachineFacts } from "../../../components/serving/batch/definitionTerms";
import { askProgram } from "../../../test/support/python";
import { pythonOrSkip } from "../../../test/support/pythonOrSkip";
import { languageFaults } from "../../../test/support/statesLanguage";

interface Scenario {
  facts?: Partial<MachineFacts>;
  inputs: unknown[];
  objects?: string[];
  models?: string[];
  /** Numbers of runs that end without giving back, and keys that are gone before a run. */
  aborted?: number[];
  deleted?: Record<string, string>;
  /** Model of the endpoint `churn`. */
  live?: string;
}

interface Answer {
  executions: { status: string; error?: string; cause?: string; entered: string[] }[];
  calls: { action: string; parameters: Record<string, unknown> }[];
  taken: string[];
}

const facts: MachineFacts = {
  model: "churn",
  jobPrefix: "dev-churn-",
  live: { modelName: "churn-3" },
  bucketName: "data",
  input: "incoming/churn/",
  tableName: "scored",
  instanceType: "ml.m5.large",
  instances: 2,
  timeoutMinutes: 90,
  topicArn: "arn:aws:sns:eu-west-1:123456789012:owner",
  tags: { team: "ml" },
};
const endpoint = { live: { endpointName: "churn", placeholderModelName: "churn-first" } } as const;
const [a, b] = [
  { key: "incoming/churn/a b.jsonl", etag: "1" },
  { key: 'incoming/churn/"b".jsonl', etag: "2" },
];

const scenarios = {
  schedule: { inputs: [{}], objects: ["incoming/churn/a.jsonl"], models: ["churn-3"] },
  emptyFolder: { inputs: [{}], objects: ["elsewhere/a.jsonl"], models: ["churn-3"] },
  events: { inputs: [[a, b, a], [b, a], [{ ...a, etag: "3" }]], objects: [a.key, b.key], models: ["churn-3"] },
  aborted: {
    inputs: [
      [a, b],
      [a, b],
      [a, b],
    ],
    objects: [a.key, b.key],
    models: ["churn-3"],
    aborted: [0],
    deleted: { 1: b.key },
  },
  onlyEvents: { facts: { input: undefined as never }, inputs: [[a]], objects: [a.key], models: ["churn-3"] },
  broken: { facts: { live: { modelName: "broken" } }, inputs: [[a, b]], objects: [a.key, b.key], models: ["broken"] },
  brokenWithoutOwner: {
    facts: { live: { modelName: "broken" }, tableName: undefined as never, topicArn: undefined as never },
    inputs: [{}],
    objects: ["incoming/churn/a.jsonl"],
    models: ["broken"],
  },
  endpoint: {
    facts: endpoint,
    inputs: [{}],
    objects: ["incoming/churn/a.jsonl"],
    models: ["churn-first", "churn-4"],
    live: "churn-4",
  },
  endpointWithoutVersion: { facts: endpoint, inputs: [{}, [a]], models: ["churn-first"], live: "churn-first" },
  endpointMissing: { facts: endpoint, inputs: [[a]] },
} satisfies Record<string, Scenario>;

/** As Step Functions gets it, but for the waits before it tries again. */
function impatient(over: Partial<MachineFacts> = {}): string {
  const given = Object.fromEntries(Object.entries({ ...facts, ...over }).filter(([, value]) => value !== undefined));
  return batchDefinition(given as unknown as MachineFacts)
    .replaceAll('"IntervalSeconds":30', '"IntervalSeconds":1')
    .replaceAll('"MaxAttempts":6,"MaxDelaySeconds":900', '"MaxAttempts":1,"MaxDelaySeconds":2');
}

describe("the state machine of batch scoring, in moto's interpreter", function () {
  this.timeout(300000);
  const answers = {} as Record<keyof typeof scenarios, Answer>;

  before(async function () {
    const python = await pythonOrSkip(this, "moto", 180);
    const runs = Object.values<Scenario>(scenarios).map(({ facts: over, ...rest }) => ({
      ...rest,
      definition: impatient(over),
    }));
    const told = await askProgram<Answer[]>(python.python, "batchMachine.py", { runs });
    for (const [at, name] of Object.keys(scenarios).entries()) answers[name as keyof typeof scenarios] = told[at]!;
  });

  const job = (name: keyof typeof scenarios, at = 0) => {
    const jobs = answers[name].calls.filter(({ action }) => action === "sagemaker.create_transform_job");
    return jobs[at]?.parameters as Record<string, unknown> | undefined;
  };
  const put = (name: keyof typeof scenarios, ending: string) =>
    answers[name].calls.find(({ action, parameters }) => {
      return action === "s3.put_object" && String(parameters.Key).endsWith(ending);
    })?.parameters;

  it("scores the whole folder on schedule, into the day's folder, and notes what it did", () => {
    expect(answers.schedule.executions[0]).to.include({ status: "SUCCEEDED" });
    const made = job("schedule")!;
    expect(made).to.deep.include({
      ModelName: "churn-3",
      TransformResources: { InstanceType: "ml.m5.large", InstanceCount: 2 },
      DataProcessing: { JoinSource: "Input" },
      // Limits of the requests, whatever those of the model's endpoint are.
      MaxPayloadInMB: 6,
      ModelClientConfig: { InvocationsTimeoutInSeconds: 600, InvocationsMaxRetries: 2 },
      Environment: {
        MODEL_SERVER_MAX_BODY_MIB: "7",
        MODEL_SERVER_TIMEOUT_MILLIS: "600000",
        MODEL_SERVER_SAMPLE_PERCENT: "0",
      },
      Tags: [{ Key: "team", Value: "ml" }],
    });
    expect(made.TransformInput).to.deep.include({
      DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: "s3://data/incoming/churn/" } },
      ContentType: "application/jsonlines",
      SplitType: "Line",
    });
    const name = String(made.TransformJobName);
    expect(name).to.match(/^dev-churn-[0-9a-f]{32}$/);
    const { S3OutputPath } = made.TransformOutput as { S3OutputPath: string };
    expect(S3OutputPath).to.match(new RegExp(`^s3://data/predictions/churn/date=\\d{4}-\\d\\d-\\d\\d/${name}$`));
    expect(put("schedule", ".json")?.Body).to.include({ model: "churn", sagemakerModel: "churn-3", job: name });
  });

  it("an empty folder is no failure, and starts no job", () => {
    expect(answers.emptyFolder.executions[0]).to.include({ status: "SUCCEEDED" });
    expect(answers.emptyFolder.executions[0]!.entered).to.include("NothingThere");
    expect(job("emptyFolder")).to.equal(undefined);
  });

  it("of new objects makes one list and one job, each object once, however often it is told", () => {
    expect(put("events", ".manifest")?.Body).to.have.deep.members([{ prefix: "s3://data/" }, a.key, b.key]);
    expect(put("events", ".manifest")).to.have.deep.nested.property("Body[0]", { prefix: "s3://data/" });
    expect(job("events")?.TransformInput).to.have.nested.property("DataSource.S3DataSource.S3DataType", "ManifestFile");
    expect(answers.events.executions[1]).to.include({ status: "SUCCEEDED" });
    expect(answers.events.executions[1]!.entered).to.include("NothingNew");
  });

  it("an object written anew is a new object; the jobs of two runs have two names", () => {
    expect(answers.events.executions[2]!.entered).to.include("Transform");
    expect(answers.events.taken).to.have.members([`${a.key}#1`, `${b.key}#2`, `${a.key}#3`]);
    expect(job("events")?.TransformJobName).to.not.equal(job("events", 1)?.TransformJobName);
    expect(job("events", 2)).to.equal(undefined);
  });

  it("takes over what an aborted run had taken, without what was deleted meanwhile, and once", () => {
    const [, restarted, again] = answers.aborted.executions;
    expect(restarted).to.include({ status: "SUCCEEDED" });
    expect(restarted!.entered).to.include.members(["HowItEnded", "TakeOver", "Scored"]);
    const lists = answers.aborted.calls.filter(({ action, parameters }) => {
      return action === "s3.put_object" && String(parameters.Key).endsWith(".manifest");
    });
    expect(lists.map(({ parameters }) => parameters.Body)).to.deep.equal([
      [{ prefix: "s3://data/" }, a.key, b.key],
      [{ prefix: "s3://data/" }, a.key],
    ]);
    expect(again!.entered).to.include("NothingNew");
  });

  it("works without a schedule too", () => {
    expect(answers.onlyEvents.executions[0]).to.include({ status: "SUCCEEDED" });
    expect(job("onlyEvents")).to.not.equal(undefined);
  });

  it("a failed job is stopped, what it had taken is given back, the owner is told, and the run fails", () => {
    const { executions, calls, taken } = answers.broken;
    expect(executions[0]).to.include({ status: "FAILED", error: "ScoringFailed" });
    expect(executions[0]!.cause).to.contain("the model refused its input");
    expect(calls.map(({ action }) => action)).to.include("sagemaker.stop_transform_job");
    expect(taken).to.deep.equal([]);
    const told = calls.find(({ action }) => action === "sns.publish")?.parameters;
    expect(told?.Message).to.contain("the model refused its input");
    expect(String(told?.Subject).length).to.be.lessThan(100);
  });

  it("without an owner and without new objects it fails all the same", () => {
    expect(answers.brokenWithoutOwner.executions[0]).to.include({ status: "FAILED", error: "ScoringFailed" });
    expect(answers.brokenWithoutOwner.calls.map(({ action }) => action)).to.not.include("sns.publish");
  });

  it("scores with what the endpoint's live configuration names", () => {
    expect(job("endpoint")?.ModelName).to.equal("churn-4");
  });

  it("before the first version a scheduled run ends well, and one of new objects waits with nothing taken", () => {
    const [scheduled, waiting] = answers.endpointWithoutVersion.executions;
    expect(scheduled).to.include({ status: "SUCCEEDED" });
    expect(scheduled!.entered).to.include("NothingToScoreWith");
    expect(waiting).to.include({ status: "RUNNING" });
    expect(waiting!.entered.at(-1)).to.equal("WaitForVersion");
    expect(answers.endpointWithoutVersion.taken).to.deep.equal([]);
  });

  it("an endpoint that is gone is told to the owner", () => {
    expect(answers.endpointMissing.executions[0]).to.include({ status: "FAILED", error: "ScoringFailed" });
    expect(answers.endpointMissing.calls.map(({ action }) => action)).to.include("sns.publish");
  });
});

describe("the definition of a state machine of batch scoring", function () {
  this.timeout(30_000);

  for (const [title, { facts: over }] of Object.entries<Scenario>(scenarios)) {
    it(`is valid Amazon States Language: ${title}`, () => {
      expect(languageFaults(impatient(over))).to.deep.equal([]);
    });
  }

  it("is seen to be none where a path or a kind of state is wrong", () => {
    expect(languageFaults(impatient().replace('"Succeed"', '"Success"'))).to.not.deep.equal([]);
    expect(languageFaults(impatient().replace('"ItemsPath":"$.events"', '"ItemsPath":"$.["'))).to.not.deep.equal([]);
  });

  it("leaves no state unreached, and leads to none that is missing", () => {
    for (const over of Object.values<Scenario>(scenarios).map((scenario) => scenario.facts)) {
      const { StartAt, States } = JSON.parse(impatient(over)) as { StartAt: string; States: Record<string, object> };
      const named = new Set([StartAt, ...JSON.stringify(States).matchAll(/"(?:Next|Default)":"(\w+)"/g)].map(nameIn));
      const inner = Object.values(States).flatMap((state) =>
        Object.keys((state as { ItemProcessor?: { States: object } }).ItemProcessor?.States ?? {}),
      );
      for (const name of inner) named.delete(name);
      expect([...named].sort()).to.deep.equal(Object.keys(States).sort());
    }
  });
});

const nameIn = (found: string | RegExpMatchArray) => (typeof found === "string" ? found : found[1]!);
