import { type ChildProcess, fork, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { basename, join } from "node:path";
import { findEngine } from "../simulator/engine";
import { findHelm } from "../simulator/helm";
import { startProgress } from "../simulator/progress";
import type { TestReport } from "./suiteProcess";
import { findAmtool } from "./support/amtool";

/** Runs every suite and prints, as its last line, `N passed, N failed` and `, N skipped` where some were. */

const projectDir = join(__dirname, "..");
const processTimeoutSeconds = 45 * 60;

/** Suites of minutes, longest first: started last, one of them would run alone at the end. */
const slow = ["workloads", "program", "demo", "apps", "simulator", "oncall"];
/** Suites that have a process for each file, since together they would fill one lane for most of a run. */
const byFile = new Set(slow);
const memoryGiBPerLane = 2;
const slowestShown = 15;

/** Suites that never start the engine, so that running them alone builds none. */
const withoutEngine = new Set(["types", "lint", "settings", "functions"]);

interface SuiteResult {
  name: string;
  seconds: number;
  reports: TestReport[];
}

/** A process of tests; its suite is the folder, by which it is asked for. */
type Suite = { suite: string; name: string; run: (tell: (report: TestReport) => void) => Promise<void> };

const running = new Set<ChildProcess>();

/** Waits for a process, and ends it when it takes too long. Returns its exit code and output. */
function finished(child: ChildProcess): Promise<{ code: number | null; output: string; timedOut: boolean }> {
  running.add(child);
  let output = "";
  let timedOut = false;
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, processTimeoutSeconds * 1000);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output, timedOut });
    });
  });
}

/** A command that passes or fails as a whole, and counts as one test. */
function check(name: string, title: string, script: string, args: string[]): Suite {
  return {
    suite: name,
    name,
    run: async (tell) => {
      const child = spawn(process.execPath, [join(projectDir, "node_modules", script), ...args], { cwd: projectDir });
      const { code, output } = await finished(child);
      tell(code === 0 ? { title, state: "passed" } : { title, state: "failed", detail: output.trim() });
    },
  };
}

function testFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(dir, file))
    .sort();
}

/** Mocha tests, in a process of their own. */
function mochaSuite(suite: string, name: string, files: string[]): Suite {
  return {
    suite,
    name,
    run: async (tell) => {
      let told = 0;
      const child = fork(join(__dirname, "suiteProcess.ts"), files, {
        cwd: projectDir,
        execArgv: ["--import", "tsx"],
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      });
      child.on("message", (report: TestReport | { state: "done" }) => {
        if (report.state === "done") return;
        told += 1;
        tell(report);
      });
      const { code, output, timedOut } = await finished(child);
      if (timedOut)
        tell({ title: "finishes", state: "failed", detail: `not within ${processTimeoutSeconds} s\n${output}` });
      else if (code !== 0) tell({ title: "runs to its end", state: "failed", detail: `exit code ${code}\n${output}` });
      else if (told === 0) tell({ title: "has tests", state: "failed", detail: `none ran\n${output}` });
    },
  };
}

function rank(suite: string): number {
  const at = slow.indexOf(suite);
  return at === -1 ? slow.length : at;
}

function suites(only: string[]): Suite[] {
  const folders = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const all = [
    check("types", "every file type-checks", "typescript/bin/tsc", ["--noEmit"]),
    check("lint", "formatting and lint rules hold", "@biomejs/biome/bin/biome", ["check", "--colors=off", "."]),
    ...folders
      .map(({ name }) => ({ name, files: testFiles(join(__dirname, name)) }))
      .filter(({ files }) => files.length > 0)
      .sort((a, b) => rank(a.name) - rank(b.name))
      .flatMap(({ name, files }) =>
        byFile.has(name)
          ? files.map((file) => mochaSuite(name, `${name}/${basename(file, ".test.ts")}`, [file]))
          : [mochaSuite(name, name, files)],
      ),
  ];
  return only.length === 0 ? all : all.filter(({ suite, name }) => only.includes(suite) || only.includes(name));
}

function indent(text: string): string {
  return text.replace(/^/gm, "      ");
}

