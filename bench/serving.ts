import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../test/support/postgres";
import { type PythonEnvironment, pythonEnvironment } from "../test/support/pythonEnvironment";

/** The model server against `mlflow models serve`: the same model, machine and number of workers, in one run, measured in turn by wrk. */

const projectDir = join(__dirname, "..");
const workers = 2;
const seconds = Number(process.env.BENCH_SECONDS ?? 8);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);

const makeModel = `
import sys
import numpy as np, pandas as pd, mlflow, json
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
random = np.random.default_rng(0)
rows = pd.DataFrame(random.normal(size=(1000, 12)), columns=[f"f{place}" for place in range(12)])
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows.sum(axis=1) > 0)
signature = infer_signature(rows, model.predict(rows))
mlflow.sklearn.save_model(model, sys.argv[1] + "/model", signature=signature, serialization_format="cloudpickle")
for count in (1, 1000):
    data = {"dataframe_split": {"columns": list(rows.columns), "data": rows.head(count).values.tolist()}}
    open(f"{sys.argv[1]}/{count}.json", "w").write(json.dumps(data))
`;

interface Measured {
  startSeconds: number;
  memoryMiB: number;
  /** Requests per second, and latencies in milliseconds, by `<connections>×<rows>`. */
  cases: Record<string, { perSecond: number; p50: number; p99: number; failed: number }>;
}

interface Contender {
  name: string;
  start(port: number, log: number): Promise<ChildProcess>;
}

function millis(text: string): number {
  const [, value, unit] = /([\d.]+)(us|ms|s)/.exec(text) ?? [];
  return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as "us" | "ms" | "s"];
}

function wrk(port: number, connections: number, script: string) {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "--latency", "-s", script];
  const said = execFileSync("wrk", [...args, `http://127.0.0.1:${port}/invocations`], { encoding: "utf8" });
  const failures = [...said.matchAll(/Non-2xx or 3xx responses: (\d+)|(?:connect|read|write|timeout) (\d+)/g)];
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1]),
    p50: millis(/50%\s+(\S+)/.exec(said)?.[1] ?? ""),
    p99: millis(/99%\s+(\S+)/.exec(said)?.[1] ?? ""),
    failed: failures.reduce((sum, [, status, socket]) => sum + Number(status ?? socket), 0),
  };
}

/** Memory that a process and what it started hold, shared pages counted once. */
function memoryMiB(pid: number): number {
  const children = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const family = [pid];
  for (const parent of family) family.push(...children.filter(([, of]) => of === parent).map(([child]) => child));
  const kiB = family.map((each) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, "utf8"))?.[1]),
  );
  return kiB.reduce((sum, each) => sum + each, 0) / 1024;
}

async function measure(contender: Contender, folder: string): Promise<Measured> {
  const port = await freePort();
  const log = openSync(join(folder, `${contender.name.replace(/ /g, "-")}.log`), "a");
  const started = Date.now();
  const server = await contender.start(port, log);
  try {
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/ping`).catch(() => undefined))?.ok;
    while (!(await ready())) {
      if (server.exitCode !== null || Date.now() - started > 180_000)
        throw new Error(`${contender.name} did not start`);
      await sleep(20);
    }
    const startSeconds = (Date.now() - started) / 1000;
    await sleep(3000); // All workers, not only the first.
    const cases: Measured["cases"] = {};
    for (const [connections, rows] of [
      [1, 1],
      [64, 1],
      [1, 1000],
    ] as const) {
      const script = join(folder, `${rows}.lua`);
      const body = readFileSync(join(folder, `${rows}.json`), "utf8");
      writeFileSync(
        script,
        `wrk.method="POST"\nwrk.headers["Content-Type"]="application/json"\nwrk.body=[==[${body}]==]\n`,
      );
      cases[`${connections}×${rows}`] = wrk(port, connections, script);
    }
    return { startSeconds, memoryMiB: memoryMiB(server.pid!), cases };
  } finally {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    process.kill(-server.pid!, "SIGTERM");
    await ended;
    closeSync(log);
  }
}

function contenders(python: PythonEnvironment, folder: string): Contender[] {
  const bin = dirname(python.python);
  const env = { HOME: homedir(), PATH: `${bin}:${process.env.PATH}`, TMPDIR: folder };
  const model = join(folder, "model");
  const run = (program: string, args: string[], more: Record<string, string>, log: number) =>
    spawn(join(bin, program), args, {
      env: { ...env, ...more },
      cwd: folder,
      detached: true,
      stdio: ["ignore", log, log],
    });
  return [
    {
      name: "mlflow models serve",
      start: async (port, log) => {
        const args = ["models", "serve", "-m", model, "-p", `${port}`, "-w", `${workers}`, "--env-manager", "local"];
        return run("mlflow", args, {}, log);
      },
    },
    {
      name: "model-server",
      start: async (port, log) => {
        const settings = {
          PYTHONPATH: ["model-server/src", "mlplatform/src"]
            .map((name) => join(projectDir, "workloads", name))
            .join(":"),
          MODEL_SERVER_HOST: "127.0.0.1",
          MODEL_SERVER_PORT: `${port}`,
          MODEL_SERVER_METRICS_PORT: `${await freePort()}`,
          MODEL_SERVER_SCRATCH: join(folder, "scratch"),
          MODEL_SERVER_SOURCE: model,
          MODEL_SERVER_WORKERS: `${workers}`,
          MODEL_SERVER_DRAIN_SECONDS: "0",
        };
        return run("python", ["-m", "model_server"], settings, log);
      },
    },
  ];
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function table(all: Map<string, Measured[]>): string[] {
  const [usual, own] = [all.get("mlflow models serve")!, all.get("model-server")!];
  const lines = [`medians of ${rounds} rounds of ${seconds} s, ${workers} workers each`];
  const line = (what: string, of: (measured: Measured) => number, unit: string) => {
    const [a, b] = [median(usual.map(of)), median(own.map(of))];
    lines.push(
      `${what.padEnd(44)} mlflow ${a.toFixed(2).padStart(9)} ${unit}   model-server ${b.toFixed(2).padStart(9)} ${unit}   ratio ${(b / a).toFixed(3)}`,
    );
  };
  for (const key of Object.keys(own[0]!.cases)) {
    const [connections, rows] = key.split("×");
    const title = `${rows} row(s) a request, ${connections} connection(s):`;
    line(`${title} requests`, ({ cases }) => cases[key]!.perSecond, "/s");
    line(`${title} p50`, ({ cases }) => cases[key]!.p50, "ms");
    line(`${title} p99`, ({ cases }) => cases[key]!.p99, "ms");
    line(`${title} failed`, ({ cases }) => cases[key]!.failed, "  ");
  }
  line("memory after the load", ({ memoryMiB }) => memoryMiB, "MiB");
  line("time to the first ready answer", ({ startSeconds }) => startSeconds, "s ");
  return lines;
}

async function main(): Promise<void> {
  const python = await pythonEnvironment("model-server", 900);
  const folder = mkdtempSync(join(tmpdir(), "bench-serving-"));
  try {
    await python.run("python", ["-c", makeModel, folder], { env: { HOME: homedir() }, timeoutSeconds: 120 });
    const all = new Map<string, Measured[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const contender of contenders(python, folder)) {
        const measured = await measure(contender, folder);
        all.set(contender.name, [...(all.get(contender.name) ?? []), measured]);
      }
    }
    process.stdout.write(`${table(all).join("\n")}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
