import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, Suite } from "mocha";
import { Test } from "mocha";
import { findPython, type PythonEnvironment, pythonEnvironment } from "./pythonEnvironment";
import { skip } from "./skip";

export interface PytestSuite {
  /** Requirements file that the environment is made of: `workloads/requirements/<environment>.txt`. It names pytest and pytest-reportlog. */
  environment: string;
  /** Folder with the pyproject.toml that configures pytest. */
  folder: string;
  /** What the tests see beside PATH and HOME. */
  env?: Record<string, string>;
  /** Variables that name the interpreters of other environments, for programs that the tests start: `{ SERVER_PYTHON: "model-server" }`. */
  interpreters?: Record<string, string>;
  /** How long the first run may take to install each environment. */
  installSeconds: number;
  /** How long all tests together may take. */
  runSeconds: number;
}

interface Report {
  $report_type: string;
  nodeid: string;
  when: "setup" | "call" | "teardown";
  outcome: "passed" | "failed" | "skipped";
  longrepr: unknown;
}

interface Outcome {
  failure?: string;
  skipped?: string;
}

/** Runs a pytest suite once, and reports each of its tests as a mocha test of the same name. */
export function pytestSuite(title: string, suite: PytestSuite): Suite {
  return describe(title, function () {
    this.timeout((suite.installSeconds + suite.runSeconds) * 1000);
    let end: Error | undefined;
    let count = 0;

    before(async function () {
      if (findPython() === undefined) skip(this, "no Python 3.11, 3.12 or 3.13 with venv here; install one");
      const installed = (name: string) =>
        pythonEnvironment(name, suite.installSeconds).catch((error: Error) => {
          const reason = error.message.split("\n", 3).join(" ");
          skip(this, `pip could not install workloads/requirements/${name}.txt: ${reason}; give pip a package index`);
        });
      const python = await installed(suite.environment);
      const env = { ...suite.env };
      for (const [variable, name] of Object.entries(suite.interpreters ?? {})) {
        env[variable] = (await installed(name)).python;
      }
      const { reports, failure } = await run(python, { ...suite, env });
      end = failure;
      const outcomes = outcomesOf(reports);
      count = outcomes.size;
      const parent = this.test!.parent!;
      for (const [nodeid, outcome] of outcomes) {
        const test = new Test(nodeid, function (this: Context) {
          if (outcome.skipped !== undefined) skip(this, outcome.skipped);
          if (outcome.failure !== undefined) throw new Error(outcome.failure);
        });
        parent.addTest(test);
      }
    });

    // Mocha passes over a suite without a test, and what ends pytest early belongs to no test.
    it("pytest runs to its end and finds tests", () => {
      if (end) throw end;
      if (count === 0) throw new Error(`pytest found no test in ${suite.folder}`);
    });
  });
}

async function run(python: PythonEnvironment, suite: PytestSuite): Promise<{ reports: Report[]; failure?: Error }> {
  const scratch = mkdtempSync(join(tmpdir(), "pytest-"));
  const log = join(scratch, "report.jsonl");
  let failure: Error | undefined;
  try {
    const args = ["-m", "pytest", "--quiet", `--rootdir=${suite.folder}`, `--report-log=${log}`];
    args.push("-p", "no:cacheprovider", `--config-file=${join(suite.folder, "pyproject.toml")}`, suite.folder);
    const env = { HOME: homedir(), PYTHONDONTWRITEBYTECODE: "1", TMPDIR: scratch, ...suite.env };
    await python.run("python", args, { env, timeoutSeconds: suite.runSeconds }).catch((error) => {
      // Exit code 1 means that tests failed, and those say so themselves.
      if (error.code !== 1) failure = new Error(`${error.message}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
    });
    const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
    const whole = lines.filter((line) => line.startsWith("{") && line.endsWith("}"));
    return { reports: whole.map((line) => JSON.parse(line) as Report), failure };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** One outcome per test, from the reports of its phases; a file that cannot be collected counts as a failed test. */
function outcomesOf(reports: Report[]): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const { $report_type, nodeid, when, outcome, longrepr } of reports) {
    const collection = $report_type === "CollectReport" && outcome !== "passed";
    if ($report_type !== "TestReport" && !collection) continue;
    const kept = outcomes.get(nodeid) ?? {};
    outcomes.set(nodeid, kept);
    if (outcome === "failed") kept.failure = `${kept.failure ?? ""}${when ?? "collection"}: ${textOf(longrepr)}\n`;
    if (outcome === "skipped") kept.skipped = textOf(longrepr);
  }
  return outcomes;
}

interface Traceback {
  reprcrash?: { message: string; path: string; lineno: number };
  reprtraceback?: { reprentries: { data: { lines?: string[] } }[] };
}

function textOf(longrepr: unknown): string {
  if (typeof longrepr === "string") return longrepr;
  if (Array.isArray(longrepr)) return String(longrepr.at(-1)).replace(/^Skipped: /, ""); // [file, line, reason]
  const { reprcrash, reprtraceback } = (longrepr ?? {}) as Traceback;
  if (!reprcrash) return JSON.stringify(longrepr);
  const lines = reprtraceback?.reprentries.at(-1)?.data.lines ?? [];
  return [`${reprcrash.path}:${reprcrash.lineno}`, ...lines, reprcrash.message].join("\n");
}
