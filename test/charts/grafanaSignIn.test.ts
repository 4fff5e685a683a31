import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { discoverEndpoints, grafanaCallbackPath } from "../../charts/values/grafanaSignIn";
import { runCommand } from "../../simulator/goBuild";
import { findPython } from "../support/pythonEnvironment";
import { skip } from "../support/skip";

describe("the callback of Grafana", () => {
  it("is where the provider's section of grafana.ini expects it", () => {
    expect([grafanaCallbackPath("oidc"), grafanaCallbackPath("github"), grafanaCallbackPath("google")]).to.deep.equal([
      "/login/generic_oauth",
      "/login/github",
      "/login/google",
    ]);
  });
});

describe("the endpoints of an OpenID Connect provider, for Grafana", () => {
  let python: string;
  let provider: Server;
  let issuer: string;
  let document: (issuer: string) => object;
  let directory: string;

  before(async function () {
    const found = findPython();
    if (found === undefined) skip(this, "there is no Python 3.11, 3.12 or 3.13 with venv; install one");
    python = found;
    provider = createServer((request, response) => {
      const known = request.url === "/realm/.well-known/openid-configuration";
      response.writeHead(known ? 200 : 404).end(JSON.stringify(known ? document(issuer) : {}));
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/realm`;
  });
  after(() => provider?.close());

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "endpoints-"));
    document = (of) => ({
      issuer: of,
      authorization_endpoint: `${of}/authorize`,
      token_endpoint: `${of}/token`,
      userinfo_endpoint: `${of}/me`,
    });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const discover = (of = issuer) =>
    runCommand(python, ["-c", discoverEndpoints], {
      env: { PATH: process.env.PATH, NO_PROXY: "127.0.0.1", ISSUER: of, DIRECTORY: directory },
      timeoutSeconds: 30,
    });

  for (const slash of ["", "/"]) {
    it(`are read from its discovery document${slash && ", with a slash at the issuer's end too"}`, async () => {
      expect((await discover(issuer + slash)).stderr).to.equal("");
      expect(
        Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), "utf8")])),
      ).to.deep.equal({
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/me`,
      });
    });
  }

  it("are refused from a provider that is another", async () => {
    document = () => ({ issuer: "https://other.example.com" });
    const { code, stderr } = await discover();
    expect(code).to.equal(1);
    expect(stderr).to.contain("says that it is https://other.example.com");
  });

  it("are missed by name", async () => {
    document = (of) => ({ issuer: of, authorization_endpoint: "x", token_endpoint: "x" });
    const { code, stderr } = await discover();
    expect(code).to.equal(1);
    expect(stderr).to.contain("names no userinfo_endpoint");
  });

  it("keep the pod from starting where there is no provider", async () => {
    expect((await discover(`${issuer}/nowhere`)).code).to.equal(1);
  });
});
