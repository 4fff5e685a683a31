import { expect } from "chai";
import "../../simulator/cloud/aws/catalogue";
import { descriptionOf } from "../../simulator/cloud/aws/describe";
import { fillName, wrongName } from "../../simulator/cloud/aws/names";
import { kindOf } from "../../simulator/cloud/kubernetes/kinds";
import { wrongObject } from "../../simulator/cloud/kubernetes/limits";
import type { Registration } from "../support/record";
import { registeredApart } from "../support/registeredApart";
import { runWith } from "./program";

const from = "models:/churn@champion";
const schedule = "cron(0 3 ? * SUN *)";
/** A name of so many characters, which begins so. */
const long = (beginning: string, length: number) => beginning.padEnd(length, "x");
const gate = { metric: "auc", atLeast: 0.8 };
const monitor = { modelQuality: {} };

/** Everything that has a name from the config, each as long as the rules allow beside a stack of 24 characters. */
const stackName = long("stack", 24);
const sections = {
  foundation: {
    kind: "aws",
    region: "eu-west-1",
    dataProtection: false,
    images: { repositories: ["own-training"] },
    network: {
      zones: 2,
      endpoints: [
        ...["s3", "sts", "logs", "kms", "states", "athena", "glue"],
        ...["sagemaker.api", "sagemaker.runtime", "sagemaker.featurestore-runtime"],
      ],
    },
    cluster: {
      scaling: { kind: "karpenter" },
      nodeGroups: {
        [long("system", 38)]: { purpose: "system", instanceTypes: ["m7i.large"], minNodes: 2, maxNodes: 3 },
        [long("apps", 38)]: { purpose: "apps", instanceTypes: ["m7i.large"], maxNodes: 4 },
      },
    },
  },
  mlflow: {},
  jupyterhub: { profiles: { [long("profile", 40)]: { cpu: "1", memoryMiB: 1024 } } },
  monitoring: {
    defaultReceiver: long("team", 40),
    receivers: { [long("team", 40)]: { kind: "email", addresses: ["ml@example.com"] } },
  },
  delivery: {
    source: { provider: "github", repository: "example/ml" },
    models: { [long("own", 27)]: { repository: "example/own" } },
  },
  models: registeredApart({
    [long("own", 27)]: { from, training: { image: "own-training" } },
    [long("trained", 27)]: {
      from,
      owner: long("team", 40),
      drift: {},
      serve: { flask: {} },
      monitor,
      batch: { schedule, onNewData: "incoming/x/" },
      training: {
        image: "training",
        schedule,
        gate,
        onDrift: true,
        onNewData: "data/x/",
        tune: { objective: "validation:auc", ranges: { eta: { type: "continuous", min: 0.01, max: 0.3 } } },
        features: { entity: "customer_id", columns: { tenure: "Integral" } },
        prepare: { with: "glue", script: "churn/prepare.py" },
      },
    },
    [long("pipeline", 27)]: {
      from,
      serve: { flask: {} },
      training: { engine: "sagemakerPipelines", image: "training", schedule, prepare: { with: "container" } },
    },
    [long("flask", 38)]: { from, serve: { flask: {} }, drift: {}, batch: { schedule, onNewData: "incoming/y/" } },
    [long("pinned", 38)]: { from: "models:/churn/3", serve: { flask: {} } },
    [long("real", 6)]: {
      from,
      owner: long("team", 40),
      serve: { sagemaker: {} },
      drift: { dataQuality: { baseline: "baselines/x/" } },
      batch: { with: "sagemaker", schedule, onNewData: "incoming/z/" },
      training: { image: "training", schedule, gate },
      monitor,
    },
    scored: { from: "models:/churn/3", batch: { with: "sagemaker", schedule, onNewData: "incoming/w/" } },
  }),
  training: {
    featureStore: "onlineAndOffline",
    studio: {
      enabled: true,
      users: { [long("user", 63)]: "dataScientist" },
      notebooks: { [long("notebook", 20)]: {} },
    },
  },
};

/** Beside a stack of one letter, models whose names the stack's leaves room for may be longer: 42 characters with both, for an endpoint. */
const besideShortest = {
  foundation: { kind: "aws", region: "eu-west-1", dataProtection: false },
  mlflow: {},
  airflow: { dags: { kind: "git", repository: "https://github.com/example/dags" } },
  monitoring: { receivers: { team: { kind: "email", addresses: ["ml@example.com"] } } },
  governance: { offHours: {} },
  models: registeredApart({
    [long("scored", 29)]: {
      from: "models:/churn/3",
      batch: { with: "sagemaker", schedule, onNewData: "incoming/scored/" },
    },
    [long("hosted", 29)]: {
      from,
      serve: { sagemaker: { minInstances: 2, maxInstances: 4 } },
      drift: { dataQuality: { baseline: "baselines/x/" } },
      batch: { with: "sagemaker", schedule, onNewData: "incoming/hosted/" },
    },
    [long("real", 27)]: {
      from,
      owner: "team",
      serve: { sagemaker: {} },
      drift: {},
      batch: { with: "sagemaker", schedule, onNewData: "incoming/real/" },
      training: { image: "training", schedule, gate, onNewData: "data/real/" },
      monitor,
    },
    [long("trial", 29)]: {
      from: "models:/trial/1",
      owner: "team",
      serve: { sagemaker: { maxInstances: 1, ttlHours: 48 } },
    },
    [long("waits", 23)]: { from, serve: { sagemaker: { kind: "asynchronous" } } },
    [long("light", 18)]: { from, serve: { sagemaker: { kind: "serverless" } } },
    [long("dags", 27)]: { from, serve: { flask: {} }, training: { engine: "airflow", image: "training" } },
  }),
};

/** What a service would say of the names of a resource, given or made up by the provider. */
function refusals({ type, name, inputs }: Registration): string[] {
  if (type.startsWith("kubernetes:") && typeof inputs.kind === "string") {
    const metadata = { name: `${name}-0123abcd`, ...(inputs.metadata as object) };
    const object = { ...inputs, metadata };
    return wrongObject(kindOf(object), object).map(({ property, reason }) => `${type} ${name}: ${property} ${reason}`);
  }
  const rule = descriptionOf(type)?.name;
  if (rule === undefined) return [];
  const named = { ...inputs };
  return [...fillName(rule, name, {}, named, new Uint8Array([1])), ...wrongName(rule, named)].map(
    ({ property, reason }) => `${type} ${name}: ${property} ${reason}`,
  );
}

describe("a stack of the longest names", function () {
  this.timeout(120_000);

  const made = (of: object, stack: string) =>
    runWith(Object.fromEntries(Object.entries(of).map(([key, value]) => [`mlplatform:${key}`, value])), { stack });

  it("has none that a service refuses where the stack's is the shortest and those of models are the longest", async () => {
    const all = await made(besideShortest, "p");
    expect(all.flatMap(refusals)).to.deep.equal([]);
    const schedules = all.filter(({ type }) => type === "aws:scheduler/schedule:Schedule").map(({ name }) => name);
    expect(schedules, "with the dash and seven characters of Pulumi's it has 63 of 64").to.include(
      `mlplatform-batch-${long("scored", 29)}-schedule`,
    );
  });

  it("has none that a service refuses", async () => {
    const all = await made(sections, stackName);
    expect(all.flatMap(refusals)).to.deep.equal([]);
    const groups = all.map(({ inputs }) => String(inputs.modelPackageGroupName ?? ""));
    expect(groups.map((group) => group.length)).to.include(63);
  });
});
