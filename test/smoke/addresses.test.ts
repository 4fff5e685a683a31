import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Outputs } from "../../smoke/outputs";
import type { Outcome } from "../../smoke/runner";
import { issueServerCertificate } from "../support/certificates";
import { PlayedPlatform } from "./played/platform";

describe("The check of addresses", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), "smoke-addresses-"));
  const servers: Server[] = [];
  after(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  /** An ingress controller with one answer for each name. */
  async function ingress(answers: Record<string, { status: number; location?: string }>, tls = false): Promise<number> {
    const answer: RequestListener = ({ headers }, response) => {
      const { status, location } = answers[headers.host!.split(":")[0]!] ?? { status: 404 };
      response.writeHead(status, location === undefined ? {} : { location }).end();
    };
    const files = tls ? issueServerCertificate(folder, "ingress") : undefined;
    const server = files
      ? createTlsServer({ key: readFileSync(files.keyFile), cert: readFileSync(files.certificateFile) }, answer)
      : createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  async function checked(urls: Partial<Outputs>): Promise<Outcome> {
    const platform = new PlayedPlatform();
    platform.outputs = { ...platform.outputs, models: {}, ...urls };
    const [outcome] = await platform.run({ only: ({ piece }) => piece === "addresses", limitSeconds: 4 });
    return outcome!;
  }

  it("passes where somebody is behind each name, a model that waits among them", async () => {
    const port = await ingress({ "mlflow.localhost": { status: 401 }, "models.localhost": { status: 503 } });
    const outcome = await checked({
      mlflowUrl: `http://mlflow.localhost:${port}`,
      models: { churn: { url: `http://models.localhost:${port}/churn` } },
      airflowUrl: "http://airflow-api-server.airflow.svc:8080",
    });
    expect([outcome.result, outcome.detail]).to.deep.equal([
      "passed",
      `mlflow.localhost:${port} (plain HTTP), models.localhost:${port} (plain HTTP)`,
    ]);
  });

  it("tells where people sign in, and fails where they would be sent back elsewhere", async () => {
    const sentBack = (url: string) => ({
      status: 302,
      location: `https://id.example.com/authorize?redirect_uri=${encodeURIComponent(url)}`,
    });
    const answers: Record<string, { status: number; location?: string }> = {};
    const port = await ingress(answers);
    answers.localhost = sentBack(`http://localhost:${port}/oauth2/callback`);
    const urls = { homeUrl: `http://localhost:${port}` };
    expect((await checked(urls)).detail).to.equal(`localhost:${port} (plain HTTP, sign-in at id.example.com)`);
    answers.localhost = sentBack("http://old.example.com/oauth2/callback");
    expect((await checked(urls)).detail).to.equal(
      `homeUrl: people who sign in are sent back to old.example.com, not to localhost:${port}`,
    );
  });

  for (const [what, answer, reason] of [
    ["a name without an Ingress", 404, /grafanaUrl: nobody is behind grafana\.localhost:\d+ \(404\)/],
    [
      "an Ingress without a pod",
      503,
      /grafanaUrl: grafana\.localhost:\d+ answers 503: the ingress controller reaches no pod/,
    ],
  ] as const) {
    it(`fails at ${what}`, async () => {
      const port = await ingress({ "grafana.localhost": { status: answer } });
      const outcome = await checked({ grafanaUrl: `http://grafana.localhost:${port}` });
      expect(outcome).to.include({ result: "failed", where: "docs/smoke.md#addresses-that-do-not-open" });
      expect(outcome.detail).to.match(reason);
    });
  }

  it("fails at a certificate for another name", async () => {
    const port = await ingress({ "mlflow.localhost": { status: 200 } }, true);
    const outcome = await checked({ mlflowUrl: `https://mlflow.localhost:${port}` });
    expect(outcome.detail).to.equal("mlflowUrl: the certificate is for DNS:localhost, not for mlflow.localhost");
  });

  it("passes with a certificate of one's own on one's own machine", async () => {
    const port = await ingress({ localhost: { status: 200 } }, true);
    const outcome = await checked({ mlflowUrl: `https://localhost:${port}` });
    expect([outcome.result, outcome.detail]).to.deep.equal([
      "passed",
      `localhost:${port} (TLS that browsers warn about)`,
    ]);
  });

  it("fails at a name that nobody knows", async () => {
    const outcome = await checked({ mlflowUrl: "http://mlflow.platform.invalid" });
    expect(outcome.detail).to.match(/mlflowUrl: the name mlflow\.platform\.invalid is not known \(E/);
  });

  it("fails where nobody listens", async () => {
    const outcome = await checked({ mlflowUrl: "http://mlflow.localhost:1" });
    expect(outcome.detail).to.match(/mlflow\.localhost:1 does not answer GET \/: ECONNREFUSED/);
  });
});
