import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PythonEnvironment } from "./pythonEnvironment";

/** MLflow as a process, on PostgreSQL, with a folder in place of the store. */
export class RegistryServer {
  private server?: ChildProcess;
  private output = "";

  constructor(
    private readonly python: PythonEnvironment,
    private readonly backend: string,
    private readonly artifacts: string,
    private readonly home: string,
    private readonly portNumber: number,
  ) {}

  private get env() {
    const quiet = { GIT_PYTHON_REFRESH: "quiet", MLFLOW_DISABLE_TELEMETRY: "true", OMP_NUM_THREADS: "1" };
    const asPlatform = { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" };
    return { ...quiet, ...asPlatform, HOME: this.home, MLFLOW_TRACKING_URI: `http://127.0.0.1:${this.portNumber}` };
  }

  async start(): Promise<void> {
    const args = ["--backend-store-uri", this.backend, "--artifacts-destination", this.artifacts, "--workers", "1"];
    const bound = ["--host", "127.0.0.1", "--port", String(this.portNumber)];
    const server = spawn(this.python.python, ["-m", "mlflow", "server", ...args, ...bound], {
      env: { ...this.env, PATH: process.env.PATH },
      detached: true,
    });
    this.server = server;
    for (const stream of [server.stdout, server.stderr]) stream?.on("data", (text) => (this.output += text));
    for (const giveUp = Date.now() + 400_000; ; await sleep(200)) {
      const answered = await fetch(`${this.env.MLFLOW_TRACKING_URI}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (answered) return;
      if (server.exitCode !== null || Date.now() > giveUp) throw new Error(`MLflow does not start:\n${this.output}`);
    }
  }

  /** With all that it started. */
  async stop(): Promise<void> {
    const { server } = this;
    if (server?.pid === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    process.kill(-server.pid, "SIGKILL");
    await ended;
  }

  /** What is seen in the end, by a client of its own version or of another. */
  async run(acts: readonly ("make" | "look")[], client: PythonEnvironment = this.python): Promise<string> {
    const script = join(__dirname, "registry.py");
    const { stdout } = await client.run(client.python, [script, ...acts], { env: this.env, timeoutSeconds: 600 });
    return stdout.split("\n").find((line) => line.startsWith("seen ")) ?? "";
  }
}