async function runSuite(suite: Suite): Promise<SuiteResult> {
  const started = Date.now();
  const reports: TestReport[] = [];
  await suite.run((report) => {
    reports.push(report);
    if (report.state === "failed") process.stdout.write(`  ✗ ${suite.name}: ${report.title}\n`);
  });
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  const count = (state: TestReport["state"]) => reports.filter((report) => report.state === state).length;
  const skipped = count("skipped") > 0 ? `, ${count("skipped")} skipped` : "";
  const mark = count("failed") === 0 ? "✓" : "✗";
  process.stdout.write(
    `${mark} ${suite.name}: ${count("passed")} passed, ${count("failed")} failed${skipped}, ${seconds} s\n`,
  );
  return { name: suite.name, seconds, reports };
}

function namesOf(all: Suite[]): string[] {
  return [...new Set(all.map(({ suite }) => suite))];
}

/** Suites that run what the platform's own charts render, which are always here. */
function needHelm(names: string[]): boolean {
  return names.some((name) => ["workloads", "demo", "apps"].includes(name));
}

/** Gets the engine, and helm where there are charts, before any test's clock runs; building them takes minutes, once. */
async function prepareTools(names: string[]): Promise<void> {
  const progress = startProgress();
  try {
    const engine = await findEngine(progress);
    process.stdout.write(`Pulumi engine ${engine.version} (${engine.path})\n`);
    if (existsSync(join(projectDir, ".charts-cache")) || needHelm(names)) await findHelm(progress);
  } catch (error) {
    progress.failed((error as Error).message); // The tests that need it fail, and say so; the others still count.
  }
}

/** What tests the configuration of Alertmanager; without it those tests are skipped, and say so. */
async function prepareAmtool(): Promise<void> {
  const progress = startProgress();
  await findAmtool(progress).catch((error: Error) => progress.failed(error.message));
}

/** One more than there are processors, as far as memory goes: tests wait for servers and the engine half of their time. */
function laneCount(): number {
  const memoryGiB = totalmem() / 1024 ** 3;
  return Math.max(1, Math.min(availableParallelism() + 1, Math.floor(memoryGiB / memoryGiBPerLane)));
}

async function main(): Promise<number> {
  const waiting = suites(process.argv.slice(2));
  if (waiting.length === 0) {
    process.stdout.write(`No suite of that name; there are: ${namesOf(suites([])).join(", ")}\n`);
    return 1;
  }
  const names = namesOf(waiting);
  if (names.some((name) => !withoutEngine.has(name))) await prepareTools(names);
  if (names.includes("apps")) await prepareAmtool();
  process.stdout.write(`Running ${names.join(", ")}\n`);
  const results: SuiteResult[] = [];
  const lane = async () => {
    for (let suite = waiting.shift(); suite; suite = waiting.shift()) results.push(await runSuite(suite));
  };
  await Promise.all(Array.from({ length: laneCount() }, lane));

  const all = results.flatMap(({ name, reports }) => reports.map((report) => ({ ...report, suite: name })));
  process.stdout.write("\nSlowest\n");
  const slowest = all.toSorted((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0)).slice(0, slowestShown);
  for (const { suite, title, seconds } of slowest)
    process.stdout.write(`  ${seconds?.toFixed(1)} s  ${suite}: ${title}\n`);
  const failed = all.filter(({ state }) => state === "failed");
  const skipped = all.filter(({ state }) => state === "skipped");
  if (skipped.length > 0) process.stdout.write("\nSkipped\n");
  for (const { suite, title, detail } of skipped) process.stdout.write(`  ${suite}: ${title}\n      ${detail}\n`);
  // Last, where whoever sees only the end of a log looks.
  if (failed.length > 0) process.stdout.write("\nFailed\n");
  for (const { suite, title, detail } of failed) {
    process.stdout.write(`  ${suite}: ${title}\n${indent(detail ?? "")}\n`);
  }
  const counts = [`${all.length - failed.length - skipped.length} passed`, `${failed.length} failed`];
  if (skipped.length > 0) counts.push(`${skipped.length} skipped`);
  process.stdout.write(`\n${counts.join(", ")}\n`);
  return failed.length === 0 ? 0 : 1;
}

process.on("SIGINT", () => {
  for (const child of running) child.kill("SIGTERM");
  process.exit(130);
});
main().then((code) => process.exit(code));
