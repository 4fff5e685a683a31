import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { databasesOf } from "../../components/apps/apps";
import { needs } from "../../components/settings/needs";
import { parseSettings } from "../../components/settings/parse";
import { onAws, problemsOf } from "./fixtures";

const lean = (sections: object = {}, more: object = {}) =>
  onAws({ cluster: { kind: "none" }, network: { nat: "none" }, ...more }, sections);
const from = "s3://example-models/churn/3/model.tar.gz";
const model = (block: object) => ({ models: { churn: { from, serve: { sagemaker: {} }, ...block } } });
const monitoring = (block: object) => ({ monitoring: block });
const mail = { receivers: { ml: { kind: "email", addresses: ["ml@example.com"] } } };
const training = { engine: "stepFunctions", image: "training:1" };

/** What is refused, where, what stands there, the beginning of the remedy, and the sections once that is done. */
const refused: [what: string, sections: object, path: string, value: string, remedy: RegExp, mended: object][] = [
  ["access", { access: { domain: "ml.example.com" } }, "access", "(missing)", /^leave access out/, {}],
  ["Airflow", { airflow: {} }, "airflow", "(missing)", /^leave airflow out, and write batch.schedule/, {}],
  ["MWAA", { airflow: { executor: { kind: "mwaa" }, dags: { kind: "bucket" } } }, "airflow", "(missing)", /^leave/, {}],
  ["MLflow", { mlflow: {} }, "mlflow", "(missing)", /^leave mlflow out, and write from: s3:/, {}],
  [
    "JupyterHub",
    { jupyterhub: {} },
    "jupyterhub",
    "(missing)",
    /write training.studio.enabled: true/,
    { training: { studio: { enabled: true }, catalog: { enabled: false } } },
  ],
  ["promotion", { promotion: {} }, "promotion", "(missing)", /^leave promotion out/, {}],
  [
    "Prometheus",
    monitoring({ ...mail, storageGiB: 20 }),
    "monitoring.storageGiB",
    "20",
    /^leave storageGiB out/,
    monitoring(mail),
  ],
  ["logs of pods", monitoring({ ...mail, logs: {} }), "monitoring.logs", "", /^leave logs out/, monitoring(mail)],
  [
    "Slack",
    monitoring({ receivers: { ml: { kind: "slack", channel: "#ml", secretName: "ml/slack" } } }),
    "monitoring.receivers.ml.kind",
    '"slack"',
    /^write kind: email or kind: sns/,
    monitoring(mail),
  ],
  [
    "a version of a registry",
    model({ from: "models:/churn/3" }),
    "models.churn.from",
    '"models:/churn/3"',
    /^write from: s3:.*model.tar.gz/,
    model({}),
  ],
  ["a folder", model({ from: "s3://example-models/churn" }), "models.churn.from", "", /^write from: s3:/, model({})],
  [
    "Flask",
    model({ serve: { flask: {}, sagemaker: {} } }),
    "models.churn.serve.flask",
    "",
    /^write sagemaker: {}/,
    model({}),
  ],
  [
    "scoring in pods",
    model({ batch: { schedule: "cron(0 3 ? * SUN *)" } }),
    "models.churn.batch.with",
    '"kubernetes"',
    /^write with: sagemaker/,
    model({ batch: { with: "sagemaker", schedule: "cron(0 3 ? * SUN *)" } }),
  ],
  ["training", model({ training }), "models.churn.training", '"stepFunctions"', /^leave training out/, model({})],
  ["the drift check", model({ drift: {} }), "models.churn.drift", "(missing)", /^leave drift out/, model({})],
];

describe("a stack without a cluster", () => {
  for (const [what, sections, path, value, remedy, mended] of refused) {
    it(`refuses ${what}, and is accepted once the remedy is taken`, () => {
      const problems = problemsOf(lean(sections));
      const problem = problems.find((each) => each.path === path && remedy.test(each.remedy));
      expect(problem, JSON.stringify(problems)).to.not.equal(undefined);
      if (value !== "") expect(problem!.value).to.equal(value);
      expect(problem!.remedy).to.match(/, or foundation\.cluster: \{ kind: create \}$/);
      const studio = "training" in mended;
      const endpoints = ["s3", "sts", "logs", "kms", "states", "sagemaker.api", "sagemaker.runtime"];
      expect(problemsOf(lean(mended, studio ? { network: { nat: "none", endpoints } } : {}))).to.deep.equal([]);
    });
  }

  it("is told of nothing that a cluster would mend: to add MLflow is no remedy", () => {
    expect(problemsOf(lean(model({ from: "models:/churn/3" }))).map(({ path }) => path)).to.deep.equal([
      "models.churn.from",
    ]);
  });

  it("takes what AWS runs by itself", () => {
    const sections = {
      ...monitoring({ ...mail, defaultReceiver: "ml" }),
      ...model({ owner: "ml", batch: { with: "sagemaker", onNewData: "incoming/churn/" } }),
      governance: { budget: { monthlyUsd: 50, notifyEmails: ["ml@example.com"] } },
      backup: { objects: true },
    };
    expect(problemsOf(lean(sections))).to.deep.equal([]);
    const settings = parseSettings(lean(sections));
    expect(databasesOf(settings)).to.deep.equal([]);
    expect(needs(settings)).to.deep.include({ storedSecrets: [] });
  });

  it("asks for one endpoint of the VPC where there is no way out, and for no database's instance", () => {
    const [problem] = problemsOf(lean(model({}), { network: { nat: "none", endpoints: [] } }));
    expect(problem).to.deep.include({
      path: "foundation.network.endpoints",
      remedy: "write endpoints: [s3], or nat: single",
    });
    const settings = parseSettings(lean());
    if (settings.foundation.kind !== "aws") throw new Error("on AWS");
    const family = settings.foundation.database.instanceClass.split(".")[1]!;
    expect(problemsOf(lean({ governance: { deniedInstanceFamilies: [family] } }))).to.deep.equal([]);
  });

  it("has an example that is accepted, and forbids ambient providers", () => {
    const file = parse(readFileSync(join(__dirname, "..", "..", "docs", "examples", "lean.yaml"), "utf8"));
    const { "pulumi:disable-default-providers": disabled, ...sections } = file.config as Record<string, unknown>;
    expect(disabled).to.deep.equal(["aws", "kubernetes"]);
    const raw = Object.fromEntries(
      Object.entries(sections).map(([key, section]) => [key.slice("mlplatform:".length), section]),
    );
    expect(problemsOf(raw)).to.deep.equal([]);
  });
});
