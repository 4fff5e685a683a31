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

  it("names the engine that can, on AWS only", () => {
    const told = (base: object) => refused({ tune }, base).map(({ remedy }) => remedy.includes("stepFunctions"));
    expect(told(minimalExisting())).to.deep.equal([false]);
    expect(told(minimalAws())).to.deep.equal([true]);
  });
});
