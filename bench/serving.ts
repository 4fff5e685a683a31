import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../test/support/freePort";
import { type PythonEnvironment, pythonEnvironment } from "../test/support/pythonEnvironment";

/**
 * The model server against `mlflow models serve` and a bare FastAPI app round mlflow.pyfunc: the same model, machine and number of
 * workers, in one run, measured in turn by wrk. Then what a change of version costs under load.
 */

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
mlflow.sklearn.save_model(model, sys.argv[1] + "/model", signature=signature, serialization_format="cloudpickle",
                          input_example=rows.head(1))
for count in (1, 1000):
    data = {"dataframe_split": {"columns": list(rows.columns), "data": rows.head(count).values.tolist()}}
    open(f"{sys.argv[1]}/{count}.json", "w").write(json.dumps(data))
`;

const bareApp = `
import os
import mlflow, pandas as pd
from fastapi import FastAPI, Request
model = mlflow.pyfunc.load_model(os.environ["MODEL"])
app = FastAPI()
@app.get("/ping")
async def ping():
    return {}
@app.post("/invocations")
async def invocations(request: Request):
    payload = await request.json()
    return {"predictions": model.predict(pd.DataFrame(**payload["dataframe_split"])).tolist()}
`;

interface Measured {
  startSeconds: number;
  memoryMiB: number;
  change?: { seconds: number; failed: number; memoryMiB: number };
  /** Requests per second, and latencies in milliseconds, by `<connections>×<rows>`. */
  cases: Record<string, { perSecond: number; p50: number; p99: number; failed: number }>;
}

interface Contender {
  name: string;
  start(port: number, log: number): Promise<ChildProcess>;
  /** Wants another version from now on. */
  change?(version: string): void;
}

/** Changes the version while 16 connections ask: the seconds until the new one answers, and the requests that failed meanwhile. */
async function changed(contender: Contender, port: number, pid: number, script: string) {
  const load = spawn("wrk", ["-t1", "-c16", "-d600s", "-s", script, `http://127.0.0.1:${port}/invocations`]);
  let said = "";
  load.stdout.on("data", (text) => {
    said += text;
  });
  const ended = new Promise((resolve) => load.once("exit", resolve));
  await sleep(1000);
  const started = Date.now();
  contender.change!("2");
  let most = 0;
  const version = async () => (await fetch(`http://127.0.0.1:${port}/ping`)).headers.get("x-model-version");
  while ((await version()) !== "2") {
    most = Math.max(most, memoryMiB(pid));
    await sleep(100);
  }
  const took = (Date.now() - started) / 1000;
  await sleep(3000); // Kept connections have gone over by then.
  load.kill("SIGINT"); // After which it still says what it counted.
  await ended;
  const failures = [...said.matchAll(/Non-2xx or 3xx responses: (\d+)|(?:connect|read|write|timeout) (\d+)/g)];
  const failed = failures.reduce((sum, [, status, socket]) => sum + Number(status ?? socket), 0);
  return { seconds: took, failed, memoryMiB: most };
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
  const kiB = family.map((each) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0; // It has ended meanwhile.
    }
  });
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
    const memory = memoryMiB(server.pid!);
    const change = contender.change ? await changed(contender, port, server.pid!, join(folder, "1.lua")) : undefined;
    return { startSeconds, memoryMiB: memory, cases, change };
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
  const release = (version: string) =>
    writeFileSync(join(folder, "release.json"), JSON.stringify({ stable: { version, uri: model }, canary: null }));
  return [
    {
      name: "mlflow models serve",
      start: async (port, log) => {
        const args = ["models", "serve", "-m", model, "-p", `${port}`, "-w", `${workers}`, "--env-manager", "local"];
        return run("mlflow", args, {}, log);
      },
    },
    {
      name: "bare FastAPI",
      start: async (port, log) => {
        writeFileSync(join(folder, "bare.py"), bareApp);
        const args = ["-m", "uvicorn", "bare:app", "--port", `${port}`, "--workers", `${workers}`, "--no-access-log"];
        return run("python", args, { MODEL: model, PYTHONPATH: folder }, log);
      },
    },
    {
      name: "model-server",
      change: release,
      start: async (port, log) => {
        release("1");
        const settings = {
          PYTHONPATH: ["model-server/src", "mlplatform/src"]
            .map((name) => join(projectDir, "workloads", name))
            .join(":"),
          MODEL_SERVER_HOST: "127.0.0.1",
          MODEL_SERVER_PORT: `${port}`,
          MODEL_SERVER_METRICS_PORT: `${await freePort()}`,
          MODEL_SERVER_SCRATCH: join(folder, "scratch"),
          MODEL_SERVER_RELEASE_FILE: join(folder, "release.json"),
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
  const [usual, bare, own] = ["mlflow models serve", "bare FastAPI", "model-server"].map((name) => all.get(name)!);
  const lines = [`medians of ${rounds} rounds of ${seconds} s, ${workers} workers each`];
  const line = (what: string, of: (measured: Measured) => number, unit: string) => {
    const [a, b, c] = [usual!, bare!, own!].map((each) => median(each.map(of)));
    const columns = `mlflow ${a!.toFixed(2).padStart(9)} ${unit}   FastAPI ${b!.toFixed(2).padStart(9)} ${unit}`;
    lines.push(
      `${what.padEnd(44)} ${columns}   model-server ${c!.toFixed(2).padStart(9)} ${unit}   to mlflow ${(c! / a!).toFixed(3)}`,
    );
  };
  for (const key of Object.keys(own![0]!.cases)) {
    const [connections, rows] = key.split("×");
    const title = `${rows} row(s) a request, ${connections} connection(s):`;
    line(`${title} requests`, ({ cases }) => cases[key]!.perSecond, "/s");
    line(`${title} p50`, ({ cases }) => cases[key]!.p50, "ms");
    line(`${title} p99`, ({ cases }) => cases[key]!.p99, "ms");
    line(`${title} failed`, ({ cases }) => cases[key]!.failed, "  ");
  }
  line("memory after the load", ({ memoryMiB }) => memoryMiB, "MiB");
  line("time to the first ready answer", ({ startSeconds }) => startSeconds, "s ");
  const changes = own!.map(({ change }) => change!);
  const [took, most] = [median(changes.map((each) => each.seconds)), median(changes.map((each) => each.memoryMiB))];
  const failed = changes.reduce((sum, each) => sum + each.failed, 0);
  lines.push(
    `change of version under load: ${took.toFixed(1)} s, at most ${most.toFixed(0)} MiB, ${failed} failed in all`,
  );
  return lines;
}

async function main(): Promise<void> {
  const python = await pythonEnvironment("model-server", 900);
  const folder = mkdtempSync(join(tmpdir(), "bench-serving-"));
  try {
    await python.run("python", ["-c", makeModel, folder], { env: { HOME: homedir() }, timeoutSeconds: 300 });
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
