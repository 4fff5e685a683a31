import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { cachedChartFile } from "../../charts/source";
import { type JupyterhubFacts, jupyterhubValues } from "../../charts/values/jupyterhub";
import { merge } from "../../components/lib/merge";
import { hubSecrets } from "../../test/support/hubServer";
import { hubFacts, hubSignIns } from "../../test/support/jupyterhubFacts";
import { findPython, pythonEnvironment } from "../../test/support/pythonEnvironment";
import { skip } from "../../test/support/skip";

/** What the hub finds in its environment; none of it is in the values. */
const environment = {
  HUB_DB_URL: "postgresql://jupyterhub:made-up@db.example.com:5432/jupyterhub?sslmode=require",
  OAUTH_CLIENT_SECRET: "made-up-client-secret",
  HUB_USER_PASSWORD: "everybody-made-up",
  HUB_ADMIN_PASSWORD: "a".repeat(40),
  MLFLOW_TOKEN_SEED: "made-up-seed",
  POD_NAMESPACE: "jupyterhub",
};

interface Asked {
  traits?: string[];
  people?: { name: string; state: object }[];
  passwords?: { username: string; password: string }[];
  pods?: boolean;
}

describe("JupyterHub itself, given the generated configuration", function () {
  this.timeout(60_000);
  let python: string;
  /** Directory of the chart's own configuration, where the chart is cached. */
  let chart: string | null = null;
  let chartDefaults = {};

  before(async function () {
    this.timeout(180_000);
    if (findPython() === undefined) skip(this, "no Python 3.11 to 3.13 with venv here; install one");
    try {
      python = (await pythonEnvironment("jupyterhub", 150)).python;
    } catch (error) {
      const reason = (error as Error).message.split("\n").slice(0, 3).join(" ");
      skip(this, `pip could not install workloads/requirements/jupyterhub.txt: ${reason}; give pip a package index`);
    }
    const packaged = cachedChartFile("jupyterhub");
    if (existsSync(packaged)) {
      const folder = mkdtempSync(join(tmpdir(), "hub-chart-"));
      execFileSync("tar", ["-xzf", packaged, "-C", folder, "jupyterhub/files/hub", "jupyterhub/values.yaml"]);
      chartDefaults = parse(readFileSync(join(folder, "jupyterhub", "values.yaml"), "utf8"));
      rmSync(join(folder, "jupyterhub", "files", "hub", "z2jh.py")); // It reads mounts; the test stands in for them.
      chart = join(folder, "jupyterhub", "files", "hub");
    }
  });

  after(() => {
    if (chart !== null) rmSync(join(chart, "..", "..", ".."), { recursive: true });
  });

  /** What the hub says, or how it fails. Does not block: the test may be the server that the hub asks. */
  const hub = async (over: Partial<JupyterhubFacts>, asked: Asked = {}) => {
    const values = merge(chartDefaults, jupyterhubValues({ ...hubFacts, ...over }));
    const input = JSON.stringify({
      traits: [],
      people: [],
      passwords: [],
      pods: false,
      ...asked,
      values,
      secrets: hubSecrets,
      chart,
    });
    return new Promise<Told>((resolve, reject) => {
      const script = join(__dirname, "../../test/support/hub_configuration.py");
      const options = { env: { PATH: process.env.PATH, ...environment }, timeout: 50_000 };
      const child = execFile(python, [script], options, (error, stdout, stderr) =>
        error ? reject(new Error(stderr.slice(-3000))) : resolve(JSON.parse(stdout)),
      );
      child.stdin!.end(input);
    });
  };

  it("takes its database, its proxy's token and its cookies' key from Secrets", async () => {
    const told = await hub({});
    expect(told).to.deep.include({
      databaseUrl: environment.HUB_DB_URL,
      proxyToken: hubSecrets["hub.config.ConfigurableHTTPProxy.auth_token"],
      cookieSecretBytes: 32,
    });
  });

  it("without sign-in lets in by generated passwords only, and the admin by the admin's", async () => {
    const { HUB_USER_PASSWORD: user, HUB_ADMIN_PASSWORD: admin } = environment;
    const told = await hub(
      {},
      {
        passwords: [
          { username: "someone", password: user },
          { username: "someone", password: "" },
          { username: "someone", password: "guessed" },
          { username: "admin", password: user },
          { username: "admin", password: admin },
        ],
      },
    );
    expect(told.authenticator).to.equal("SharedPasswordAuthenticator");
    expect(told.passwords).to.deep.equal(["someone", null, null, null, "admin"]);
  });

  const oauth = ["client_id", "client_secret", "oauth_callback_url", "allow_all", "allow_existing_users"];
  const strict = {
    client_id: "made-up-client",
    client_secret: environment.OAUTH_CLIENT_SECRET,
    oauth_callback_url: "https://hub.example.com/hub/oauth_callback",
    allow_all: false,
    allow_existing_users: false,
  };

  it("signs in teams of the GitHub organization, each by its role, and nobody else", async () => {
    const team = (slug: string, login = "example-company") => ({ slug, organization: { login } });
    const people = [[team("ops")], [team("data")], [team("guests")], [team("ops", "elsewhere")], []].map((teams) => ({
      name: "someone",
      state: { teams },
    }));
    const traits = [...oauth, "scope", "allowed_groups", "admin_groups"];
    const told = await hub({ signIn: hubSignIns.github }, { traits, people });
    expect(told.authenticator).to.equal("GitHubOAuthenticator");
    expect(told.traits).to.deep.equal({
      ...strict,
      scope: ["read:org", "user:email"],
      allowed_groups: ["data", "ops"],
      admin_groups: ["ops"],
    });
    expect(told.people.map(({ allowed, admin }) => [allowed, admin])).to.deep.equal([
      [true, true],
      [true, false],
      [false, false],
      [false, false],
      [false, false],
    ]);
  });

  it("signs in accounts of the Google domain by their address", async () => {
    const people = ["boss", "data", "stranger"].map((who) => ({
      name: who,
      state: {
        google_user: { email: `${who}@Example.com`, domain: "example.com", hd: "example.com", verified_email: true },
      },
    }));
    const told = await hub({ signIn: hubSignIns.google }, { traits: ["hosted_domain"], people });
    expect(told.authenticator).to.equal("GoogleOAuthenticator");
    expect(told.traits).to.deep.equal({ hosted_domain: ["example.com"] });
    expect(told.people.map(({ allowed, admin }) => [allowed, admin])).to.deep.equal([
      [true, true],
      [true, false],
      [false, false],
    ]);
  });

  describe("with an OpenID Connect provider", () => {
    let server: Server;
    let issuer: string;
    let document: object;

    beforeEach(async () => {
      server = createServer((request, response) => {
        const known = request.url === "/realm/.well-known/openid-configuration";
        response.writeHead(known ? 200 : 404).end(known ? JSON.stringify(document) : "");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
      document = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        scopes_supported: ["openid", "email", "profile"],
      };
    });

    afterEach(() => server.close());

    it("finds its addresses by discovery, and groups in the claim of the id token", async () => {
      const of = (claims: object) => ({ name: "someone", state: { oauth_user: { sub: "1", ...claims } } });
      const told = await hub(
        { signIn: hubSignIns.oidc(`${issuer}/`) },
        {
          traits: ["authorize_url", "token_url", "scope", "userdata_from_id_token"],
          people: [of({ "cognito:groups": ["Ops"] }), of({ "cognito:groups": "data" }), of({})],
        },
      );
      expect(told.authenticator).to.equal("GenericOAuthenticator");
      expect(told.traits).to.deep.equal({
        authorize_url: `${issuer}/authorize`,
        token_url: `${issuer}/token`,
        scope: ["openid", "email", "profile"],
        userdata_from_id_token: true,
      });
      expect(told.people.map(({ allowed, admin }) => [allowed, admin])).to.deep.equal([
        [true, true],
        [true, false],
        [false, false],
      ]);
    });

    it("does not start where the document speaks for another issuer, and says which setting is meant", async () => {
      document = { ...document, issuer: "https://elsewhere.example.com" };
      const failure = await hub({ signIn: hubSignIns.oidc(issuer) }).catch((error: Error) => error.message);
      expect(failure).to.contain("speaks for https://elsewhere.example.com").and.contain("access.signIn.issuer");
    });
  });

  describe("with the chart's own configuration", () => {
    let told: Told;

    before(async function () {
      if (chart === null) {
        skip(
          this,
          `${cachedChartFile("jupyterhub")} is not there: pull charts, or name their directory in MLPLATFORM_CHART_CACHE`,
        );
      }
      told = await hub({ signIn: hubSignIns.github }, { pods: true });
    });

    it("gives Prometheus the token of the Secret, and culler and limit what the settings say", () => {
      expect(told.activeServerLimit).to.equal(7);
      const prometheus = told.services!.find(({ name }) => name === "prometheus");
      expect(prometheus?.api_token).to.equal(hubSecrets["hub.services.prometheus.apiToken"]);
      const culler = told.services!.find(({ name }) => name === "jupyterhub-idle-culler");
      expect(culler?.command).to.include.members(["--timeout=5400", "--cull-every=300"]);
    });

    it("makes pods that the restricted policy takes, without a token for the cluster", () => {
      for (const profile of ["small", "large", "gpu"]) {
        const { spec } = told.pods![profile]!;
        expect(spec.automountServiceAccountToken, profile).to.equal(false);
        expect(spec.serviceAccountName).to.equal("notebook");
        expect(spec.securityContext).to.deep.include({
          runAsNonRoot: true,
          seccompProfile: { type: "RuntimeDefault" },
        });
        for (const container of [...spec.containers, ...spec.initContainers]) {
          expect(container.securityContext, container.name).to.deep.include({
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
          });
        }
      }
    });

    it("sizes and places each profile's pod, GPUs only where they were asked for", () => {
      const { small, gpu } = told.pods!;
      expect(small!.spec.containers[0]!.resources.limits).to.deep.equal({ cpu: 1, memory: 4294967296 });
      expect(small!.spec.nodeSelector).to.deep.equal({ "mlplatform/purpose": "notebooks" });
      expect(gpu!.spec.containers[0]!.resources.limits).to.deep.include({ "nvidia.com/gpu": "1" });
      expect(gpu!.spec.nodeSelector).to.deep.equal({ "mlplatform/node-group": "notebooks-gpu" });
      expect(gpu!.spec.tolerations).to.deep.include(hubFacts.notebookPlacement.gpu.tolerations[0]);
      expect(gpu!.spec.containers[0]!.image).to.match(/pytorch-notebook:/);
      expect(gpu!.spec.initContainers.map(({ image }) => image)).to.deep.equal(
        [0, 1].map(() => gpu!.spec.containers[0]!.image),
      );
    });

    it("mounts the home where the DAGs are placed, and credentials only where they are fetched", () => {
      const { spec } = told.pods!.small!;
      const mounts = Object.fromEntries(
        [...spec.initContainers, ...spec.containers].map(({ name, volumeMounts }) => [
          name,
          volumeMounts.map((mount) => mount.name).sort(),
        ]),
      );
      expect(mounts).to.deep.equal({
        "fetch-dags": ["dag-credentials", "dag-scripts", "dags-fetched"],
        "place-dags": ["dag-scripts", "dags-fetched", "home"],
        notebook: ["files", "home"],
      });
      expect(spec.volumes.map(({ name }) => name).sort()).to.deep.equal([
        "dag-credentials",
        "dag-scripts",
        "dags-fetched",
        "files",
        "home",
      ]);
      const home = told.pods!.home as unknown as { spec: { storageClassName: string } };
      expect(home.spec.storageClassName).to.equal("gp3");
    });

    it("hands secret variables over by name", () => {
      const { env } = told.pods!.small!.spec.containers[0]!;
      expect(env.find(({ name }) => name === "AWS_SECRET_ACCESS_KEY")).to.deep.equal({
        name: "AWS_SECRET_ACCESS_KEY",
        valueFrom: { secretKeyRef: { name: "jupyterhub-notebooks", key: "AWS_SECRET_ACCESS_KEY" } },
      });
    });
  });
});

interface Container {
  name: string;
  image: string;
  securityContext: object;
  resources: { limits: object };
  volumeMounts: { name: string }[];
  env: { name: string }[];
}

interface Pod {
  spec: {
    automountServiceAccountToken: boolean;
    serviceAccountName: string;
    securityContext: object;
    nodeSelector: object;
    tolerations: object[];
    containers: Container[];
    initContainers: Container[];
    volumes: { name: string }[];
  };
}

interface Told {
  authenticator: string;
  activeServerLimit: number;
  traits: Record<string, unknown>;
  people: { allowed: boolean; admin: boolean; groups: string[] }[];
  passwords: (string | null)[];
  services?: { name: string; api_token?: string; command?: string[] }[];
  pods?: Record<string, Pod>;
}
