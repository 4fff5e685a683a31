import type * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { databasesOf } from "../../components/apps/apps";
import { mwaaArgs } from "../../components/composition/mwaa";
import type { AppContext } from "../../components/composition/surroundings";
import type { PolicyStatement } from "../../components/lib/statements";
import { onAws } from "../settings/fixtures";
import { appContext } from "../support/appContext";
import { account, value } from "../support/foundation";

const config = (airflow: object = {}, executor: object = {}, sections: object = {}) => {
  const section = { executor: { kind: "mwaa", ...executor }, dags: { kind: "bucket" }, ...airflow };
  return onAws({}, { mlflow: {}, airflow: section, ...sections });
};

function argsOf(context: AppContext) {
  const airflow = context.settings.airflow!;
  if (airflow.executor.kind !== "mwaa") throw new Error("not MWAA");
  return mwaaArgs(context, "made-up-test", airflow, airflow.executor);
}

describe("what MWAA gets for a stack's settings", () => {
  it("is exactly this by default, with the DAGs in the platform's own bucket, and what tasks in the cluster may do", async () => {
    const context = appContext(config());
    const { taskStatements, ...args } = argsOf(context);
    const statements = await value(taskStatements as pulumi.Output<PolicyStatement[]>);
    expect(statements.map(({ Sid }) => Sid)).to.include.members(["ReadModelData", "WritePredictions"]);
    expect(args).to.deep.equal({
      account,
      environmentName: "made-up-test",
      environmentClass: "mw1.small",
      maxWorkers: 5,
      dags: context.foundation.stores.data,
      dagPrefix: "dags",
      vpcId: "VPC",
      privateSubnetIds: "private subnets",
      logRetentionDays: 90,
      ready: context.foundation.ready,
    });
  });

  it("lets tasks read the data of models of the owners that are named", async () => {
    const models = { churn: { from: "models:/churn@champion", owner: "risk" } };
    const monitoring = { receivers: { risk: { kind: "webhook", secretName: "risk" } } };
    const context = appContext(config({ trainsFor: ["risk"] }, {}, { models, monitoring }));
    const statements = await value(argsOf(context).taskStatements as pulumi.Output<PolicyStatement[]>);
    const read = statements.find(({ Sid }) => Sid === "ReadTrainingData");
    expect(read!.Resource).to.deep.equal(["ARN of data/data/churn/*"]);
  });

  it("follows the section", () => {
    const context = appContext(
      config({ dags: { kind: "bucket", prefix: "team/dags" } }, { environmentClass: "mw1.large", maxWorkers: 20 }),
    );
    expect(argsOf(context)).to.include({ environmentClass: "mw1.large", maxWorkers: 20, dagPrefix: "team/dags" });
  });

  for (const [asked, offered] of [
    [1, 1],
    [8, 14],
    [91, 120],
    [3650, 3653],
  ]) {
    it(`keeps logs ${offered} days where ${asked} are asked for: no shorter, and a period that CloudWatch offers`, () => {
      expect(argsOf(appContext(config({ logRetentionDays: asked }))).logRetentionDays).to.equal(offered);
    });
  }

  it("needs no database of the platform: it keeps its own", () => {
    const { settings } = appContext(config());
    expect(databasesOf(settings)).to.deep.equal(["mlflow"]);
    expect(databasesOf(appContext(onAws({}, { airflow: {}, mlflow: {} })).settings)).to.deep.equal([
      "airflow",
      "mlflow",
    ]);
  });

  it("is refused off AWS, should a stack ever get past the rules of its settings", () => {
    const context = appContext(config());
    const { aws: _, ...foundation } = context.foundation;
    expect(() => argsOf({ ...context, foundation })).to.throw("MWAA reads DAGs from a bucket of AWS");
  });
});
