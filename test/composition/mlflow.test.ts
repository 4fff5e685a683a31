import { expect } from "chai";
import { mlflowArgs } from "../../components/composition/mlflow";
import type { AppContext } from "../../components/composition/surroundings";
import { onAws, onExisting } from "../settings/fixtures";
import { appContext, compatibleStore, onApps } from "../support/appContext";

const argsOf = (context: AppContext) => mlflowArgs(context, context.settings.mlflow!);
const airflow = { role: "editor", namespaces: ["airflow-tasks", "airflow-pods"] };
const jupyterhub = { role: "editor", namespaces: ["jupyterhub"] };
const access = {
  domain: "ml.example.com",
  zoneId: "Z0123456789EXAMPLE",
  signIn: { provider: "github", clientId: "ml", clientSecretName: "sign-in", organization: "example" },
  groups: { platform: "admin", leads: "editor", readers: "viewer" },
};

describe("what MLflow gets for a stack's settings", () => {
  it("is exactly this for a section that is empty, and nobody to track runs", () => {
    const context = appContext(onAws({}, { mlflow: {} }));
    expect(argsOf(context)).to.deep.equal({
      ready: [],
      placement: onApps,
      storageClass: "made-up-disk",
      keepData: true,
      values: {},
      replicas: 2,
      cpu: "500m",
      memoryMiB: 1024,
      workers: 2,
      maxUploadMiB: 5120,
      database: context.foundation.databases.mlflow,
      artifacts: context.foundation.stores.artifacts,
      identity: context.identity,
      clients: {},
      gated: [],
      garbageCollection: { schedule: "0 4 * * 0", olderThanDays: 30 },
    });
  });

  it("follows the section", () => {
    const mlflow = {
      ...{ replicas: 3, cpu: "2", memoryMiB: 4096, workers: 4, maxUploadMiB: 10 },
      garbageCollection: { schedule: "0 1 * * *", olderThanDays: 7 },
      values: { podLabels: { team: "ml" } },
    };
    expect(argsOf(appContext(onAws({}, { mlflow })))).to.deep.include(mlflow);
  });

  it("collects no garbage where that is off", () => {
    const context = appContext(onAws({}, { mlflow: { garbageCollection: { enabled: false } } }));
    expect(argsOf(context)).to.not.have.property("garbageCollection");
  });

  it("lets the platform's own pieces in, those that are on and run in the cluster", () => {
    const clients = (sections: object) => argsOf(appContext(onAws({}, { mlflow: {}, ...sections }))).clients;
    expect(clients({ airflow: {} })).to.deep.equal({ airflow });
    expect(clients({ jupyterhub: {} })).to.deep.equal({ jupyterhub });
    expect(clients({ airflow: {}, jupyterhub: {}, monitoring: {} })).to.deep.equal({ airflow, jupyterhub });
    const mwaa = { executor: { kind: "mwaa" }, dags: { kind: "bucket" } };
    expect(clients({ airflow: mwaa, jupyterhub: {} })).to.deep.equal({ jupyterhub });
  });

  it("lets notebooks in as their owners, where people sign in", () => {
    const sections = { mlflow: {}, jupyterhub: {}, access };
    expect(argsOf(appContext(onAws({}, sections))).clients).to.deep.equal({
      jupyterhub: { role: "people", namespaces: ["jupyterhub"] },
    });
  });

  it("lets model servers read and releases tag, where the stack has models", () => {
    const models = { churn: { from: "models:/churn@champion", serve: { flask: {} } } };
    expect(argsOf(appContext(onAws({}, { mlflow: {}, models }))).clients).to.deep.equal({
      "model-servers": { role: "viewer", namespaces: ["models"] },
      releases: { role: "controller", namespaces: ["models"] },
    });
    expect(argsOf(appContext(onAws({}, { mlflow: {}, models: {} }))).clients).to.deep.equal({});
    const training = { engine: "airflow", image: "training" };
    const loops = { mlflow: {}, airflow: {}, models: { churn: { ...models.churn, training } } };
    expect(
      argsOf(appContext(onAws({ images: { tag: "1.2.0" } }, loops))).clients.releases,
      "its loop too",
    ).to.deep.equal({
      role: "controller",
      namespaces: ["models", "airflow-training"],
    });
  });

  it("has the alias moved by releases alone, where a model's loop has a gate or an approver", () => {
    const gate = { metric: "auc", atLeast: 0.7 };
    const gated = (training: object | undefined, sections: object = { access }) => {
      const churn = { from: "models:/churn@live", serve: { flask: {} }, ...(training ? { training } : {}) };
      return argsOf(appContext(onAws({}, { mlflow: {}, models: { churn }, ...sections }))).gated;
    };
    const image = "training";
    const named = { name: "churn", alias: "live" };
    expect(gated(undefined)).to.deep.equal([]);
    expect(gated({ image, approve: "automatic" })).to.deep.equal([]);
    expect(gated({ image })).to.deep.equal([{ ...named, approvers: ["platform"] }]);
    expect(gated({ image, gate, approve: "automatic" })).to.deep.equal([{ ...named, approvers: ["platform"] }]);
    expect(gated({ image, approvers: ["leads"] })).to.deep.equal([{ ...named, approvers: ["leads"] }]);
    expect(gated({ image }, {})).to.deep.equal([{ ...named, approvers: [] }]);
  });

  it("tells where metrics are read from, where something monitors", () => {
    const context = appContext(onAws({}, { mlflow: {} }), { monitors: [] });
    expect(argsOf(context)).to.include({ monitoringNamespace: "monitoring", monitors: context.monitors });
  });

  it("keeps artifacts in the store of artifacts, also where that is not Amazon's", () => {
    const { stores } = appContext(onExisting({})).foundation;
    const artifacts = compatibleStore("artifacts");
    const context = appContext(onExisting({}, { mlflow: {} }), { foundation: { stores: { ...stores, artifacts } } });
    expect(argsOf(context).artifacts).to.equal(artifacts);
  });
});
