import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { platformBundle } from "../../charts/values/airflowBundles";
import { signInCallbackPath, signInVariables, webserverConfig } from "../../charts/values/airflowSignIn";
import type { Role, SignInProvider } from "../../components/contracts/app";
import { airflowDefinition } from "../../components/training/airflow/definition";
import { buildAirflow, chartValues, configured, options, podEnvironment, secretData } from "../../test/support/airflow";
import { airflowGround, airflowLoop } from "../../test/support/airflowLoop";
import { database } from "../../test/support/apps";
import { freePort } from "../../test/support/freePort";
import { inputs } from "../../test/support/outline";
import { findPostgres, howToEnablePostgres, type PostgresServer, startPostgres } from "../../test/support/postgres";
import { findPython, type PythonEnvironment, pythonEnvironment } from "../../test/support/pythonEnvironment";
import type { Registration } from "../../test/support/record";
import { skip } from "../../test/support/skip";

/** Every character that means something in a URL or in a configuration file. */
const password = "p@ss:w/o#r?d%20&=+'\" {é";
const installSeconds = 180;
const commandSeconds = 60;

interface Person {
  token: Record<string, unknown>;
  answers: Record<string, unknown>;
}

describe("Airflow itself, with what the platform gives its pods", function () {
  this.timeout(installSeconds * 1000 + 30_000);
  let environment: PythonEnvironment;
  let postgres: PostgresServer;
  let home: string;
  let made: Registration[];
  let env: Record<string, string>;

  before(async function () {
    if (findPostgres() === undefined) skip(this, `no PostgreSQL here; ${howToEnablePostgres}`);
    if (findPython() === undefined) skip(this, "no Python 3.11, 3.12 or 3.13 with venv here; install one");
    try {
      environment = await pythonEnvironment("airflow", installSeconds);
    } catch (error) {
      const reason = (error as Error).message.split("\n").slice(0, 3).join(" ");
      skip(this, `pip could not install workloads/requirements/airflow.txt; give it a package index: ${reason}`);
    }
    home = mkdtempSync(join(tmpdir(), "airflow-"));
    postgres = await startPostgres({ tls: true });
    const superuser = await postgres.connect();
    await superuser.query(`CREATE USER airflow PASSWORD ${superuser.escapeLiteral(password)}`);
    await superuser.query("CREATE DATABASE airflow OWNER airflow");
    await superuser.end();
    made = await buildAirflow(() => ({
      database: database("airflow", {
        host: pulumi.output(postgres.host),
        portNumber: postgres.portNumber,
        password: pulumi.secret(password),
      }),
      s3: {
        endpointUrl: "http://store.fake.invalid:8333",
        region: "us-east-1",
        writing: { accessKeyId: pulumi.output("made-up"), secretAccessKey: pulumi.secret("m@de/up") },
        reading: { accessKeyId: pulumi.output("made-up-reader"), secretAccessKey: pulumi.secret("made-up") },
      },
      nodeClasses: { gpu: { nodeSelector: { "mlplatform/node-group": "gpu" }, tolerations: [] } },
      pools: { training: 4 },
    }));
    env = podEnvironment(made, home);
  });

  after(async () => {
    await postgres?.stop();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  const run = async (program: string, args: string[], over: Record<string, string> = {}) => {
    const options = { env: { ...env, ...over }, timeoutSeconds: commandSeconds };
    return (await environment.run(program, args, options)).stdout;
  };
  const airflow = (...args: string[]) => run("airflow", args);
  const script = async (name: string, input: unknown, over: Record<string, string> = {}) => {
    const file = join(home, "input.json");
    writeFileSync(file, JSON.stringify(input));
    const stdout = await run("bash", ["-c", `exec python "${join(__dirname, name)}" < "${file}"`], over);
    return JSON.parse(/^RESULT (.*)$/m.exec(stdout)![1]!);
  };

  it("lists the generated configuration as its own", async () => {
    const listed = await airflow("config", "list", "--show-values");
    const sections = Object.fromEntries(
      listed
        .split(/^\[(?=\w+\]$)/m)
        .slice(1)
        .map((text) => [text.slice(0, text.indexOf("]")), text]),
    );
    for (const [section, option, value] of options(made)) {
      expect(sections[section], section).to.match(new RegExp(`^${option} = ${literally(value)}$`, "m"));
    }
    expect(await airflow("config", "lint"), "nothing renamed or removed").to.contain("No issues found");
    expect(sections.logging).to.contain("remote_base_log_folder = s3://made-up-logs/airflow/tasks");
  });

  it("migrates an empty database over TLS, and finds nothing to do the second time", async () => {
    await airflow("db", "migrate");
    await airflow("db", "check-migrations", "--migration-wait-timeout", "1");
    await airflow("db", "migrate");
    const session = await postgres.connect({ user: "airflow", password, database: "airflow" });
    const { rows } = await session.query("SELECT to_regclass('dag_run') IS NOT NULL AS runs FROM alembic_version");
    await session.end();
    expect(rows).to.deep.equal([{ runs: true }]);
  });

  it("knows every option, writes logs to the store, keeps secrets encrypted, and uses TLS by both of its drivers", async () => {
    const found = await script(
      "airflowRuntime.py",
      options(made).map(([section, option]) => [section, option]),
    );
    expect(found).to.deep.equal({
      unknown: [],
      asyncOverTls: true,
      remoteLog: ["S3RemoteLogIO", "s3://made-up-logs/airflow/tasks"],
      connection: ["aws", "made-up", { endpoint_url: "http://store.fake.invalid:8333", region_name: "us-east-1" }],
      encrypts: true,
      nodeClasses: { gpu: { nodeSelector: { "mlplatform/node-group": "gpu" }, tolerations: [] } },
    });
  });

  it("runs the commands of its upkeep: old runs go, pools come", async () => {
    const command = (object: string, path: (spec: never) => unknown) => path(inputs(made, object).spec as never) as Pod;
    const history = command(
      "kubernetes:batch/v1:CronJob airflow-upkeep-history",
      (spec: { jobTemplate: { spec: { template: Pod } } }) => spec.jobTemplate.spec.template,
    );
    const pools = command("kubernetes:batch/v1:Job airflow-upkeep-pools", (spec: { template: Pod }) => spec.template);
    for (const { spec } of [history, pools]) {
      const { args, env: own } = spec.containers[0]!;
      const given = Object.fromEntries(own.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
      await run(args[0]!, args.slice(1), given);
    }
    const listed = JSON.parse(/^\[\{.*$/m.exec(await airflow("pools", "list", "--output", "json"))![0]) as {
      pool: string;
      slots: string;
    }[];
    expect(listed.filter(({ pool }) => pool === "training").map(({ slots }) => slots)).to.deep.equal(["4"]);
  });

  it("finds people's DAGs and those of training, each in its bundle, and lets the latter run", async () => {
    const loop = (model: string) =>
      airflowDefinition(airflowLoop({ model, schedule: "0 3 * * 0", approve: "manual" }), airflowGround());
    const file = join(__dirname, "..", "..", "workloads", "loops", "training_loops.py");
    const withLoops = await buildAirflow(() => ({
      platformDags: {
        "training_loops.py": readFileSync(file, "utf8"),
        "churn.json": loop("churn"),
        "attrition.json": loop("attrition"),
      },
    }));
    const mounted = join(home, "platform");
    mountAsKubelet(mounted, inputs(withLoops, "kubernetes:core/v1:ConfigMap airflow-dags").data as never);
    writeFileSync(
      join(home, "dags", "own.py"),
      'from airflow.sdk import DAG, task\nwith DAG("own", schedule=None) as own:\n    task(lambda: None, task_id="one")()\n',
    );
    const { dagBundleConfigList } = chartValues(withLoops).dagProcessor as { dagBundleConfigList: unknown };
    const bundles = JSON.stringify(dagBundleConfigList).replace(platformBundle.folder, mounted);
    const over = { AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: bundles };
    await run("airflow", ["dag-processor", "--num-runs", "1"], over);
    const listed = await run("airflow", ["dags", "list", "--output", "json"], over);
    const found = JSON.parse(/^\[.*\]$/m.exec(listed)![0]) as Record<string, string>[];
    expect(found.map(({ dag_id, bundle_name, is_paused }) => [dag_id, bundle_name, is_paused]).sort()).to.deep.equal([
      ["own", "dags-folder", "True"],
      ["train-attrition", platformBundle.name, "False"],
      ["train-churn", platformBundle.name, "False"],
    ]);
    expect(found.find(({ dag_id }) => dag_id === "train-churn")!.fileloc).to.equal(join(mounted, "training_loops.py"));
    expect(await run("airflow", ["dags", "list-import-errors"], over)).to.contain("No data found");
  });

  it("tells the steps behind an approval who has answered and when, also where the answer was no, and tries what was not told again", async () => {
    const again = "AirflowException";
    const found = await script("airflowApproval.py", { folder: join(home, "platform") });
    const said = { by: "ann@example.com", at: "2026-12-01T03:04:05+00:00" };
    expect(found).to.deep.equal({
      approved: { ended: "passed", told: { status: "Approved", ...said } },
      rejected: { ended: "AirflowFailException", told: { status: "Rejected", ...said } },
      late: { ended: "passed", told: {} },
      silent: "AirflowFailException",
      variables: { register: null, promote: "{{ answer(ti) }}", record: "{{ answer(ti) }}" },
      retries: { approve: 2, promote: 2, record: 10 },
      ends: {
        record: ["passed", "AirflowFailException", again, again, "AirflowSkipException", again],
        train: ["passed", again, again, again, "AirflowSkipException", again],
      },
    });
  });

  it("makes pods that start loops of the platform's DAGs alone, and of its own template alone", async () => {
    const template = join(home, "template.yaml");
    const base = { name: "base", image: "platform:1", env: [{ name: "OWN", value: "yes" }] };
    const spec = { serviceAccountName: "airflow-worker", restartPolicy: "Never", containers: [base] };
    writeFileSync(template, JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec }));
    writeFileSync(join(home, "airflow_local_settings.py"), chartValues(made).airflowLocalSettings as string);
    for (const dag of ["own", "train-churn"]) await airflow("dags", "trigger", dag, "--run-id", "made-up");
    const pods = await script(
      "airflowTaskPods.py",
      { template },
      { PYTHONPATH: home, AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE: template },
    );
    const env = [...base.env, { name: "AIRFLOW_IS_K8S_EXECUTOR_POD", value: "True" }];
    const launching = {
      ...spec,
      serviceAccountName: "airflow-loops",
      containers: [{ ...base, env, args: "as they were" }],
    };
    expect(pods.loop).to.deep.equal(launching);
    expect(pods["naming a loop's task"], "whatever else it asks for").to.deep.equal(launching);
    expect(pods.plain).to.deep.equal({ ...spec, containers: [{ ...base, env, args: "as they were" }] });
    expect(pods.overridden.containers[0]).to.deep.include({ image: "evil:1", command: ["evil"] });
    const refused = ["asking", "asking by the old name", "another command", "nobody's task"];
    const otherCode = [
      ...["../dags/own.py", "/dags/own.py", ".."].map((path) => `a loop's task from ${path}`),
      "a loop's task with people's code",
      "a loop's task whose DAG is people's now",
    ];
    for (const way of [...refused, ...otherCode]) {
      expect(pods[way], way).to.equal(
        "PermissionError('only DAGs of the platform run as airflow-loops; leave service_account_name out')",
      );
    }
  });

  it("lets a task reach the API server by what its pod has, without a database, a Fernet key or a key for tokens", async () => {
    const seen: (string | undefined)[][] = [];
    const api = createServer((request, response) => {
      seen.push([request.method, request.url, request.headers.authorization]);
      response.writeHead(409, { "content-type": "application/json" }).end('{"detail": {"reason": "invalid_state"}}');
    });
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    const withKeys = /FERNET|DATABASE|JWT|SECRET_KEY/;
    const own = Object.fromEntries(Object.entries(env).filter(([key]) => !withKeys.test(key)));
    const id = "0199a5a0-0000-7000-8000-000000000001";
    const ti = {
      ...{ id, dag_version_id: id, task_id: "one", dag_id: "own", run_id: "made-up", try_number: 1, map_index: -1 },
      ...{ pool_slots: 1, queue: "default", priority_weight: 1 },
    };
    const workload = {
      ...{ type: "ExecuteTask", token: "made-up", ti, dag_rel_path: "own.py", log_path: "one.log" },
      bundle_info: { name: "dags-folder", version: null },
    };
    const args = ["-m", "airflow.sdk.execution_time.execute_workload", "--json-string", JSON.stringify(workload)];
    const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}/execution/`;
    const ended = environment.run("python", args, {
      env: { ...own, AIRFLOW__CORE__EXECUTION_API_SERVER_URL: server },
      timeoutSeconds: commandSeconds,
    });
    await ended.catch(() => undefined); // The API server of this test lets no task begin.
    api.close();
    expect(seen).to.deep.equal([["PATCH", `/execution/task-instances/${id}/run`, "Bearer made-up"]]);
  });

  const signedIn = async (provider: SignInProvider, groups: Record<string, Role>, people: Person[]) => {
    const file = join(home, `${provider.provider}.py`);
    writeFileSync(file, webserverConfig(provider, groups));
    return script("airflowSignIn.py", people, {
      AIRFLOW__FAB__CONFIG_FILE: file,
      [signInVariables.clientId]: "made-up-client",
      [signInVariables.clientSecret]: "made-up-client-secret",
    });
  };
  const client = ["made-up-client", "made-up-client-secret"];

  it("GitHub: lets in active members of the organization by their teams, and nobody else", async () => {
    const organization = "Example-Company";
    const team = (slug: string, login = organization) => ({ slug, organization: { login } });
    const person = (login: string, state: string | null, teams: unknown[]): Person => ({
      token: {},
      answers: {
        user: { login, name: null, email: null },
        "user/memberships/orgs/example-company": state === null ? null : { state },
        "user/teams": teams,
      },
    });
    const others = Array.from({ length: 100 }, (_, index) => team(`other-${index}`));
    const result = await signedIn({ provider: "github", organization }, { Platform: "admin", scientists: "editor" }, [
      person("Ada", "active", [...others, team("platform")]),
      person("ben", "active", [team("scientists")]),
      person("stranger", null, [team("platform", "elsewhere")]),
      person("invited", "pending", [team("platform")]),
      person("teamless", "active", [team("unlisted"), team("platform", "elsewhere")]),
      person("Ada", "active", [team("scientists")]),
      person("Ada", null, []),
    ]);
    expect(result).to.deep.equal({
      provider: "github",
      client,
      people: [
        ["github_ada", "Admin", "Public"],
        ["github_ben", "Public", "User"],
        null,
        null,
        null,
        ["github_ada", "Public", "User"],
        null,
      ],
    });
  });

  it("Google: lets in accounts of the domain that Google has verified, and nobody else", async () => {
    const person = (email: string, hd: string | undefined, verified: unknown = true): Person => ({
      token: { userinfo: { email, email_verified: verified, ...(hd === undefined ? {} : { hd }) } },
      answers: {},
    });
    const { people } = await signedIn(
      { provider: "google", hostedDomain: "Example.com" },
      { "ada@example.com": "admin", "example.com": "viewer" },
      [
        person("Ada@example.com", "example.com"),
        person("ben@example.com", "example.com"),
        person("ada@example.com", undefined),
        person("ada@example.com", "elsewhere.example"),
        person("ada@example.com", "example.com", "true"),
        { token: {}, answers: {} },
      ],
    );
    expect(people).to.deep.equal([
      ["ada@example.com", "Admin", "Public", "Viewer"],
      ["ben@example.com", "Public", "Viewer"],
      null,
      null,
      null,
      null,
    ]);
  });

  it("OpenID Connect: takes groups from the token or from the same person's user info, and nobody without one", async () => {
    const groupsClaim = 'cognito:"groups" {{ .Values }} é';
    const person = (sub: string | undefined, groups: unknown, userinfo: object = {}): Person => ({
      token: { userinfo: { ...(sub && { sub }), ...(groups === undefined ? {} : { [groupsClaim]: groups }) } },
      answers: { userinfo },
    });
    const { people } = await signedIn(
      { provider: "oidc", issuer: "https://id.fake.invalid/realms/company/", groupsClaim },
      { Viewers: "viewer", "ops'\n\"{%": "admin" },
      [
        person("1", ["ops'\n\"{%"]),
        person("2", undefined, { sub: "2", [groupsClaim]: "Viewers" }),
        person("3", undefined, { sub: "1", [groupsClaim]: ["Viewers"] }),
        person("4", ["viewers"]),
        person("5", undefined, { sub: "5" }),
        person(undefined, ["Viewers"]),
      ],
    );
    expect(people).to.deep.equal([["1", "Admin", "Public"], ["2", "Public", "Viewer"], null, null, null, null]);
  });

  it("serves its page behind a proxy: strangers are sent to the provider, which sends them back to the right address", async () => {
    const groups = { platform: "admin" as const };
    const signIn = { provider: "github" as const, organization: "example-company", groups };
    const published = await buildAirflow(() => ({
      address: {
        host: "airflow.example.com",
        url: "https://airflow.example.com",
        ingress: { className: "made-up", annotations: {}, ready: [] },
      },
      signIn: { ...signIn, clientId: "made-up-client", clientSecret: pulumi.secret("made-up-client-secret") },
    }));
    const { args, env: variables, apiServerConfig } = chartValues(published).apiServer as ApiServer;
    const file = join(home, "published.py");
    writeFileSync(file, apiServerConfig);
    const portNumber = await freePort();
    const secret = secretData(published, "signIn");
    const given = variables.map(({ name, value, valueFrom }) => [name, value ?? secret[valueFrom!.secretKeyRef.key]!]);
    const server = spawn(args[0]!, args.slice(1), {
      env: {
        ...env,
        ...configured(published),
        ...Object.fromEntries(given),
        AIRFLOW__FAB__CONFIG_FILE: file,
        AIRFLOW__API__PORT: String(portNumber),
        AIRFLOW__API__WORKERS: "1",
        PATH: [dirname(environment.python), process.env.PATH ?? ""].join(delimiter),
      },
      stdio: "ignore",
      detached: true, // A group of its own, so that its workers end with it.
    });
    const at = `http://localhost:${portNumber}`;
    try {
      await untilAnswers(`${at}/api/v2/monitor/health`);
      expect((await fetch(`${at}/api/v2/dags`)).status, "without a token").to.equal(401);
      const proxied = { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "airflow.example.com" };
      const sent = await fetch(`${at}/auth/login/github`, { headers: proxied, redirect: "manual" });
      const location = new URL(sent.headers.get("location")!);
      expect(location.origin + location.pathname).to.equal("https://github.com/login/oauth/authorize");
      expect(Object.fromEntries(location.searchParams)).to.deep.include({
        client_id: "made-up-client",
        redirect_uri: `https://airflow.example.com${signInCallbackPath("github")}`,
        scope: "read:user read:org",
      });
      expect(sent.headers.get("set-cookie")).to.match(/; Secure; HttpOnly;/);
    } finally {
      process.kill(-server.pid!, "SIGKILL");
    }
  });

  it("is pinned to the version that the chart installs", () => {
    const pinned = readFileSync(join(__dirname, "..", "..", "workloads", "requirements", "airflow.txt"), "utf8");
    expect(pinned).to.contain(`\napache-airflow==${chartValues(made).airflowVersion} \\\n`);
  });
});

/** The files of a ConfigMap as they are in a pod: links through a folder, whose name changes when they do. */
function mountAsKubelet(folder: string, files: Record<string, string>): void {
  const written = join(folder, "..2026_01_01_00_00_00.123456789");
  mkdirSync(written, { recursive: true });
  symlinkSync("..2026_01_01_00_00_00.123456789", join(folder, "..data"));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(written, name), text);
    symlinkSync(join("..data", name), join(folder, name));
  }
}

interface ApiServer {
  args: string[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { key: string } } }[];
  apiServerConfig: string;
}

async function untilAnswers(url: string): Promise<void> {
  for (const giveUp = Date.now() + commandSeconds * 1000; ; await sleep(250)) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > giveUp) throw new Error(`no answer from ${url} within ${commandSeconds} s`);
  }
}

interface Pod {
  spec: { containers: { args: string[]; env: { name: string; value?: string }[] }[] };
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
