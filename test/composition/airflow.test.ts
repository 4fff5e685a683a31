import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { airflowArgs } from "../../components/composition/airflow";
import type { AppContext } from "../../components/composition/surroundings";
import type { PolicyStatement } from "../../components/lib/statements";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, compatibleStore, onApps, onGpus, onTraining, told } from "../support/appContext";
import { value } from "../support/foundation";

const argsOf = (context: AppContext, mlflow?: Parameters<typeof airflowArgs>[2]) =>
  airflowArgs(context, context.settings.airflow!, mlflow);

describe("what Airflow gets for a stack's settings", () => {
  it("is exactly this for a section that is empty", () => {
    const context = appContext(onAws({}, { airflow: {} }));
    const { taskStatements: _, ...args } = argsOf(context);
    expect(args).to.deep.equal({
      ready: [],
      placement: onApps,
      storageClass: "made-up-disk",
      keepData: true,
      values: {},
      executor: { kind: "kubernetes" },
      dags: { kind: "none" },
      schedulers: 1,
      apiServers: 1,
      workerCpu: "500m",
      taskQuota: { maxPods: 200, cpu: "100", memoryGiB: 400, gpus: 8 },
      workerMemoryMiB: 1024,
      workerPlacement: onTraining,
      nodeClasses: {
        ...{ system: onApps, apps: onApps, notebooks: onApps, serving: onApps },
        ...{ training: onTraining, "training-gpu": onGpus },
      },
      sources: {},
      pools: { training: 8 },
      database: context.foundation.databases.airflow,
      logs: context.foundation.stores.logs,
      data: context.foundation.stores.data,
      identity: context.identity,
      region: "eu-west-1",
      historyDays: 180,
    });
  });

  it("lets tasks score what comes in and read what models were asked, by a grant on AWS and by keys elsewhere", async () => {
    const { taskStatements } = argsOf(appContext(onAws({}, { airflow: {} })));
    const statements = await new Promise<PolicyStatement[]>((resolve) =>
      pulumi.output(taskStatements ?? []).apply((all) => resolve(all)),
    );
    const on = (action: string) =>
      statements.flatMap(({ Action, Resource }) => (Action.includes(action) ? Resource : []));
    const bucket = "ARN of data";
    expect(on("s3:GetObject")).to.deep.equal(
      ["incoming", "samples", "predictions"].map((folder) => `${bucket}/${folder}/*`),
    );
    expect(on("s3:PutObject")).to.deep.equal([`${bucket}/predictions/*`]);
    const { stores } = appContext(onExisting({})).foundation;
    const data = compatibleStore("data");
    const foundation = { stores: { ...stores, data } };
    const elsewhere = argsOf(appContext(onExisting({}, { airflow: {} }), { foundation }));
    expect(elsewhere.data).to.equal(data);
    expect(elsewhere).to.not.have.property("taskStatements");
  });

  it("lets tasks read the data of models of the owners that are named, where those data come in, and of no other", async () => {
    const from = "models:/churn@champion";
    const models = {
      churn: { from, owner: "risk" },
      fraud: { from, owner: "risk", training: { image: "training", onNewData: "raw/fraud/" } },
      other: { from, owner: "sales" },
      nobodys: { from },
    };
    const monitoring = {
      receivers: Object.fromEntries(["risk", "sales"].map((name) => [name, { kind: "webhook", secretName: name }])),
    };
    const context = appContext(onAws({}, { mlflow: {}, airflow: { trainsFor: ["risk"] }, monitoring, models }));
    const statements = await value(argsOf(context).taskStatements as pulumi.Output<PolicyStatement[]>);
    const read = statements.find(({ Sid }) => Sid === "ReadTrainingData");
    expect(read!.Resource).to.deep.equal(["ARN of data/data/churn/*", "ARN of data/raw/fraud/*"]);
  });

  it("follows the section", () => {
    const airflow = {
      executor: { kind: "celery", minWorkers: 2, maxWorkers: 6 },
      image: "registry.example.com/airflow:3.1.0-team.1",
      ...{ schedulers: 2, apiServers: 3, workerCpu: "2", workerMemoryMiB: 4096, historyDays: 30 },
      values: { labels: { team: "ml" } },
    };
    expect(argsOf(appContext(onAws({}, { airflow })))).to.deep.include(airflow);
  });

  it("takes DAGs from a branch, with the Secret of a private repository alone where there is one", () => {
    const dags = (over: object) =>
      argsOf(
        appContext(
          onAws({}, { airflow: { dags: { kind: "git", repository: "https://git.fake.invalid/dags", ...over } } }),
        ),
      ).dags;
    const open = {
      kind: "git",
      repository: "https://git.fake.invalid/dags",
      branch: "main",
      path: "dags",
      syncSeconds: 30,
    };
    expect(dags({})).to.deep.equal(open);
    expect(dags({ branch: "live", path: "a/b", syncSeconds: 10, secretName: "key" })).to.deep.equal({
      ...open,
      ...{ branch: "live", path: "a/b", syncSeconds: 10, secretName: "dags-git" },
    });
  });

  it("takes DAGs from a volume of the cluster's shared storage", () => {
    const config = onAws(
      { cluster: { sharedStorage: true } },
      { airflow: { dags: { kind: "volume", storageGiB: 7 } } },
    );
    const context = appContext(config);
    expect(argsOf(context).dags).to.deep.equal({ kind: "volume", storageGiB: 7, storageClass: "made-up-share" });
    const { sharedStorageClass: _, ...cluster } = context.cluster;
    expect(() => argsOf({ ...context, cluster })).to.throw("need shared storage");
  });

  it("tells DAGs what is declared of columns, where something is", () => {
    const serve = { flask: {} };
    const models = {
      churn: { from: "models:/churn@champion", serve, drift: { columns: { id: "ignore" } } },
      other: { from: "models:/other@champion", serve, drift: {} },
    };
    expect(argsOf(appContext(onAws({}, { airflow: {}, mlflow: {}, models }))).driftColumns).to.deep.equal({
      churn: { id: "ignore" },
    });
    expect(argsOf(appContext(onAws({}, { airflow: {} })))).to.not.have.property("driftColumns");
  });

  it("signs in to MLflow as itself, where there is one", () => {
    const credentials = (client: string) => ({
      MLFLOW_TRACKING_USERNAME: told(client),
      MLFLOW_TRACKING_PASSWORD: told(`password of ${client}`),
    });
    const context = appContext(onAws({}, { airflow: {} }));
    expect(argsOf(context, { uri: "http://mlflow.fake.invalid", credentials }).mlflow).to.deep.equal({
      trackingUri: "http://mlflow.fake.invalid",
      credentials: { MLFLOW_TRACKING_USERNAME: "airflow", MLFLOW_TRACKING_PASSWORD: "password of airflow" },
    });
  });

  it("tells where metrics are read from, where something monitors", () => {
    const context = appContext(onAws({}, { airflow: {} }), { monitors: [] });
    expect(argsOf(context)).to.include({ monitoringNamespace: "monitoring", monitors: context.monitors });
  });

  it("reaches a store that is not Amazon's with the keys of the logs, in a region that only signs", () => {
    const { stores } = appContext(onExisting({})).foundation;
    const logs = compatibleStore("logs");
    const context = appContext(onExisting({}, { airflow: {} }), { foundation: { stores: { ...stores, logs } } });
    const args = argsOf(context);
    expect(args.logs).to.equal(logs);
    expect(args.region).to.equal("us-east-1");
    expect(args.s3).to.deep.equal({
      endpointUrl: "endpoint",
      region: "us-east-1",
      writing: { accessKeyId: "key id of logs", secretAccessKey: "key of logs" },
      reading: { accessKeyId: "key id of logs", secretAccessKey: "key of logs" },
    });
  });

  it("takes keys that open task logs alone, where the store has them", () => {
    const { stores } = appContext(onExisting({})).foundation;
    const key = (name: string) => ({ accessKeyId: told(name), secretAccessKey: told(`key of ${name}`) });
    const compatible = {
      ...compatibleStore("logs").compatible!,
      narrower: { taskLogs: key("writer"), taskLogsReading: key("reader") },
    };
    const logs = { ...compatibleStore("logs"), compatible };
    const context = appContext(onExisting({}, { airflow: {} }), { foundation: { stores: { ...stores, logs } } });
    expect(argsOf(context).s3).to.deep.include({ writing: key("writer"), reading: key("reader") });
  });

  it("is not there for MWAA, whose DAGs are elsewhere too", () => {
    const mwaa = { executor: { kind: "mwaa" }, dags: { kind: "bucket" } };
    const context = appContext(onAws({}, { airflow: mwaa }));
    expect(() => argsOf(context)).to.throw("MWAA is not Airflow in the cluster");
    const settings = { ...context.settings.airflow!, executor: { kind: "kubernetes" as const } };
    expect(() => airflowArgs(context, settings, undefined)).to.throw("DAGs in the bucket are for MWAA");
  });
});
