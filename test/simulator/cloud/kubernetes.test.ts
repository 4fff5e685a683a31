import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { Bench, engineOrSkip } from "./engine";

const definition = {
  spec: {
    group: "simulated.invalid",
    scope: "Namespaced",
    names: { kind: "Tiny", plural: "tinies" },
    versions: [{ name: "v1", served: true, storage: true }],
  },
};

describe("the simulated Kubernetes", function () {
  this.timeout(60_000);
  let bench: Bench;
  const somewhere = () => new k8s.Provider("cluster", { context: "somewhere" });
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  afterEach(async () => {
    await bench?.destroy();
  });
  after(() => bench?.remove());

  it("refuses an object in a namespace that does not exist", async () => {
    const ran = await bench.up(async () => {
      new k8s.core.v1.ConfigMap("lost", { metadata: { namespace: "nowhere" } }, { provider: somewhere() });
    });
    expect(ran.text).to.contain('namespaces "nowhere" not found');
  });

  it("refuses a custom resource until its definition exists", async () => {
    const program = (defined: boolean) => async () => {
      const provider = somewhere();
      const dependsOn = defined
        ? [
            new k8s.apiextensions.v1.CustomResourceDefinition(
              "tinies",
              { metadata: { name: "tinies.simulated.invalid" }, ...definition },
              { provider },
            ),
          ]
        : [];
      new k8s.apiextensions.CustomResource(
        "tiny",
        { apiVersion: "simulated.invalid/v1", kind: "Tiny" },
        { provider, dependsOn },
      );
    };
    expect((await bench.up(program(false))).text).to.contain(
      'no matches for kind "Tiny" in version "simulated.invalid/v1"',
    );
    expect((await bench.up(program(true))).succeeded).to.equal(true);
  });

  it("refuses an object that is there already, and takes it up where the provider is told to", async () => {
    const program = (upsertExistingObjects: boolean) => async () => {
      const provider = new k8s.Provider("cluster", { context: "somewhere", upsertExistingObjects });
      const one = new k8s.core.v1.Namespace("one", { metadata: { name: "same" } }, { provider });
      new k8s.core.v1.Namespace("two", { metadata: { name: "same" } }, { provider, dependsOn: one });
    };
    expect((await bench.up(program(false))).text).to.contain("Namespace same exists already");
    expect((await bench.up(program(true))).succeeded).to.equal(true);
  });

  it("deletes what is in a namespace together with it", async () => {
    const program = async () => {
      const provider = somewhere();
      const namespace = new k8s.core.v1.Namespace("space", { metadata: { name: "space" } }, { provider });
      new k8s.core.v1.ConfigMap(
        "inside",
        { metadata: { namespace: "space" } },
        { provider, dependsOn: namespace, retainOnDelete: true },
      );
    };
    await bench.up(program);
    await bench.destroy();
    expect(bench.cloud!.account.list()).to.deep.equal([]);
  });

  it("replaces on properties it never changes: selectors, and the data of a Secret", async () => {
    const program = (app: string, word: string, replicas: number) => async () => {
      const provider = somewhere();
      const metadata = { namespace: "default" };
      new k8s.core.v1.Secret("word", { metadata, stringData: { word } }, { provider });
      new k8s.apps.v1.Deployment(
        "web",
        {
          metadata: { ...metadata, name: "web" },
          spec: {
            replicas,
            selector: { matchLabels: { app } },
            template: {
              metadata: { labels: { app } },
              spec: { containers: [{ name: "web", image: "simulated.invalid/web:1" }] },
            },
          },
        },
        { provider },
      );
    };
    await bench.up(program("a", "one", 1));
    expect((await bench.up(program("a", "one", 2))).changes).to.deep.include({ update: 1 });
    expect((await bench.up(program("a", "two", 2))).changes).to.deep.include({ replace: 1 });
    expect((await bench.up(program("b", "two", 2))).changes).to.deep.include({ replace: 1 });
    const kinds = bench.cloud!.operations.map(({ kind }) => kind);
    expect(kinds, "one fixed name cannot be had twice").to.deep.equal(["delete", "create"]);
  });

  it("waits in vain for the address of an Ingress, unless told not to", async () => {
    const program = (annotations: Record<string, string>) => async () => {
      const metadata = { name: "web", namespace: "default", annotations };
      const spec = { ingressClassName: "nginx", defaultBackend: { service: { name: "web", port: { number: 80 } } } };
      new k8s.networking.v1.Ingress("web", { metadata, spec }, { provider: somewhere() });
    };
    expect((await bench.up(program({}))).text).to.contain("Ingress default/web: no address was written");
    expect((await bench.up(program({ "pulumi.com/skipAwait": "true" }))).succeeded).to.equal(true);
  });

  it("refuses what an API server refuses, in the preview already", async () => {
    const ran = await bench.preview(async () => {
      const provider = somewhere();
      const metadata = { namespace: "default" };
      new k8s.core.v1.Service("Upper", { metadata: { ...metadata, name: "Upper_Case" } }, { provider });
    });
    expect(ran.text).to.contain('"Upper_Case" is no DNS label');
  });

  it("is out of reach once its cluster is gone, and says how to forget it", async () => {
    const kubeconfig = pulumi.jsonStringify({
      clusters: [{ name: "c", cluster: { server: "https://0000.eks.eu-central-1.simulated.invalid" } }],
      contexts: [{ name: "c", context: { cluster: "c" } }],
      "current-context": "c",
    });
    const ran = await bench.up(async () => {
      new k8s.core.v1.Namespace("space", {}, { provider: new k8s.Provider("gone", { kubeconfig }) });
    });
    expect(ran.text).to.contain("configured Kubernetes cluster is unreachable");
  });
});
