import { expect } from "chai";
import { airflowTrainingRules } from "../../components/settings/rules/airflowTraining";
import { minimalAws, minimalExisting, problemsOf } from "./fixtures";

const trained = (more: object, base: object = minimalExisting()) => ({
  ...base,
  mlflow: {},
  airflow: {},
  models: {
    churn: {
      from: "models:/churn@champion",
      serve: { flask: {} },
      drift: {},
      training: { engine: "airflow", image: "registry.example.com/train:1", ...more },
    },
  },
});
const refused = (more: object, base?: object) =>
  problemsOf(trained(more, base)).filter(({ path }) => path.startsWith("models.churn.training"));
const tune = { objective: "auc", ranges: { depth: { type: "integer", min: 2, max: 8 } } };

describe("Training by Airflow", () => {
  it("takes schedules of five fields, and preparation by a container", () => {
    expect(refused({ schedule: "cron(0 3 ? * SUN *)", prepare: { with: "container" } })).to.deep.equal([]);
    expect(airflowTrainingRules({})).to.deep.equal([]);
  });

  for (const [name, more, key, says] of [
    ["a schedule that Airflow has no word for", { schedule: "cron(0 3 L * ? *)" }, "schedule", /L or W/],
    ["new objects, which nobody tells Airflow of", { onNewData: "data/churn/" }, "onNewData", /write schedule/],
    ["drift, which nobody tells Airflow of", { onDrift: true }, "onDrift", /drift_check/],
    ["a search", { tune }, "tune", /leave tune out/],
    [
      "a built-in algorithm",
      { algorithm: { name: "xgboost", hyperparameters: { num_round: "9", objective: "binary:logistic" } } },
      "algorithm",
      /pods train with the image.*leave algorithm out/,
    ],
    [
      "two hyperparameters that pods know as one variable",
      { hyperparameters: { depth: "1", Depth: "2" } },
      "hyperparameters.Depth",
      /SM_HP_DEPTH.*rename Depth or depth/,
    ],
  ] as const) {
    it(`refuses ${name}`, () => {
      const found = refused(more);
      expect(found.map(({ path }) => path)).to.deep.equal([`models.churn.training.${key}`]);
      expect(`${found[0]!.allowed} ${found[0]!.remedy}`).to.match(says);
    });
  }

  it("refuses Glue where the stack has it, too", () => {
    const found = refused({ prepare: { with: "glue", script: "a.py" } }, minimalAws());
    expect(found.map(({ path }) => path)).to.deep.equal(["models.churn.training.prepare"]);
    expect(found[0]!.remedy).to.match(/with: container/);
  });

  const refusedAt = (config: object) => problemsOf(config).map(({ path }) => path);

  it("refuses MWAA, which starts no pods of this cluster", () => {
    const airflow = { executor: { kind: "mwaa" }, dags: { kind: "bucket" } };
    const found = problemsOf({ ...trained({}, minimalAws()), airflow });
    expect(found.map(({ path }) => path)).to.deep.equal(["models.churn.training.engine"]);
    expect(found[0]!.remedy).to.match(/stepFunctions/);
  });

  it("refuses an image of the platform's registry without its tag, and on AWS one that the registry does not have", () => {
    const repositories = { foundation: { ...minimalAws().foundation, images: { repositories: ["own"] } } };
    const on = (image: string) => refused({ image }, repositories).map(({ path }) => path);
    expect(on("own:7")).to.deep.equal([]);
    expect(on("training")).to.deep.equal([]);
    expect(on("own")).to.deep.equal(["models.churn.training.image"]);
    expect(on("other:7")).to.deep.equal(["models.churn.training.image"]);
    const prepare = { with: "container", image: "own" };
    expect(refused({ prepare }).map(({ path }) => path)).to.deep.equal(["models.churn.training.prepare.image"]);
  });

  it("refuses values of the chart that would replace what the DAGs of training are in, while there are any", () => {
    const values = {
      dagProcessor: { dagBundleConfigList: [], extraVolumes: [] },
      workers: { extraVolumes: [] },
      ...{ airflowLocalSettings: "", podTemplate: "apiVersion: v1" },
    };
    const config = { ...trained({}), airflow: { values } };
    expect(refusedAt(config).filter((path) => path.startsWith("airflow"))).to.deep.equal([
      "airflow.values.airflowLocalSettings",
      "airflow.values.dagProcessor.dagBundleConfigList",
      "airflow.values.dagProcessor.extraVolumes",
      "airflow.values.podTemplate",
      "airflow.values.workers.extraVolumes",
    ]);
    expect(refusedAt({ ...config, models: {} })).to.deep.equal([]);
  });

  it("refuses more hyperparameters than a ConfigMap of DAGs holds, however many DAGs there are, and names that make a role's too long", () => {
    const { churn } = trained({}).models;
    const many = (count: number, over: object = {}) => ({
      ...trained({}),
      models: Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`m${at}`, { ...churn, training: { ...churn.training, ...over } }]),
      ),
    });
    const ofSize = (config: object) => refusedAt(config).filter((path) => path.includes(".training."));
    const gate = { metric: "roc_auc", atLeast: 0.8 };
    expect(ofSize(many(100))).to.deep.equal([]);
    expect(ofSize(many(100, { gate }))).to.deep.equal([]);
    const saying = (characters: number) => ({
      hyperparameters: Object.fromEntries(
        Array.from({ length: Math.ceil(characters / 2500) }, (_, at) => [`h${at}`, "x".repeat(2500)]),
      ),
    });
    expect(ofSize(many(8, saying(17_500)))).to.deep.equal([]);
    expect(ofSize(many(9, saying(17_500)))).to.deep.equal(["models.m0.training.hyperparameters"]);
    expect(ofSize(many(25, { hyperparameters: { h: "x".repeat(1900) } }))).to.deep.equal([]);
    expect(ofSize(many(23, { hyperparameters: { h: "x".repeat(2500) } }))).to.deep.equal([]);
    const heavy = { ...churn, training: { ...churn.training, ...saying(60_000) } };
    const uneven = many(30);
    expect(ofSize({ ...uneven, models: { ...uneven.models, m7: heavy } })).to.deep.equal([
      "models.m7.training.hyperparameters",
    ]);
    const [problem] = problemsOf(many(60, { hyperparameters: { h: "x".repeat(2500) } })).filter(({ path }) =>
      path.includes(".training."),
    );
    expect(problem).to.deep.include({ value: '"2508 characters"' });
    expect(problem!.allowed).to.contain("about 1920 characters of hyperparameters for each model");
    const long = "x".repeat(28);
    const config = (base: object) => ({ ...trained({}, base), models: { [long]: churn } });
    expect(refusedAt(config(minimalAws()))).to.include(`models.${long}`);
    expect(refusedAt(config(minimalExisting()))).to.not.include(`models.${long}`);
  });

  it("needs a registry for its images on an existing cluster, whatever serves the model", () => {
    const { churn } = trained({}).models;
    const { serve: _, drift: __, ...rest } = churn;
    expect(refusedAt({ ...trained({}), models: { churn: { ...rest, serve: {} } } })).to.include(
      "foundation.images.registry",
    );
  });

  it("names the engine that can, on AWS only", () => {
    const told = (base: object) => refused({ tune }, base).map(({ remedy }) => remedy.includes("stepFunctions"));
    expect(told(minimalExisting())).to.deep.equal([false]);
    expect(told(minimalAws())).to.deep.equal([true]);
  });
});
