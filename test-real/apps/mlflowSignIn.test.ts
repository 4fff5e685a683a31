import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { expect } from "chai";
import { onPath } from "../../simulator/engine";
import { installedHelm } from "../../simulator/helm";
import { freePort } from "../../test/support/freePort";
import { mlflowFacts, renderMlflow, theObject } from "../../test/support/mlflowChart";
import { type Answer, type Asked, ask, proxyKey } from "../../test/support/mlflowServer";
import { SimulatedSignInProvider } from "../../test/support/signInProvider";
import { skip } from "../../test/support/skip";

const client = { id: "mlplatform", secret: "made-up-client-secret" };
const url = "https://mlflow.ml.example.com";
const host = new URL(url).host;

/** Cookies that an answer sets, as the browser sends them back. */
function cookies(answer: Answer): string {
  return (answer.headers["set-cookie"] ?? []).map((each) => each.split(";")[0]).join("; ");
}

describe("the sign-in proxy, as the chart runs it, between a simulated provider and MLflow's place", function () {
  this.timeout(60_000);
  let provider: SimulatedSignInProvider | undefined;
  let upstream: Server | undefined;
  let proxy: ChildProcess | undefined;
  let proxyPort = 0;
  let received: IncomingHttpHeaders[] = [];
  let log = "";
  const to = (asked: Asked) => ask(proxyPort, { host, ...asked });

  before(async function () {
    const helm = await installedHelm();
    if (!helm) skip(this, "needs Helm 3: install it, or run `npm test` once, which builds it");
    const [program] = process.env.OAUTH2_PROXY ? [process.env.OAUTH2_PROXY] : onPath("oauth2-proxy");
    if (!program) {
      const how = "go install github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.3";
      skip(this, `needs oauth2-proxy on PATH, or its path in OAUTH2_PROXY: ${how}`);
    }
    provider = await SimulatedSignInProvider.start(client);
    upstream = createServer((request, response) => {
      received.push(request.headers);
      response.end("from MLflow");
    });
    const upstreamPort = await freePort();
    await new Promise<void>((resolve) => upstream!.listen(upstreamPort, "127.0.0.1", resolve));
    const facts = mlflowFacts();
    const signIn = { provider: "oidc", issuer: provider.issuer, groupsClaim: "groups" } as const;
    const objects = await renderMlflow(helm.path, { ...facts, people: { ...facts.people!, provider: signIn } });
    const container = theObject(objects, "Deployment").spec.template.spec.containers[1];
    proxyPort = await freePort();
    const args = (container.args as string[]).map((argument) =>
      argument
        .replace("--http-address=0.0.0.0:4180", `--http-address=127.0.0.1:${proxyPort}`)
        .replace("--upstream=http://127.0.0.1:5000", `--upstream=http://127.0.0.1:${upstreamPort}`),
    );
    const secret: Record<string, string> = {
      "client-secret": client.secret,
      "cookie-secret": "0123456789abcdef0123456789abcdef",
      "proxy-key": proxyKey,
    };
    const env = Object.fromEntries(
      container.env.map((each: { name: string; valueFrom: { secretKeyRef: { key: string } } }) => [
        each.name,
        secret[each.valueFrom.secretKeyRef.key],
      ]),
    );
    proxy = spawn(program, args, { env, stdio: "pipe" });
    for (const stream of [proxy.stdout!, proxy.stderr!]) stream.on("data", (data) => (log += data));
    for (const giveUp = Date.now() + 20_000; ; ) {
      if ((await to({ path: "/ping" }).catch(() => undefined))?.status === 200) break;
      if (proxy.exitCode !== null || Date.now() > giveUp) throw new Error(`oauth2-proxy does not start:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  beforeEach(() => {
    received = [];
  });

  after(() => {
    provider?.stop();
    upstream?.close();
    proxy?.kill();
  });

  /** Session cookies of whoever the provider signs in. */
  async function session(person: { email: string; emailVerified?: boolean; groups: string[] }): Promise<Answer> {
    provider!.person = { emailVerified: true, ...person };
    const sent = await to({ path: "/" });
    expect(sent.status).to.equal(302);
    const back = provider!.signIn(sent.headers.location!);
    return await to({ path: `/oauth2/callback?${back}`, headers: { cookie: cookies(sent) } });
  }

  it("answers its probes to anybody, and sends nobody on who has not signed in", async () => {
    expect((await to({ path: "/ready" })).status).to.equal(200);
    expect((await to({ path: "/" })).status).to.equal(302);
    expect(
      (await to({ path: "/api/2.0/mlflow/experiments/search", headers: { accept: "application/json" } })).status,
    ).to.be.oneOf([302, 401]);
    const spoofed = { "x-forwarded-user": "ann@example.com", "x-forwarded-groups": "ml-admins" };
    expect(
      (await to({ path: "/", headers: spoofed, as: { user: "ann@example.com", password: proxyKey } })).status,
    ).to.equal(302);
    expect(received).to.deep.equal([]);
  });

  it("names people by their address and groups, with its key, under the public Host", async () => {
    const signedIn = await session({ email: "ann@example.com", groups: ["ml", "others"] });
    expect(signedIn.status).to.equal(302);
    expect(signedIn.headers["set-cookie"]![0])
      .to.match(/; HttpOnly/)
      .and.match(/; Secure/)
      .and.match(/; SameSite=Lax/);
    const answer = await to({ path: "/", headers: { cookie: cookies(signedIn) } });
    expect([answer.status, answer.text]).to.deep.equal([200, "from MLflow"]);
    const [headers] = received;
    expect(headers!.host).to.equal(host);
    expect(headers!.authorization).to.equal(`Basic ${Buffer.from(`ann@example.com:${proxyKey}`).toString("base64")}`);
    expect(headers!["x-forwarded-groups"]).to.equal("ml,others");
    expect(JSON.stringify(answer.headers)).to.not.contain(proxyKey);
  });

  it("lets nobody add groups of their own, in whatever spelling", async () => {
    const cookie = cookies(await session({ email: "eve@example.com", groups: [] }));
    for (const name of ["x-forwarded-groups", "X-Forwarded_Groups", "x_forwarded_groups"]) {
      received = [];
      await to({ path: "/", headers: { cookie, [name]: "ml-admins" } });
      expect(JSON.stringify(received), name).to.not.contain("ml-admins");
    }
    received = [];
    await to({ path: "/", headers: { cookie }, as: { user: "airflow", password: "made-up" } });
    expect(received[0]!.authorization).to.equal(
      `Basic ${Buffer.from(`eve@example.com:${proxyKey}`).toString("base64")}`,
    );
  });

  it("turns away an address that the provider has not verified", async () => {
    const refused = await session({ email: "ada@example.com", emailVerified: false, groups: ["ml-admins"] });
    expect(refused.status).to.be.oneOf([403, 500]);
    expect(cookies(refused)).to.not.match(/_mlflow_sign_in=[^;]+\|/);
    expect(received).to.deep.equal([]);
  });

  it("says nothing secret in its log", () => {
    for (const secret of [proxyKey, client.secret]) expect(log).to.not.contain(secret);
  });
});
