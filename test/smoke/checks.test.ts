import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Check } from "../../smoke/check";
import { checks } from "../../smoke/checks";
import { pod } from "./played/objects";
import { PlayedPlatform } from "./played/platform";

const project = join(__dirname, "../..");

describe("The checks of a platform that works", function () {
  this.timeout(60_000);

  it("pass, and leave nothing behind", async () => {
    const platform = new PlayedPlatform();
    const before = platform.cluster.objects.length;
    const outcomes = await platform.run();
    const told = outcomes.map(({ result, name, detail }) => `${result}: ${name}: ${detail}`);
    expect(told.filter((each) => each.startsWith("failed"))).to.deep.equal([]);
    const unchecked = outcomes
      .filter(({ result }) => result === "not checked")
      .map(({ name, detail }) => [name, detail]);
    expect(unchecked).to.deep.equal([
      ["ask every model", "churn waits for its first version"],
      ["be refused without a model's token", "no published model has a pod that is ready"],
      ["open every address by its name", "the stack publishes no address"],
    ]);
    const { mlflow, cluster } = platform;
    expect([mlflow.experiments.size, mlflow.runs.size, mlflow.files.size, mlflow.models.size]).to.deep.equal([
      0, 0, 0, 0,
    ]);
    expect(cluster.openWays).to.equal(0);
    expect(cluster.objects.length).to.equal(before);
    expect(cluster.removed).to.include("ConfigMap models/churn-release");
    expect(platform.hub.people.size).to.equal(0);
  });

  it("measure from the alias to the first answer, and count what the canary answered", async () => {
    const [outcome] = await new PlayedPlatform().run({ only: ({ name }) => name.startsWith("release") });
    expect(outcome!.measured).to.have.keys("aliasToAnswerSeconds", "requests", "answeredBySecond", "failed");
    expect(outcome!.measured!.answeredBySecond).to.be.within(1, outcome!.measured!.requests! - 1);
    expect(outcome!.measured!.failed).to.equal(0);
  });

  it("ask a version that somebody has released, and leave it as it is", async () => {
    const platform = new PlayedPlatform().withChampion();
    const outcomes = await platform.run({ only: ({ piece }) => piece === "models" });
    expect(outcomes.map(({ result, detail }) => [result, detail])).to.deep.equal([
      ["passed", "churn answers with version 7"],
      ["passed", "churn: 401 without, an answer with"],
      ["not checked", "churn: registered already, and versions of people are not touched"],
    ]);
    expect(platform.mlflow.models.get("churn")!.aliases).to.deep.equal({ champion: "7" });
    expect(platform.cluster.removed).to.deep.equal([]);
  });

  it("try no release on a model that has an endpoint on SageMaker too", async () => {
    const platform = new PlayedPlatform();
    const config = platform.cluster.objects.find(({ metadata }) => metadata?.name === "release-controller");
    const { data } = config as unknown as { data: { "models.json": string } };
    const told = JSON.parse(data["models.json"]);
    told.models[0].sagemaker = { endpoint: "local-churn" };
    data["models.json"] = JSON.stringify(told);
    const [outcome] = await platform.run({ only: ({ name }) => name.startsWith("release") });
    expect([outcome!.result, outcome!.detail]).to.deep.equal([
      "not checked",
      "no model in the cluster alone follows an alias that anybody may move",
    ]);
    expect(platform.mlflow.models.size).to.equal(0);
  });

  it("pass by a pod that was evicted, since another runs in its place", async () => {
    const platform = new PlayedPlatform();
    const evicted = pod("mlflow", "mlflow-old");
    evicted.metadata!.ownerReferences = [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "mlflow", uid: "1" }];
    evicted.status = { phase: "Failed", reason: "Evicted" };
    platform.cluster.objects.push(evicted);
    const [outcome] = await platform.run({ only: ({ name }) => name === "see every pod run" });
    expect(outcome).to.include({ result: "passed" });
  });

  it("start no stranger's pod where images are pulled with a secret", async () => {
    const platform = new PlayedPlatform().withChampion();
    const lent = platform.cluster.objects.find(({ kind }) => kind === "Deployment") as unknown as {
      spec: { template: { spec: object } };
    };
    Object.assign(lent.spec.template.spec, { imagePullSecrets: [{ name: "registry" }] });
    const [outcome] = await platform.run({ only: ({ piece }) => piece === "network" });
    expect([outcome!.result, outcome!.detail]).to.deep.equal([
      "not checked",
      "images are pulled with a secret, which a namespace of its own does not have",
    ]);
  });

  it("run a DAG that is paused, and pause it again; without one they say where it is", async () => {
    const platform = new PlayedPlatform();
    platform.airflow.paused = true;
    const only = ({ name }: Check) => name.startsWith("run a DAG");
    const [passed] = await platform.run({ only });
    expect([passed!.result, passed!.detail]).to.deep.equal([
      "passed",
      `smoke took ${passed!.measured!.dagSeconds} s; its pod is gone, its log is there`,
    ]);
    expect([platform.airflow.paused, platform.airflow.runs.size]).to.deep.equal([true, 0]);
    const notThere = [
      "not checked",
      "the DAG smoke is not there: put smoke/smoke_dag.py where Airflow's DAGs come from",
    ];
    platform.airflow.id = "somebodys_own"; // With the same tag: it does other work.
    const [others] = await platform.run({ only });
    expect([others!.result, others!.detail]).to.deep.equal(notThere);
    expect(platform.airflow.runs.size).to.equal(0);
    platform.airflow.tags = [];
    const [none] = await platform.run({ only });
    expect([none!.result, none!.detail]).to.deep.equal(notThere);
  });

  it("find a pod's words in CloudWatch by the aws command, and say where there is none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aws-"));
    const path = process.env.PATH;
    const platform = new PlayedPlatform();
    platform.outputs.podLogs = { region: "eu-west-1", groupPrefix: "mlplatform-prod/pods/" };
    const ask = async () => {
      const [outcome] = await platform.run({ only: ({ name }) => name.startsWith("find what a pod wrote") });
      return outcome!;
    };
    try {
      process.env.PATH = folder;
      expect(await ask()).to.include({
        result: "not checked",
        detail: "CloudWatch is asked by the aws command, which is not here",
      });
      const program = 'echo "$@" > "$0.asked"; echo \'{"events": [{"message": "one"}, {"message": "two"}]}\'';
      writeFileSync(join(folder, "aws"), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
      expect(await ask()).to.include({ result: "passed" });
      expect(readFileSync(join(folder, "aws.asked"), "utf8")).to.match(
        /^logs filter-log-events --region eu-west-1 --log-group-name mlplatform-prod\/pods\/mlflow --output json --log-stream-name-prefix smoke-\w+ --filter-pattern "smoke-\w+-was-here"$/m,
      );
      expect(platform.cluster.removed.filter((each) => /^Pod mlflow\/smoke-/.test(each))).to.not.deep.equal([]);
    } finally {
      process.env.PATH = path;
      rmSync(folder, { recursive: true });
    }
  });

  it("name what the stack does not have", async () => {
    const platform = new PlayedPlatform();
    platform.outputs.namespaces = ["mlflow"];
    delete platform.outputs.models;
    const outcomes = await platform.run({
      only: ({ piece }) => ["models", "airflow", "jupyterhub", "monitoring"].includes(piece),
    });
    expect(new Set(outcomes.map(({ result, detail }) => `${result}: ${detail}`))).to.deep.equal(
      new Set(
        ["models", "Airflow in the cluster", "JupyterHub", "monitoring"].map(
          (each) => `not checked: the stack has no ${each}`,
        ),
      ),
    );
  });

  it("have names of their own, and pages that are there", () => {
    const names = checks.map(({ piece, name }) => `${piece}: ${name}`);
    expect(new Set(names).size).to.equal(names.length);
    for (const { where } of checks) {
      const [page, anchor] = where.split("#");
      expect(existsSync(join(project, page!)), where).to.equal(true);
      if (anchor === undefined) continue;
      const headings = readFileSync(join(project, page!), "utf8").match(/^#+ .*$/gm) ?? [];
      const anchors = headings.map((each) =>
        each
          .replace(/^#+ /, "")
          .toLowerCase()
          .replace(/[^a-z0-9 -]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(anchors, where).to.include(anchor);
    }
  });
});
