import { existsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findEngine } from "../simulator/engine";
import { findHelm } from "../simulator/helm";
import { startProgress } from "../simulator/progress";
import { endAll, Lane } from "./runner/processes";
import type { TestReport } from "./runner/suiteProcess";
import { leftOut, type Suite, suiteNames, suites, type Tier, tiers } from "./runner/suites";
import { findAmtool } from "./support/amtool";

/**
 * Runs suites and prints, as its last line, `N passed, N failed` and `, N skipped` where some were.
 * Without arguments those of the quick tier; with `--real` those that need servers and Python; with both flags, all. Names choose among them;
 * `olderDatabases` of the real tier runs by its name alone (`make drill-upgrade`).
 */

const projectDir = join(__dirname, "..");
const memoryGiBPerLane = 2;
const slowestShown = 20;
const errorCharactersShown = 160;

/** Suites that never start the engine, so that running them alone builds none. */
const withoutEngine = new Set(["types", "lint", "architecture", "settings", "functions"]);
/** Suites that run what the platform's own charts render, which are always here. */
const withHelm = new Set(["workloads", "demo", "apps", "upgrade"]);

interface SuiteResult {
  name: string;
  reports: TestReport[];
}

function indent(text: string): string {
  return text.replace(/^/gm, "      ");
}

const counted = (reports: TestReport[], state: TestReport["state"]) =>
  reports.filter((report) => report.state === state).length;

function counts(reports: TestReport[]): string {
  const skipped = counted(reports, "skipped");
  const said = [`${counted(reports, "passed")} passed`, `${counted(reports, "failed")} failed`];
  return [...said, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(", ");
}

async function runSuite(suite: Suite, on: Lane): Promise<SuiteResult> {
  const started = Date.now();
  const reports: TestReport[] = [];
  await suite.run((report) => {
    reports.push(report);
    if (report.state === "failed") process.stdout.write(`  ✗ ${suite.name}: ${report.title}\n`);
  }, on);
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  const mark = counted(reports, "failed") === 0 ? "✓" : "✗";
  process.stdout.write(`${mark} ${suite.name}: ${counts(reports)}, ${seconds} s\n`);
  return { name: suite.name, reports };
}

/** Gets what tests run, before any test's clock does: the engine, helm where there are charts, what judges Alertmanager's configuration. */
async function prepareTools(names: string[]): Promise<void> {
  const progress = startProgress();
  // Where one is missing, the tests that need it fail or are skipped, and say so; the others still count.
  const failed = (error: Error) => progress.failed(error.message);
  if (names.some((name) => !withoutEngine.has(name))) {
    const engine = await findEngine(progress).catch(failed);
    if (engine) process.stdout.write(`Pulumi engine ${engine.version} (${engine.path})\n`);
  }
  if (existsSync(join(projectDir, ".charts-cache")) || names.some((name) => withHelm.has(name)))
    await findHelm(progress).catch(failed);
  if (names.includes("apps")) await findAmtool(progress).catch(failed);
}

/** One more than there are processors, as far as memory goes: tests wait for servers and the engine half of their time. */
function laneCount(): number {
  const memoryGiB = totalmem() / 1024 ** 3;
  return Math.max(1, Math.min(availableParallelism() + 1, Math.floor(memoryGiB / memoryGiBPerLane)));
}

function tell(results: SuiteResult[]): void {
  const all = results.flatMap(({ name, reports }) => reports.map((report) => ({ ...report, suite: name })));
  process.stdout.write("\nSlowest\n");
  const slowest = all.toSorted((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0)).slice(0, slowestShown);
  for (const { suite, title, seconds = 0 } of slowest)
    process.stdout.write(`  ${seconds.toFixed(1)} s  ${suite}: ${title}\n`);
  const failed = all.filter(({ state }) => state === "failed");
  const skipped = all.filter(({ state }) => state === "skipped");
  if (skipped.length > 0) process.stdout.write("\nSkipped\n");
  for (const { suite, title, detail } of skipped) process.stdout.write(`  ${suite}: ${title}\n      ${detail}\n`);
  // Last, where whoever sees only the end of a log looks; and the names once more, which an error may have pushed out of sight.
  if (failed.length > 0) process.stdout.write("\nFailed\n");
  for (const { suite, title, detail = "" } of failed) process.stdout.write(`  ${suite}: ${title}\n${indent(detail)}\n`);
  if (failed.length > 1) process.stdout.write("\nAll that failed\n");
  for (const { suite, title, detail = "" } of failed.length > 1 ? failed : [])
    process.stdout.write(`  ${suite}: ${title}: ${detail.slice(0, errorCharactersShown).replace(/\n/g, " ")}\n`);
  process.stdout.write(`\n${counts(all)}\n`);
}

function asked(): { of: Tier[]; only: string[] } {
  const { values, positionals } = parseArgs({
    options: { quick: { type: "boolean" }, real: { type: "boolean" } },
    allowPositionals: true,
  });
  const named = (Object.keys(tiers) as Tier[]).filter((tier) => values[tier]);
  return { of: named.length > 0 ? named : ["quick"], only: positionals };
}

async function main(): Promise<number> {
  const { of, only } = asked();
  const waiting = suites(of, only);
  if (waiting.length === 0) {
    const known = (tier: Tier) => suiteNames(tier).join(", ");
    process.stdout.write(`No suite of that name.\nmake test: ${known("quick")}\nmake test-real: ${known("real")}\n`);
    return 1;
  }
  const names = [...new Set(waiting.map(({ suite }) => suite))];
  await prepareTools(names);
  process.stdout.write(`Running ${names.join(", ")}\n`);
  for (const each of leftOut(of, only)) process.stdout.write(`Not run: ${each}\n`);
  const results: SuiteResult[] = [];
  const lane = async () => {
    const on = new Lane();
    for (let suite = waiting.shift(); suite; suite = waiting.shift()) results.push(await runSuite(suite, on));
    await on.end();
  };
  await Promise.all(Array.from({ length: laneCount() }, lane));
  tell(results);
  return results.some(({ reports }) => counted(reports, "failed") > 0) ? 1 : 0;
}

process.on("SIGINT", () => {
  endAll();
  process.exit(130);
});
main().then((code) => process.exit(code));
