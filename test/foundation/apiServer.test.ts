import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readApiServer } from "../../components/foundation/ownership/apiServer";

const namespaces = { kind: "Namespace", name: "namespaces", namespaced: false };
const secrets = { kind: "Secret", name: "secrets", namespaced: true };
const metadata = {
  labels: { team: "company" },
  managedFields: [{ manager: "kubectl" }],
  annotations: { of: "theirs" },
};

describe("what an API server is asked about an object", () => {
  let folder: string;
  let server: Server;
  let asked: { path: string; headers: IncomingHttpHeaders }[];
  let answers: Record<string, unknown>;
  beforeEach((done) => {
    folder = mkdtempSync(join(tmpdir(), "reader-"));
    asked = [];
    answers = {
      "/api/v1": { resources: [namespaces, secrets] },
      "/api/v1/namespaces/mlflow": { metadata },
      "/api/v1/namespaces/mlflow/secrets/theirs": { metadata },
    };
    server = createServer(({ url = "", headers }, response) => {
      asked.push({ path: url, headers });
      const answer = answers[url];
      if (typeof answer === "number" || answer === undefined) response.writeHead(answer ?? 404).end("{}");
      else response.end(JSON.stringify(answer));
    }).listen(0, "127.0.0.1", done);
  });
  afterEach((done) => {
    rmSync(folder, { recursive: true });
    server.close(done);
    server.closeAllConnections();
  });

  const reader = (user: Record<string, unknown>) => {
    const { port } = server.address() as AddressInfo;
    const clusters = [{ cluster: { server: `http://127.0.0.1:${port}/` } }];
    return readApiServer({ kubeconfig: JSON.stringify({ clusters, users: [{ user }] }), identifier: "made-up" });
  };
  const calls = () => join(folder, "calls");
  /** A command that gives another token each time, which expires so many seconds later. */
  const command = (seconds: number) => ({
    exec: {
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command: process.execPath,
      args: [
        "-e",
        `const { appendFileSync, readFileSync } = require("node:fs");
        appendFileSync(${JSON.stringify(calls())}, "x");
        const token = "made-up-" + readFileSync(${JSON.stringify(calls())}).length;
        const expirationTimestamp = new Date(Date.now() + ${seconds * 1000}).toISOString();
        console.log(JSON.stringify({ status: { token, expirationTimestamp } }));`,
      ],
    },
  });
  const namespace = { apiVersion: "v1", kind: "Namespace", name: "mlflow" };

  it("is its metadata, in its namespace where the kind lives in one", async () => {
    const mark = { labels: { team: "company" }, annotations: { of: "theirs" }, managers: ["kubectl"] };
    const { find } = reader({});
    expect(await find({ ...namespace, namespace: "left-out" })).to.deep.equal(mark);
    expect(await find({ apiVersion: "v1", kind: "Secret", namespace: "mlflow", name: "theirs" })).to.deep.equal(mark);
    expect(asked.map(({ path }) => path)).to.deep.equal([
      "/api/v1",
      "/api/v1/namespaces/mlflow",
      "/api/v1/namespaces/mlflow/secrets/theirs",
    ]);
    expect(asked.at(-1)!.headers.accept).to.contain("as=PartialObjectMetadata");
  });

  it("is whom it asks itself about objects of a group: names, labels and groups, of whole objects", async () => {
    const path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    const rules = [
      { apiGroups: ["", "*", "cert-manager.io"] },
      { apiGroups: ["cert-manager.io", "acme.cert-manager.io"] },
    ];
    answers[path] = {
      items: [
        { metadata: { name: "theirs" }, webhooks: [{ rules }, {}] },
        { metadata: { name: "empty", labels: { team: "a" } } },
      ],
    };
    expect(await reader({}).webhooks("MutatingWebhookConfiguration")).to.deep.equal([
      { name: "theirs", labels: {}, groups: ["cert-manager.io", "acme.cert-manager.io"] },
      { name: "empty", labels: { team: "a" }, groups: [] },
    ]);
    expect(asked.at(-1)!.path).to.equal(path);
    expect(asked.at(-1)!.headers.accept).to.equal("application/json");
    expect(await reader({}).webhooks("ValidatingWebhookConfiguration")).to.deep.equal([]);
  });

  it("is nothing where there is no such object, kind or group", async () => {
    const { find } = reader({});
    expect(await find({ ...namespace, name: "other" })).to.equal(undefined);
    expect(await find({ ...namespace, kind: "Unknown" })).to.equal(undefined);
    expect(await find({ ...namespace, apiVersion: "example.com/v1" })).to.equal(undefined);
  });

  it("is asked with a token that a command gave, and with another one when that has expired", async () => {
    const { find } = reader(command(-60));
    await find(namespace);
    await find(namespace);
    const tokens = asked.map(({ headers }) => headers.authorization);
    expect(new Set(tokens).size, tokens.join(", ")).to.be.above(1);
    expect(tokens).to.deep.equal([...tokens].sort());
  });

  it("is asked with one token as long as that lasts", async () => {
    const { find } = reader(command(840));
    await Promise.all([find(namespace), find(namespace)]);
    await find(namespace);
    expect(readFileSync(calls(), "utf8")).to.equal("x");
    expect(new Set(asked.map(({ headers }) => headers.authorization))).to.deep.equal(new Set(["Bearer made-up-1"]));
  });

  it("is asked anew after a failure", async () => {
    const { find } = reader({});
    const kinds = answers["/api/v1"];
    answers["/api/v1"] = 503;
    const failure = await find(namespace).catch((error: Error) => error.message);
    expect(failure).to.contain("answers 503 to GET /api/v1");
    answers["/api/v1"] = kinds;
    expect((await find(namespace))?.managers).to.deep.equal(["kubectl"]);
  });
});
