import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { onPath } from "../simulator/engine";
import { findHelm } from "../simulator/helm";
import type { Progress } from "../simulator/progress";
import { pythonEnvironment } from "../test/support/pythonEnvironment";
import { Generated } from "./generated";
import { airflow, dagsFolder, prepareAirflow } from "./services/airflow";
import { publishDags } from "./services/dags";
import { installProxy, jupyterhub } from "./services/jupyterhub";
import { migrateMlflow, mlflow } from "./services/mlflow";
import { cluster, driftMonitor, releaseController } from "./services/models";
import { makeDatabases, postgres } from "./services/postgres";
import { findPrometheus, prometheus } from "./services/prometheus";
import { findStatsdExporter, statsdExporter } from "./services/statsd";
import { store } from "./services/store";
import { type Ports, projectFolder } from "./settings";
import { type Program, Supervisor } from "./supervisor";

const environments = ["moto", "mlflow", "examples", "airflow", "release", "model-server", "jupyterhub", "notebooks"];
const installSeconds = 900;

/** The platform's tools as processes of this machine, configured by what the program asks a cluster for. */
export class Demo {
  readonly supervisor: Supervisor;

  private constructor(
    /** Everything that is kept lies below it. */
    readonly folder: string,
    readonly ports: Ports,
    readonly generated: Generated,
    private readonly pythons: Record<string, string>,
    private readonly exporter: string | Error,
  ) {
    this.supervisor = new Supervisor(folder);
  }

  static async prepare(folder: string, ports: Ports, progress: Progress): Promise<Demo> {
    mkdirSync(folder, { recursive: true });
    const helm = await findHelm(progress);
    const exporter = await findStatsdExporter(progress).catch((error: Error) => error);
    const pythons: Record<string, string> = {};
    for (const name of environments) {
      progress.update(`Packages of ${name}: installed once, in the user's cache`);
      pythons[name] = (await pythonEnvironment(name, installSeconds)).python;
    }
    progress.update("Configuration, from the program of this repository");
    const repository = `file://${join(folder, "dags.git")}`;
    const generated = await Generated.from(join(folder, "program"), helm.path, ports, repository);
    return new Demo(folder, ports, generated, pythons, exporter);
  }

  /** Interpreter with the packages of `workloads/requirements/<name>.txt`. */
  python(name: string): string {
    const found = this.pythons[name];
    if (found === undefined) throw new Error(`there is no Python environment ${name}`);
    return found;
  }

  /** For a Python program of this repository, with these folders of `workloads` on its path. */
  pythonEnvironment(...sources: string[]): Record<string, string> {
    return {
      PYTHONPATH: sources.map((each) => join(projectFolder, "workloads", each)).join(":"),
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONUNBUFFERED: "1",
      GIT_PYTHON_REFRESH: "quiet",
      MLFLOW_DISABLE_TELEMETRY: "true",
    };
  }

  /** A password of this machine that no object of the program has. */
  secretFor(what: string): string {
    const seed = readFileSync(join(this.folder, "program/seed"), "utf8");
    return createHmac("sha256", seed).update(what).digest("hex").slice(0, 32);
  }

  /** Runs a command to its end. @throws with the end of what it said */
  async run(
    command: string,
    args: string[],
    options: { env: Record<string, string>; folder?: string; timeoutSeconds?: number },
  ): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)(command, args, {
        env: { PATH: process.env.PATH ?? "", ...options.env },
        ...(options.folder === undefined ? {} : { cwd: options.folder }),
        timeout: (options.timeoutSeconds ?? 300) * 1000,
        maxBuffer: 64 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string };
      throw new Error(
        `${command.split("/").pop()} ${args.slice(0, 2).join(" ")}: ${`${stdout ?? ""}${stderr ?? message}`.slice(-2000)}`,
      );
    }
  }

  /** Whether Prometheus reads it here: Airflow's numbers take an exporter that could not be built everywhere, stores are processes of another kind. */
  scraped(monitor: string): boolean {
    if (monitor === "database" || monitor === "objectStore") return false;
    return monitor !== "airflow" || typeof this.exporter === "string";
  }

  /** All that it is made of, each after what it needs. */
  async services(): Promise<Program[]> {
    const watching = await prometheus(this);
    return [
      [postgres(this)],
      [store(this)],
      [await mlflow(this)],
      typeof this.exporter === "string" ? [statsdExporter(this, this.exporter)] : [],
      airflow(this),
      [await cluster(this), releaseController(this), driftMonitor(this)],
      await jupyterhub(this),
      watching ? [watching] : [],
    ].flat();
  }

  /** Starts what does not run yet, in the order in which one needs the other. */
  async start(progress: Progress): Promise<{ started: string[]; notes: string[] }> {
    const notes: string[] = [];
    if (findPrometheus() === undefined) notes.push("Prometheus is not on PATH: nothing is scraped and no alert fires.");
    else if (typeof this.exporter !== "string") {
      notes.push(`No statsd_exporter, so Prometheus does not see Airflow's own numbers: ${this.exporter.message}`);
    }
    const services = await this.services();
    await this.refuseTaken(services);

    const started: string[] = [];
    const ensure = async (...programs: Program[]) => {
      await Promise.all(
        programs.map(async (program) => {
          progress.update(`Starting ${program.title}`);
          const how = await this.supervisor.ensure(program);
          if (how === "started") started.push(program.name);
          progress.note(`  ${how === "started" ? "started" : "runs   "}  ${program.title}`);
        }),
      );
    };
    const named = (...names: string[]) => services.filter(({ name }) => names.includes(name));
    await ensure(...named("postgres", "store"));
    await makeDatabases(this);
    await publishDags(this, dagsFolder(this));
    const runs = this.supervisor.running();
    if (!runs.includes("mlflow")) {
      progress.update("MLflow's schema");
      await migrateMlflow(this);
    }
    await ensure(...named("mlflow", "statsd"));
    if (!runs.includes("airflow-api-server")) {
      progress.update("Airflow's schema, first user and pools");
      await prepareAirflow(this);
    }
    await installProxy(this);
    await ensure(...named("airflow-api-server", "cluster", "releases", "drift", "hub-proxy"));
    await ensure(...named("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "hub", "prometheus"));
    return { started, notes };
  }

  private async refuseTaken(programs: Program[]): Promise<void> {
    const taken = await this.supervisor.taken(programs);
    if (taken.length === 0) return;
    const lines = taken.map(({ port, title }) => `  ${port}  wanted for ${title}`);
    throw new Error(
      `Something else listens on ports of the demo:\n${lines.join("\n")}\n` +
        "Choose others by the first of them: make demo FIRST_PORT=19000",
    );
  }
}

/** Commands without which the demo cannot run, and what installs them. */
export function missingCommands(): string[] {
  const needed = { git: "git", openssl: "openssl", ps: "procps", npm: "Node.js with npm" };
  return Object.entries(needed).flatMap(([command, from]) =>
    onPath(command).length > 0 || existsSync(command) ? [] : [`${command} (install ${from})`],
  );
}
