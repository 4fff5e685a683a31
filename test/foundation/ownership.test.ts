import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { collision, mayBeOfOlderStack, ownership } from "../../components/foundation/ownership/ownership";
import { rivalOf } from "../../components/foundation/ownership/rival";
import { Account } from "../../simulator/cloud/account";
import { readSimulatedCluster } from "../../simulator/cloud/kubernetes/reader";
import { madeUpKubeconfig } from "../program/kubeconfig";
import { Bench, engineOrSkip } from "../simulator/cloud/engine";

describe("an object that a stack owns on a cluster that others use too, on the simulated cloud", function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async function () {
    bench = new Bench(await engineOrSkip(this));
  });
  after(() => bench?.remove());

  const access = { kubeconfig: madeUpKubeconfig("kind-shared"), identifier: "kind-shared" };

  type Reader = Parameters<typeof ownership>[0]["reader"];
  const reading = () => readSimulatedCluster(bench.cloud!.account)(access) as Reader;

  /** What a component with these transforms holds, on the cluster. */
  const program = (reader: () => Reader, make: (opts: pulumi.CustomResourceOptions) => unknown) => async () => {
    const provider = new k8s.Provider("shared", {
      kubeconfig: access.kubeconfig,
      clusterIdentifier: access.identifier,
      upsertExistingObjects: true,
    });
    const args = { stack: "platform-dev", adopted: [], joined: [], path: "foundation.adopt", reader: reader() };
    const parent = new pulumi.ComponentResource("test:index:App", "app", {}, { transforms: [ownership(args)] });
    make({ parent, provider });
  };

  /** A role cannot be exchanged in a binding: Kubernetes has another one made. */
  const binding = (role: string) =>
    program(reading, (opts) => {
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role };
      const metadata = { name: "app", namespace: "default" };
      new k8s.rbac.v1.RoleBinding("app", { metadata, roleRef, subjects: [] }, opts);
    });

  it("is deleted before another one of its name is made, as the provider says", async () => {
    const made = await bench.up(binding("reader"));
    expect(made.succeeded, made.text).to.equal(true);
    const preview = await bench.preview(binding("writer"));
    expect(preview.succeeded, preview.text).to.equal(true);
    const replaced = await bench.up(binding("writer"));
    expect(replaced.succeeded, replaced.text).to.equal(true);
    expect(bench.cloud!.operations.map(({ kind }) => kind)).to.deep.equal(["delete", "create"]);
    expect(bench.cloud!.account.list().map(({ name }) => name)).to.include("app");
  });

  it("is no second operator for objects that somebody else's keeps: a preview says so", async () => {
    const rules = [{ apiGroups: ["cert-manager.io"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["*"] }];
    const theirs = { metadata: { name: "theirs" }, webhooks: [{ rules }] };
    const account = new Account(join(bench.folder, "account.json"));
    account.put({
      ...{
        type: "kubernetes:admissionregistration.k8s.io/ValidatingWebhookConfiguration",
        name: "theirs",
        id: "theirs",
      },
      ...{ urn: "somebody-else:theirs", scope: "context/kind-shared", madeBy: "kubectl", generation: 0 },
      ...{ handles: [], claims: [], uses: [], inputs: theirs, outputs: theirs },
    });
    account.close();
    const { succeeded, text } = await bench.preview(
      program(reading, (opts) => {
        const clientConfig = { service: { name: "cert-manager-webhook", namespace: "cert-manager" } };
        const how = { name: "asks.example.com", admissionReviewVersions: ["v1"], sideEffects: "None", clientConfig };
        const metadata = { name: "cert-manager-webhook" };
        const args = { metadata, webhooks: [{ ...how, rules }] };
        new k8s.admissionregistration.v1.ValidatingWebhookConfiguration("operator", args, opts);
      }),
    );
    expect(succeeded).to.equal(false);
    expect(text).to.contain(
      "theirs, which is in the cluster and not this stack's, answers for cert-manager.io already",
    );
    expect(text).to.contain("write foundation.certificates.install: false");
  });

  it("is not decided on while nobody can say whose it is", async () => {
    const namespace = (opts: pulumi.CustomResourceOptions) =>
      new k8s.core.v1.Namespace("space", { metadata: { name: "space" } }, opts);
    const silent = () => Promise.reject(new Error("it does not answer"));
    const unreachable = () => ({ find: silent, webhooks: silent });
    const made = await bench.up(program(reading, namespace));
    expect(made.succeeded, made.text).to.equal(true);
    expect((await bench.preview(program(unreachable, namespace))).succeeded, "a preview").to.equal(true);
    const { succeeded, text } = await bench.up(program(unreachable, namespace));
    expect(succeeded).to.equal(false);
    expect(text).to.contain("Namespace space is left as it is, since the cluster cannot be asked whose it is");
  });
});

