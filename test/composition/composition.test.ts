import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { installApplications } from "../../components/composition/composition";
import type { CertificateArgs, Ingress } from "../../components/contracts/foundation";
import { onExisting } from "../settings/fixtures";
import { appContext } from "../support/appContext";
import { database, store } from "../support/apps";
import { building, Follower, Marker, RecordedIdentity } from "../support/foundation";
import { shortName, waitedFor } from "../support/outline";
import type { Registration } from "../support/record";

const apps = { mlflow: {}, airflow: {}, jupyterhub: {}, monitoring: {} };
const dummy = { access: { domain: "ml.test", signIn: { provider: "dummy" } } };
const hosts = ["airflow.ml.test", "grafana.ml.test", "home.ml.test", "hub.ml.test", "mlflow.ml.test"];
const namespaces = ["airflow", "home", "jupyterhub", "mlflow", "monitoring"];

interface Installed {
  made: Registration[];
  issued: CertificateArgs[];
  outputs: string[];
}

/** Installs on a cluster with an ingress of one's choice, and comes after all that is ready. */
async function install(config: object, ingress: (issued: CertificateArgs[]) => Partial<Ingress>): Promise<Installed> {
  const issued: CertificateArgs[] = [];
  let outputs: string[] = [];
  const made = await building(() => {
    const context = appContext(config, { identity: new RecordedIdentity() });
    const { foundation, cluster } = context;
    const installed = installApplications(
      "test",
      {
        ...context,
        cluster: { ...cluster, provider: new k8s.Provider("cluster", { kubeconfig: "{}" }) },
        ingress: { ...context.ingress, ...ingress(issued) },
        foundation: {
          ...foundation,
          databases: Object.fromEntries(Object.keys(foundation.databases).map((app) => [app, database(app)])),
          stores: { artifacts: store("artifacts"), data: store("data"), logs: store("logs") },
          readSecret: (name) => pulumi.secret(name),
        },
      },
      {},
    );
    outputs = Object.keys(installed.outputs);
    new Follower(installed.ready);
  });
  return { made, issued, outputs };
}

const issuing = (issued: CertificateArgs[]): Partial<Ingress> => ({
  tlsSecretName: "made-up-tls",
  issueCertificate: (name, args) => {
    issued.push(args);
    return new Marker(name);
  },
});

describe("the applications of a stack", () => {
  it("get a certificate each where the cluster ends TLS, in their own namespace, and export where they are", async () => {
    const { made, issued, outputs } = await install(onExisting({}, { ...apps, ...dummy }), issuing);
    expect(issued.map(({ host }) => host)).to.have.members(hosts);
    expect(issued.map(({ namespace }) => namespace)).to.have.members(namespaces);
    expect(issued.filter(({ after }) => after.length === 0)).to.deep.equal([]);
    expect(waitedFor(made)).to.include.members(
      ["airflow", "grafana", "home", "hub", "mlflow"].map((tool) => `test:index:Marker test-${tool}-certificate`),
    );
    expect(outputs).to.have.members(["airflowUrl", "grafanaUrl", "homeUrl", "jupyterhubUrl", "mlflowUri", "mlflowUrl"]);
  });

  it("get none, and no page that lists them, where nothing is published", async () => {
    const { made, issued, outputs } = await install(onExisting({}, apps), issuing);
    expect(issued).to.deep.equal([]);
    expect(made.filter(({ type }) => /Ingress$|LandingPage$/.test(type))).to.deep.equal([]);
    expect(outputs).to.have.members(["airflowUrl", "mlflowUri", "mlflowUrl"]);
  });

  it("get none where people work on their own machine over plain HTTP", async () => {
    const { made, issued } = await install(onExisting({}, { ...apps, ...dummy }), () => ({ plainHttp: true }));
    expect(issued).to.deep.equal([]);
    expect(made.filter(({ type }) => type.endsWith(":Ingress"))).to.have.length(hosts.length);
  });

  it("come before whatever comes after what is ready, all of them", async () => {
    const { made } = await install(onExisting({}, { ...apps, ...dummy }), issuing);
    const first = new Set(waitedFor(made));
    const resources = made.filter(({ custom, type }) => custom && !type.startsWith("test:")).map(shortName);
    expect(resources.filter((each) => !first.has(each))).to.deep.equal([]);
  });

  it("are nothing for a stack that asks for none, not even a page", async () => {
    const { made, outputs } = await install(onExisting({}, dummy), issuing);
    expect(made.filter(({ type }) => !type.startsWith("test:"))).to.deep.equal([]);
    expect(outputs).to.deep.equal([]);
  });
});
