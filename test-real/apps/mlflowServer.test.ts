import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { publicKeyOf } from "../../components/lib/signingKey";
import { installedHelm } from "../../simulator/helm";
import { HubServer } from "../../test/support/hubServer";
import { mlflowFacts, renderMlflow } from "../../test/support/mlflowChart";
import { type Asked, ask, MlflowServer, machinePassword, podIp, proxyKey } from "../../test/support/mlflowServer";
import { claims, personToken, tokenSeed } from "../../test/support/personToken";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../test/support/postgres";
import { pythonEnvironment } from "../../test/support/pythonEnvironment";
import { pythonOrSkip } from "../../test/support/pythonOrSkip";
import { skip } from "../../test/support/skip";
import { hostileActs } from "./mlflowActs";
import { attacks } from "./mlflowAttacks";

const api = "/api/2.0/mlflow";
const search = `${api}/experiments/search?max_results=100`;
const machine = (name: string) => ({ as: { user: name, password: machinePassword(name) } });
/** As the sign-in proxy of the pod sends it on. */
const person = (name: string, ...groups: string[]) => ({
  as: { user: name, password: proxyKey },
  headers: { "x-forwarded-groups": groups.join(",") },
});

describe("MLflow itself, as the chart runs it, on a real PostgreSQL over TLS", function () {
  this.timeout(600_000);
  let postgres: PostgresServer | undefined;
  let server: MlflowServer | undefined;
  const to = (asked: Asked) => ask(server!.portNumber, asked);
  const status = async (asked: Asked) => (await to(asked)).status;
  const post = (path: string, body: unknown) => ({ method: "POST", path: `${api}/${path}`, body });

  before(async function () {
    const helm = await installedHelm();
    if (!helm) skip(this, "needs Helm 3: install it, or run `npm test` once, which builds it");
    if (!findPostgres()) skip(this, `needs PostgreSQL: ${howToEnablePostgres}`);
    const python = await pythonOrSkip(this, "mlflow", 420);
    postgres = await startPostgres({ tls: true });
    const database = { name: "mlflow", user: "mlflow", password: "p@ss%w/o:rd'" };
    const session = await postgres.connect();
    await session.query(`CREATE USER mlflow PASSWORD 'p@ss%w/o:rd'''`);
    await session.query("CREATE DATABASE mlflow OWNER mlflow");
    await session.end();
    server = new MlflowServer(await renderMlflow(helm.path, mlflowFacts()), python, postgres, database);
  });

  after(async () => {
    await server?.stop();
    await postgres?.stop();
  });

  it("does not start a server on a database without its schema: pods wait, and say what they wait for", async () => {
    const failure = await server!.schema("wait", 0).catch((error: Error & { stderr: string }) => error.stderr);
    expect(failure).to.contain("The schema is at (None, None)").and.contain("migration Job");
  });

  it("migrates once, also where two Jobs come at the same time, and again without harm; then pods go on", async () => {
    await Promise.all([server!.schema("migrate", 60), server!.schema("migrate", 60)]);
    await server!.schema("migrate", 60);
    expect(await server!.schema("wait", 0)).to.contain("The schema is at (");
    await server!.start();
  });

  describe("lets nobody in without a name", () => {
    for (const path of [search, "/", "/metrics", "/graphql", "/signup", "/api/2.0/mlflow-artifacts/artifacts/0/x"]) {
      it(`anonymous ${path}: 401`, async () => {
        expect(await status({ path })).to.equal(401);
      });
    }

    it("but its probes", async () => {
      expect(await status({ path: "/health", host: `${podIp}:5000` })).to.equal(200);
      expect(await status({ path: "/health", host: "anything.example.com" })).to.equal(200);
    });

    for (const [what, asked] of [
      ["a machine with another's password", { as: { user: "airflow", password: machinePassword("model-server") } }],
      ["a machine that does not exist", { as: { user: "nobody", password: machinePassword("airflow") } }],
      ["an empty password", { as: { user: "airflow", password: "" } }],
      ["a path instead of a name", { as: { user: "../proxy/key", password: proxyKey } }],
      ["the account MLflow makes for itself", { as: { user: "mlplatform", password: "made-up-password-of-nobody" } }],
      ["MLflow's former default", { as: { user: "admin", password: "password1234" } }],
      [
        "headers of the proxy without its key",
        { headers: { "x-forwarded-user": "ann@example.com", "x-forwarded-groups": "ml-admins" } },
      ],
      [
        "a person with another key than the proxy's",
        { ...person("ann@example.com", "ml-admins"), as: { user: "ann@example.com", password: "guessed" } },
      ],
      ["a person named like a machine", person("airflow", "ml-admins")],
      ["a bearer token", { headers: { authorization: `Bearer ${proxyKey}` } }],
    ] as const) {
      it(`${what}: 401`, async () => {
        expect(await status({ path: search, ...asked })).to.equal(401);
      });
    }
  });

  describe("takes a token of JupyterHub's for the person that it names", () => {
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
    const now = () => Math.floor(Date.now() / 1000);
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
    const said = (over: object) => Buffer.from(JSON.stringify(claims({ ...over }))).toString("base64url");
    /** Signed with the key that everybody may know, by an algorithm that takes any key. */
    const withPublicKey = () => {
      const header = Buffer.from(JSON.stringify({ alg: "HS256", typ: "JWT" })).toString("base64url");
      const signed = `${header}.${said({})}`;
      return `${signed}.${createHmac("sha256", publicKeyOf(tokenSeed)).update(signed).digest("base64url")}`;
    };
    const changed = (over: object) => {
      const [header, , signature] = personToken().split(".");
      return `${header}.${said(over)}.${signature}`;
    };

    it("with the rights of the groups in it", async () => {
      const who = await to({
        path: `${api}/users/current`,
        ...bearer(personToken(claims({ sub: "Nora@Example.com" }))),
      });
      expect(JSON.parse(who.text).user).to.include({ username: "nora@example.com", is_admin: false });
      expect(await status({ ...post("webhooks", {}), ...bearer(personToken()) })).to.equal(403);
    });

    it("until the person has left the group: the next token says so", async () => {
      const reads = (groups: string[]) => to({ path: search, ...bearer(personToken(claims({ groups }))) });
      expect((await reads(["ml"])).status).to.equal(200);
      const answer = await reads(["sales"]);
      expect([answer.status, answer.text]).to.deep.equal([
        403,
        "nora@example.com is in no group that may use MLflow here.\n",
      ]);
      expect((await reads([])).status).to.equal(403);
    });

    it("and no header beside it adds a group", async () => {
      const headers = { ...bearer(personToken()).headers, "x-forwarded-groups": "ml-admins" };
      expect(JSON.parse((await to({ path: `${api}/users/current`, headers })).text).user.is_admin).to.equal(false);
    });

    for (const [what, token, reason] of [
      ["signed with another key", () => personToken(claims(), { seed: "another" }), "did not sign"],
      ["of somebody else, with a signature of one's own", () => changed({ sub: "ada@example.com" }), "did not sign"],
      ["with a group more than was signed", () => changed({ groups: ["ml-admins"] }), "did not sign"],
      ["without a signature, by alg none", () => `${none}.${said({})}.`, "no token of JupyterHub"],
      ["signed by alg none", () => personToken(claims(), { header: { alg: "none", typ: "JWT" } }), "no token of Jup"],
      ["signed with the public key as if it were secret", withPublicKey, "no token of JupyterHub's"],
      [
        "that brings a key of its own",
        () => personToken(claims(), { header: { alg: "EdDSA", typ: "JWT", jwk: {} } }),
        "no token of JupyterHub's",
      ],
      ["that has run out", () => personToken(claims({ iat: now() - 901, exp: now() - 1 })), "has run out"],
      ["of the future", () => personToken(claims({ iat: now() + 300, exp: now() + 600 })), "from the future"],
      ["for longer than an hour", () => personToken(claims({ exp: now() + 7200 })), "holds for too long"],
      ["without an end", () => personToken(claims({ exp: undefined })), "how long it holds"],
      ["whose end is true", () => personToken(claims({ exp: true })), "how long it holds"],
      ["for another server", () => personToken(claims({ aud: "airflow" })), "for another server"],
      ["for several servers", () => personToken(claims({ aud: ["mlflow", "airflow"] })), "for another server"],
      ["of another maker", () => personToken(claims({ iss: "airflow" })), "for another server"],
      ["without a name", () => personToken(claims({ sub: undefined })), "whose it is"],
      ["with groups that are no list", () => personToken(claims({ groups: "ml-admins" })), "whose it is"],
      ["that is no token", () => "made-up", "no token of JupyterHub's"],
      ["of parts that are no JSON", () => "bm8.bm8.bm8", "no token of JupyterHub's"],
    ] as const) {
      it(`but none ${what}: 401, with the reason`, async () => {
        const answer = await to({ path: search, ...bearer(token()) });
        expect(answer.status).to.equal(401);
        expect(JSON.parse(answer.text).message).to.contain(reason);
      });
    }

    it("nor one of a person who is named like a machine, nor a token as a password", async () => {
      const machineLike = personToken(claims({ sub: "releases", groups: ["ml-admins"] }));
      expect(await status({ path: search, ...bearer(machineLike) })).to.equal(401);
      expect(await status({ path: search, as: { user: "nora@example.com", password: personToken() } })).to.equal(401);
    });

    it("also where files go up and down, which another part of MLflow answers", async () => {
      const path = "/api/2.0/mlflow-artifacts/artifacts/0/of-nora/model.txt";
      const headers = bearer(personToken()).headers;
      expect(await status({ method: "PUT", path, body: "weights", headers })).to.equal(200);
      expect((await to({ path, headers })).text).to.equal("weights");
      const late = bearer(personToken(claims({ iat: now() - 901, exp: now() - 1 }))).headers;
      expect(await status({ path, headers: late })).to.equal(401);
    });
  });

  describe("accepts every name it has, and no other", () => {
    const names = ["mlflow", "mlflow.mlflow", "mlflow.mlflow.svc", "mlflow.mlflow.svc.cluster.local", podIp];
    for (const host of [
      ...names.map((name) => `${name}:5000`),
      "mlflow.ml.example.com",
      "localhost:8080",
      "127.0.0.1:5000",
    ]) {
      it(`Host ${host}: answered`, async () => {
        expect(await status({ path: search, host, ...machine("airflow") })).to.equal(200);
      });
    }
    for (const host of [
      "evil.example.com",
      "mlflow.ml.example.com.evil.example",
      "10.9.9.9:5000",
      "mlflow.other:5000",
    ]) {
      it(`Host ${host}: 403`, async () => {
        const answer = await to({ path: search, host, ...machine("airflow") });
        expect([answer.status, answer.text]).to.deep.equal([
          403,
          "Invalid Host header - possible DNS rebinding attack detected",
        ]);
      });
    }

    it("changes from a page of its own: accepted; from another site's: 403", async () => {
      const from = (origin: string) => ({
        ...post("experiments/search", { max_results: 1 }),
        host: "mlflow.ml.example.com",
        as: person("ann@example.com", "ml").as,
        headers: { ...person("ann@example.com", "ml").headers, origin },
      });
      expect(await status(from("https://mlflow.ml.example.com"))).to.equal(200);
      expect(await status(from("https://evil.example.com"))).to.equal(403);
    });
  });

  describe("gives people the role of their group", () => {
    it("in no group that counts: 403, with the reason", async () => {
      for (const groups of [[], ["ml-admins-of-something-else"], ["ML"]]) {
        const answer = await to({ path: search, ...person("eve@example.com", ...groups) });
        expect(answer.status).to.equal(403);
        expect(answer.text).to.contain("eve@example.com is in no group");
      }
    });

    it("a viewer reads and changes nothing", async () => {
      const viewer = person("vic@example.com", "ml-readers");
      expect(await status({ path: search, ...viewer })).to.equal(200);
      expect(await status({ path: "/", ...viewer })).to.equal(200);
      expect(await status({ ...post("experiments/search", { max_results: 1 }), ...viewer })).to.equal(200);
      expect(await status({ ...post("runs/search", { experiment_ids: ["0"] }), ...viewer })).to.equal(200);
      for (const [path, body] of [
        ["experiments/create", { name: "of-a-viewer" }],
        ["runs/create", { experiment_id: "0" }],
        ["registered-models/create", { name: "of-a-viewer" }],
      ] as const) {
        expect(await status({ ...post(path, body), ...viewer }), path).to.equal(403);
      }
      const upload = { method: "PUT", path: "/api/2.0/mlflow-artifacts/artifacts/0/x.txt", body: "x" };
      expect(await status({ ...upload, ...viewer })).to.equal(403);
      expect(await status({ method: "POST", path: "/v1/traces", body: {}, ...viewer })).to.equal(403);
    });

    it("an editor runs in experiments of others, and deletes none of them", async () => {
      const editor = person("Ed@Example.com", "other", "ml");
      const made = await to({ ...post("experiments/create", { name: "of-airflow" }), ...machine("airflow") });
      const { experiment_id } = JSON.parse(made.text);
      const run = JSON.parse((await to({ ...post("runs/create", { experiment_id }), ...editor })).text).run;
      expect(
        await status({
          ...post("runs/log-metric", { run_id: run.info.run_id, key: "loss", value: 1, timestamp: 1 }),
          ...editor,
        }),
      ).to.equal(200);
      expect(await status({ ...post("experiments/delete", { experiment_id }), ...editor })).to.equal(403);
      const who = JSON.parse((await to({ path: `${api}/users/current`, ...editor })).text).user;
      expect(who).to.include({ username: "ed@example.com", is_admin: false });
    });

    it("an administrator administers, until the group is gone", async () => {
      expect(
        await status({ ...post("experiments/create", { name: "of-ada" }), ...person("ada@example.com", "ml-admins") }),
      ).to.equal(200);
      const who = await to({ path: `${api}/users/current`, ...person("ada@example.com", "ml-admins", "ml-readers") });
      expect(JSON.parse(who.text).user.is_admin).to.equal(true);
      const demoted = await to({ path: `${api}/users/current`, ...person("ada@example.com", "ml-readers") });
      expect(JSON.parse(demoted.text).user.is_admin).to.equal(false);
      expect(
        await status({
          ...post("experiments/create", { name: "of-ada-2" }),
          ...person("ada@example.com", "ml-readers"),
        }),
      ).to.equal(403);
    });
  });

  describe("gives machines the role they were given", () => {
    it("an editor's artifact goes up and comes down through the server, with no key of the store", async () => {
      const path = "/api/2.0/mlflow-artifacts/artifacts/0/made-up/model.txt";
      expect(await status({ method: "PUT", path, body: "weights", ...machine("airflow") })).to.equal(200);
      expect((await to({ path, ...machine("model-server") })).text).to.equal("weights");
      expect(await status({ path })).to.equal(401);
    });

    it("a viewer loads models, and cannot register one", async () => {
      expect(await status({ ...post("registered-models/create", { name: "iris" }), ...machine("airflow") })).to.equal(
        200,
      );
      expect(await status({ path: `${api}/registered-models/get?name=iris`, ...machine("model-server") })).to.equal(
        200,
      );
      expect(
        await status({ ...post("registered-models/create", { name: "other" }), ...machine("model-server") }),
      ).to.equal(403);
    });

    it("Prometheus reads the metrics, and nothing else", async () => {
      const metrics = await to({ path: "/metrics", host: `${podIp}:5000`, ...machine("prometheus") });
      expect(metrics.status).to.equal(200);
      expect(metrics.text)
        .to.contain("mlflow_http_request_total")
        .and.contain("mlflow_http_request_duration_seconds_bucket");
      expect(await status({ path: search, ...machine("prometheus") })).to.equal(403);
      expect(await status({ ...post("experiments/create", { name: "x" }), ...machine("prometheus") })).to.equal(403);
    });

    it("takes a new password as soon as its Secret has it", async () => {
      server!.write("machines/airflow", "another-made-up-password");
      expect(await status({ path: search, ...machine("airflow") })).to.equal(401);
      expect(await status({ path: search, as: { user: "airflow", password: "another-made-up-password" } })).to.equal(
        200,
      );
      server!.write("machines/airflow", machinePassword("airflow"));
    });
  });

  describe("what each may and may not do about what goes live", () => hostileActs(to));

  describe("ways around that", () => attacks(to, () => server!.portNumber));

  // In a block of its own: mocha would run it before the acts, which make the model `churn`.
  describe("the guide for data scientists", () => {
    let hub: HubServer | undefined;
    after(() => hub?.stop());

    it("a notebook trains, registers and makes live by the lines of docs/data-scientist.md, a model without a gate", async function () {
      const [examples, hubPython] = await Promise.all(
        ["examples", "jupyterhub"].map((name) =>
          pythonEnvironment(name, 420).catch((error: Error) =>
            skip(this, `needs the packages of workloads/requirements/${name}.txt: ${error.message.slice(0, 300)}`),
          ),
        ),
      );
      hub = await HubServer.start(hubPython!);
      await hub.signIn("nora", { email: "nora@example.com", email_verified: true, "cognito:groups": ["ml"] });
      const guide = readFileSync(join(__dirname, "../../docs/data-scientist.md"), "utf8");
      const lines = [...guide.matchAll(/```python\n([\s\S]*?)```/g)].map(([, block]) => block!);
      const [train, live] = ["registered_model_name", "set_registered_model_alias"].map((word) =>
        lines.find((block) => block.includes(word)),
      );
      // `churn` has a gate here.
      const program = `${train}\n${live}`.replaceAll('"churn"', '"by-the-guide"');
      const env = {
        ...process.env,
        MLFLOW_TRACKING_URI: `http://127.0.0.1:${server!.portNumber}`,
        ...(await hub.server("nora")),
        MLFLOW_TRACKING_AUTH: "mlplatform",
        MLPLATFORM_MLFLOW_URI: `http://127.0.0.1:${server!.portNumber}`,
        GIT_PYTHON_REFRESH: "quiet",
        MLFLOW_DISABLE_TELEMETRY: "true",
        // The first as in every server, the other as in the image of notebooks.
        PYTHONPATH: [hub.packages(), join(__dirname, "../../workloads/mlplatform/src")].join(delimiter),
        PYTHONWARNINGS: "ignore",
      };
      await examples!.run("python", ["-c", program], { env, timeoutSeconds: 240 });
      const path = `${api}/registered-models/alias?name=by-the-guide&alias=champion`;
      const found = JSON.parse((await to({ path, ...machine("model-server") })).text).model_version;
      expect(found.version).to.equal("1");
      expect(found.tags).to.deep.include({ key: "mlplatform.owner", value: "nora@example.com" });
      const gated = program.replaceAll('"by-the-guide"', '"churn"');
      const failure = await examples!.run("python", ["-c", gated], { env, timeoutSeconds: 240 }).then(
        () => "",
        (error: Error & { stderr?: string }) => `${error.stderr ?? error.message}`,
      );
      expect(failure).to.contain("the alias champion of churn is moved by the release path alone");
    });
  });

  it("removes deleted runs for good, and their artifacts through the server, when the collector comes", async () => {
    const made = JSON.parse((await to({ ...post("runs/create", { experiment_id: "0" }), ...machine("airflow") })).text);
    const path = `/api/2.0/mlflow-artifacts/artifacts/0/${made.run.info.run_id}/artifacts/model.txt`;
    expect(await status({ method: "PUT", path, body: "weights", ...machine("airflow") })).to.equal(200);
    const root = person("ada@example.com", "ml-admins");
    expect(await status({ ...post("runs/delete", { run_id: made.run.info.run_id }), ...root })).to.equal(200);
    await server!.collect();
    expect(await status({ path, ...root }), "deleted less than 30 days ago").to.equal(200);
    await server!.collect("--older-than=0d");
    expect(await status({ path, ...root })).to.equal(404);
    expect(await status({ path: `${api}/runs/get?run_id=${made.run.info.run_id}`, ...root })).to.equal(404);
  });

  it("says nothing secret in its log", () => {
    expect(server!.log).to.not.contain(proxyKey);
    for (const name of ["airflow", "prometheus"]) expect(server!.log).to.not.contain(machinePassword(name));
    expect(server!.log).to.not.contain("p@ss").and.not.contain("p%40ss");
  });
});