describe("webhooks for objects that have a keeper", () => {
  const key = { apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingWebhookConfiguration", name: "ours" };
  const asking = (...apiGroups: string[]) => [{ rules: [{ apiGroups }] }];
  const said = (webhooks: unknown, there: { name: string; groups: string[]; labels?: Record<string, string> }[]) =>
    rivalOf(
      key,
      webhooks,
      { webhooks: async () => there.map((each) => ({ labels: {}, ...each })) },
      ({ whose }) => whose === "ours",
    );
  const theirs = { name: "theirs", groups: ["cert-manager.io", "example.com"] };

  it("are refused whatever theirs are called, and name the objects", async () => {
    expect(await said(asking("cert-manager.io", "acme.cert-manager.io"), [theirs])).to.contain(
      "theirs, which is in the cluster and not this stack's, answers for cert-manager.io already",
    );
    expect(await said(asking("example.com"), [theirs])).to.contain("Leave out what makes it here.");
  });

  it("are made where theirs are the stack's own, of the same name, or for other objects", async () => {
    expect(await said(asking("cert-manager.io"), [{ ...theirs, labels: { whose: "ours" } }])).to.equal(undefined);
    expect(await said(asking("cert-manager.io"), [{ ...theirs, name: "ours" }])).to.equal(undefined);
    expect(await said(asking("", "*", "postgresql.cnpg.io"), [theirs, { name: "all", groups: ["*", ""] }])).to.equal(
      undefined,
    );
  });
});

describe("what to do about an object that is somebody else's", () => {
  const said = (apiVersion: string, kind: string, name: string, namespace?: string) =>
    collision(
      { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) },
      { labels: {}, annotations: {}, managers: [] },
      { stack: "platform-dev", adopted: [], joined: [], path: "foundation.adopt" },
    )!;

  it("is never to delete it", () => {
    expect(said("v1", "Secret", "theirs", "mlflow")).to.match(
      /Leave out what makes it here, or have whoever made it rename or delete it\.$/,
    );
  });

  it("is to leave out an operator that runs there already, by whatever of it is met first", () => {
    const webhooks = "admissionregistration.k8s.io/v1";
    expect(said("v1", "Namespace", "cert-manager")).to.contain("write foundation.certificates.install: false");
    expect(said(webhooks, "MutatingWebhookConfiguration", "cert-manager-webhook")).to.contain("install: false");
    const server = "write foundation.database: { kind: adopt,";
    expect(said("v1", "Namespace", "cnpg-system")).to.contain(server);
    expect(said(webhooks, "ValidatingWebhookConfiguration", "cnpg-validating-webhook-configuration")).to.contain(
      server,
    );
    expect(said("v1", "Secret", "cert-manager-webhook", "mlflow"), "a name inside a namespace").not.to.contain(
      "install",
    );
  });

  it("is to take another issuer", () => {
    expect(said("cert-manager.io/v1", "ClusterIssuer", "selfsigned")).to.contain("foundation.certificates.issuer");
  });
});

describe("a namespace that settings name", () => {
  const key = { apiVersion: "v1", kind: "Namespace", name: "monitoring" };
  const args = {
    stack: "platform-dev",
    adopted: ["namespace/monitoring"],
    joined: ["mlplatform"],
    path: "foundation.adopt",
  };
  const marked = (by?: string) => {
    const annotations: Record<string, string> = by === undefined ? {} : { "mlplatform/adopted-by": by };
    return { labels: {}, managers: [], annotations };
  };

  it("is used by one stack alone: another one's mark is not taken away", () => {
    expect(collision(key, marked(), args)).to.equal(undefined);
    expect(collision(key, marked("platform-dev"), args)).to.equal(undefined);
    expect(collision(key, marked("platform-prod"), args)).to.equal(
      "Namespace monitoring is used by the stack platform-prod, and one stack alone may put its objects into a namespace that is not its own. " +
        "Where that stack is gone: kubectl annotate namespace monitoring mlplatform/adopted-by-",
    );
    const joined = { ...key, name: "mlplatform" };
    expect(collision(joined, marked(), args)).to.equal(undefined);
    expect(collision(joined, marked("platform-prod"), args)).to.contain("is used by the stack platform-prod");
  });

  it("is refused by a preview, as by the update after it, once settings name it no more", () => {
    const byPulumi = { labels: {}, managers: ["pulumi-kubernetes-1a2b3c4d"], annotations: {} };
    const used = { ...byPulumi, annotations: marked("platform-dev").annotations };
    expect(collision(key, used, { ...args, adopted: [] })).to.contain("is not this stack's");
    expect(mayBeOfOlderStack(used)).to.equal(false);
    expect(mayBeOfOlderStack(byPulumi), "made before stacks labelled their objects").to.equal(true);
    expect(mayBeOfOlderStack({ ...byPulumi, managers: ["kubectl"] })).to.equal(false);
    expect(mayBeOfOlderStack({ ...byPulumi, labels: { "mlplatform/stack": "platform-prod" } })).to.equal(false);
  });

  it("has to be there", () => {
    expect(collision(key, undefined, args)).to.contain("the cluster has none");
  });
});
