import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { machineSecret, mlflow } from "../../charts/values/mlflow";
import { publicKeyOf } from "../../components/lib/signingKey";
import { freePort } from "./freePort";
import { type ChartObject, theObject } from "./mlflowChart";
import { tokenSeed } from "./personToken";
import type { PostgresServer } from "./postgres";
import type { PythonEnvironment } from "./pythonEnvironment";

/** Address that the pod has, to the server. */
export const podIp = "10.1.2.3";
export const proxyKey = "made-up-key-of-the-proxy";

export function machinePassword(machine: string): string {
  return `made-up-password-of-${machine}`;
}

export interface Asked {
  method?: string;
  path: string;
  /** Such as `mlflow:5000`, which is also the default. */
  host?: string;
  as?: { user: string; password: string };
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** One request to a port of this machine, with whatever Host it claims. */
export function ask(
  portNumber: number,
  { method = "GET", path, host, as, headers = {}, body }: Asked,
): Promise<Answer> {
  const sent = typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: "127.0.0.1",
        port: portNumber,
        method,
        path,
        headers: {
          host: host ?? "mlflow:5000",
          ...(as ? { authorization: `Basic ${Buffer.from(`${as.user}:${as.password}`).toString("base64")}` } : {}),
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) }),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (data) => (text += data));
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      },
    ).on("error", reject);
    asking.end(body === undefined ? undefined : sent);
  });
}

/** The containers of a rendered Deployment, run here: their commands, arguments, environment and files, at other paths and ports. */
export class MlflowServer {
  readonly folder = mkdtempSync(join(tmpdir(), "mlflow-"));
  portNumber = 0;
  private running: ChildProcess[] = [];
  private output = "";

  constructor(
    private readonly objects: ChartObject[],
    private readonly python: PythonEnvironment,
    private readonly postgres: PostgresServer,
    private readonly database: { name: string; user: string; password: string },
  ) {
    for (const map of ["sign-in", "python"]) {
      const { data } = theObject(objects, "ConfigMap", `${mlflow.name}-${map}`);
      for (const [file, text] of Object.entries(data as Record<string, string>)) this.write(`${map}/${file}`, text);
    }
    for (const { secret } of this.volume("machines").projected.sources) {
      const machine = secret.items[0].path;
      if (secret.name !== machineSecret(machine)) throw new Error(`${secret.name} is not the Secret of ${machine}`);
      this.write(`machines/${machine}`, machinePassword(machine));
    }
    this.write("proxy/key", proxyKey);
    if (this.volume("tokens")) this.write("tokens/key", publicKeyOf(tokenSeed));
    mkdirSync(join(this.folder, "tmp/metrics"), { recursive: true });
  }

  private get pod() {
    return theObject(this.objects, "Deployment").spec.template.spec;
  }

  private volume(name: string) {
    return this.pod.volumes.find((each: { name: string }) => each.name === name);
  }

  write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Runs `schema.py`, as the Job and the pods' init container do. @throws with its output when it fails. */
  async schema(task: "migrate" | "wait", patienceSeconds: number): Promise<string> {
    const script = join(this.folder, "python/schema.py");
    const options = { env: this.environment(this.pod.initContainers[0]), timeoutSeconds: 120 };
    const { stdout, stderr } = await this.python.run("python", [script, task, String(patienceSeconds)], options);
    return stdout + stderr;
  }

  /** Starts the server, and waits until it is healthy. */
  async start(): Promise<void> {
    this.portNumber = await freePort();
    const container = this.pod.containers[0];
    const args = (container.args as string[]).map((argument) =>
      argument
        .replace(/^--port=.*/, `--port=${this.portNumber}`)
        .replace(/^--host=.*/, "--host=127.0.0.1")
        .replace("$(POD_IP)", podIp)
        .replace("/var/run/mlflow/metrics", join(this.folder, "tmp/metrics")),
    );
    const env = {
      ...this.environment(container),
      MLFLOW_AUTH_ADMIN_PASSWORD: "made-up-password-of-nobody",
      MLFLOW_FLASK_SERVER_SECRET_KEY: "made-up-key",
      MLFLOW_ARTIFACTS_DESTINATION: join(this.folder, "tmp/artifacts"),
    };
    const program = join(dirname(this.python.python), container.command[0]);
    this.run(program, [...container.command.slice(1), ...args], env);
    try {
      await this.until(async () => (await ask(this.portNumber, { path: "/health" })).status === 200, 120);
    } catch (error) {
      await this.stop(); // Whoever could not start it has nothing to stop, and its workers would go on.
      throw error;
    }
  }

  /** Runs what the CronJob runs, with other arguments if any are given. */
  async collect(...args: string[]): Promise<void> {
    const [container] = theObject(this.objects, "CronJob").spec.jobTemplate.spec.template.spec.containers;
    const env = this.environment(container);
    const [program, ...rest] = (container.command as string[]).map((word) =>
      word.replace("$(MLFLOW_BACKEND_STORE_URI)", env.MLFLOW_BACKEND_STORE_URI!),
    );
    await this.python.run(program!, [...rest, ...(args.length > 0 ? args : container.args)], {
      env: {
        ...env,
        MLFLOW_TRACKING_URI: `http://127.0.0.1:${this.portNumber}`,
        MLFLOW_TRACKING_USERNAME: mlflow.collector,
        MLFLOW_TRACKING_PASSWORD: machinePassword(mlflow.collector),
      },
      timeoutSeconds: 120,
    });
  }

  /** Starts something beside the server that goes when it goes. */
  run(program: string, args: string[], env: Record<string, string>): void {
    // A group of its own: the server starts workers.
    const child = spawn(program, args, { env, cwd: join(this.folder, "tmp"), detached: true, stdio: "pipe" });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (this.output += data));
    this.running.push(child);
  }

  async until(reached: () => Promise<boolean>, seconds: number): Promise<void> {
    for (const giveUp = Date.now() + seconds * 1000; ; await sleep(250)) {
      if (await reached().catch(() => false)) return;
      const ended = this.running.find((each) => each.exitCode !== null);
      if (ended || Date.now() > giveUp) throw new Error(`Not ready within ${seconds} s:\n${this.output.slice(-4000)}`);
    }
  }

  get log(): string {
    return this.output;
  }

  private environment(container: { env: { name: string; value?: string }[] }): Record<string, string> {
    const { name, user, password } = this.database;
    const { portNumber, host } = this.postgres;
    const literal = container.env.flatMap((each) => (each.value === undefined ? [] : [[each.name, each.value]]));
    const paths = Object.entries(Object.fromEntries(literal) as Record<string, string>).map(([key, value]) => [
      key,
      value.replace("/etc/mlflow", this.folder).replace(/^\/tmp$/, join(this.folder, "tmp")),
    ]);
    return {
      ...Object.fromEntries(paths),
      PYTHONWARNINGS: "ignore",
      TMPDIR: join(this.folder, "tmp"),
      MLFLOW_SIGN_IN_FOLDER: this.folder,
      MLFLOW_BACKEND_STORE_URI: `postgresql+psycopg2://${user}:${encodeURIComponent(password)}@${host}:${portNumber}/${name}?sslmode=require`,
      PGHOST: host,
      PGPORT: String(portNumber),
      PGDATABASE: name,
      PGUSER: user,
      PGPASSWORD: password,
      PGSSLMODE: "require",
    };
  }

  async stop(): Promise<void> {
    for (const child of this.running) {
      if (child.exitCode !== null || child.pid === undefined) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      process.kill(-child.pid, "SIGTERM");
      const late = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
