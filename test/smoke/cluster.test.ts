import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { KubeconfigCluster, podKind } from "../../smoke/cluster";
import { answering, type Reply } from "./played/answers";
import { pod } from "./played/objects";

const project = join(__dirname, "../..");

describe("The cluster of a kubeconfig", function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), "smoke-cluster-"));
  const asked: string[] = [];
  let server: Server;
  let kubeconfig = "";

  const resources = {
    resources: [
      { name: "pods", kind: "Pod", namespaced: true },
      { name: "secrets", kind: "Secret", namespaced: true },
      { name: "services", kind: "Service", namespaced: true },
      { name: "namespaces", kind: "Namespace", namespaced: false },
    ],
  };
  const refused = { kind: "Status", message: 'pods is forbidden: User "ann" cannot list resource "pods"', code: 403 };
  const replies: Record<string, Reply> = {
    "GET /api/v1": { body: resources },
    "GET /api/v1/namespaces": { body: { kind: "NamespaceList", items: [{ metadata: { name: "mlflow" } }] } },
    "GET /api/v1/namespaces/mlflow/pods": { body: { kind: "PodList", items: [pod("mlflow", "mlflow-0")] } },
    "GET /api/v1/namespaces/airflow/pods": { status: 403, body: refused },
    "GET /api/v1/namespaces/mlflow/secrets/one": {
      body: { kind: "Secret", apiVersion: "v1", data: { key: "bWFkZS11cA==" } },
    },
    "DELETE /api/v1/namespaces/mlflow/pods/mlflow-0": { body: { kind: "Status", status: "Success" } },
  };

  before(async () => {
    server = createServer(
      answering(({ method, path, query }) => {
        asked.push(`${method} ${path}${query.has("labelSelector") ? ` ${query.get("labelSelector")}` : ""}`);
        const reply = replies[`${method} ${path}`] ?? { status: 404, body: { kind: "Status", code: 404 } };
        return { headers: { "content-type": "application/json" }, ...reply };
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    kubeconfig = JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "c",
          cluster: {
            "insecure-skip-tls-verify": true,
            server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          },
        },
      ],
      users: [{ name: "u", user: { token: "made-up" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    });
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("reads, lists by labels, and removes; what is not there is nothing", async () => {
    const cluster = new KubeconfigCluster(kubeconfig);
    const found = await cluster.list(podKind, { namespace: "mlflow", labels: { app: "mlflow", tier: "one" } });
    expect(found.map(({ metadata }) => metadata?.name)).to.deep.equal(["mlflow-0"]);
    expect(asked).to.include("GET /api/v1/namespaces/mlflow/pods app=mlflow,tier=one");
    expect(await cluster.secret("mlflow", "one")).to.deep.equal({ key: "made-up" });
    expect(await cluster.secret("mlflow", "gone")).to.equal(undefined);
    await cluster.remove(podKind, "mlflow", "mlflow-0");
    await cluster.remove(podKind, "mlflow", "gone");
    expect(asked).to.include("DELETE /api/v1/namespaces/mlflow/pods/mlflow-0");
  });

  const reason = (act: Promise<unknown>) =>
    act.then(
      () => "it worked",
      ({ message }: Error) => message,
    );

  it("says what the API refuses, in its words, and where it does not answer", async () => {
    expect(await reason(new KubeconfigCluster(kubeconfig).list(podKind, { namespace: "airflow" }))).to.equal(
      'the Kubernetes API answers 403 to: list Pods of airflow. pods is forbidden: User "ann" cannot list resource "pods"',
    );
    const nowhere = kubeconfig.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1");
    expect(await reason(new KubeconfigCluster(nowhere).list(podKind, { namespace: "mlflow" }))).to.match(
      /^the Kubernetes API does not answer to: list Pods of mlflow\. .*ECONNREFUSED/,
    );
    expect(await reason(new KubeconfigCluster(kubeconfig).forward("mlflow", "mlflow", 5000))).to.equal(
      "the Service mlflow/mlflow is not there",
    );
  });

  /** The command itself. */
  function smoke(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const command = [join(project, "smoke/cli.ts"), "--stack", "local", ...args];
      execFile(process.execPath, ["--import", "tsx", ...command], { cwd: project }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }

  function outputsFile(outputs: object): string {
    const file = join(folder, "outputs.json");
    writeFileSync(file, JSON.stringify(outputs));
    return file;
  }

  it("is what the command checks by outputs in a file: a table on stderr, a report on stdout, and a code", async () => {
    const file = outputsFile({ clusterName: "played", namespaces: ["jupyterhub"], kubeconfig });
    const { code, stdout, stderr } = await smoke("--outputs", file, "--only", "jupyterhub,addresses", "--json");
    expect(code).to.equal(1);
    const { ok, passed, failed, notChecked, checks } = JSON.parse(stdout);
    expect({ ok, passed, failed, notChecked }).to.deep.equal({ ok: false, passed: 0, failed: 2, notChecked: 1 });
    expect(checks[0]).to.include({ piece: "jupyterhub", result: "failed", where: "docs/security.md" });
    expect(stderr)
      .to.match(/\[1\/3\] jupyterhub: sign in/)
      .and.match(/✗ jupyterhub .*jupyterhub\/proxy-public is not there/);
  });

  for (const [what, args, said] of [
    ["a piece that there is not", ["--only", "mlflow,nothing"], /There is no piece nothing, only: kubernetes, mlflow/],
    ["outputs that are not there", ["--outputs", "/nowhere.json"], /The outputs cannot be read: ENOENT/],
  ] as const) {
    it(`is not asked where the command gets ${what}`, async () => {
      const { code, stderr } = await smoke(...args);
      expect(code).to.be.oneOf([1, 2]);
      expect(stderr).to.match(said);
    });
  }

  it("is not asked where outputs lack what is needed, and the command says what helps", async () => {
    const old = await smoke("--outputs", outputsFile({ clusterName: "played", kubeconfig }));
    expect([old.code, old.stderr]).to.deep.equal([
      2,
      `${join(folder, "outputs.json")} are not outputs that can be checked:\n` +
        "  namespaces: Invalid input: expected array, received undefined\n" +
        "A stack that was made before has them after its next `pulumi up`.\n",
    ]);
    const masked = await smoke("--outputs", outputsFile({ clusterName: "p", namespaces: [], kubeconfig: "[secret]" }));
    expect(masked.code).to.equal(2);
    expect(masked.stderr).to.match(/write them with --show-secrets, or name a kubeconfig: --kubeconfig FILE/);
  });
});
