import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { check, mochaFolder, mochaTests, type Run } from "./processes";

const projectDir = join(__dirname, "../..");

/** Quick: the program and everything in TypeScript. Real: what starts servers and has Python environments. */
export const tiers = { quick: "test", real: "test-real" } as const;
export type Tier = keyof typeof tiers;

/** A process of tests; its suite is the folder, by which it is asked for. */
export interface Suite {
  tier: Tier;
  suite: string;
  name: string;
  run: Run;
}

/** Files of minutes, longest first: started last, one of them would run alone at the end. */
const longest = [
  "workloads/trainingLoops",
  "workloads/dags",
  "workloads/modelServer",
  "workloads/loop",
  "workloads/examples",
  "program/pairwise",
  "program/stackFiles",
  "simulator/cli",
  "oncall/modelAlerts",
];
/** Suites of minutes, after those. */
const slow = ["workloads", "program", "demo", "apps", "training", "simulator", "upgrade", "settings", "oncall"];
/** Suites that have a process for each file, since together they would fill one lane for most of a run. */
const byFile = new Set(slow);

/** Suites of the real tier that run only by their name, with the reason and the command. */
const byNameAlone = new Map([["olderDatabases", "installs older versions, for minutes: make drill-upgrade"]]);

function placeIn(names: readonly string[], name: string): number {
  const at = names.indexOf(name);
  return at === -1 ? names.length : at;
}

/** The real tier before the quick one; in each, the longest files, then by folder. */
function inOrder(one: Suite, other: Suite): number {
  return (
    Number(other.tier === "real") - Number(one.tier === "real") ||
    placeIn(longest, one.name) - placeIn(longest, other.name) ||
    placeIn(slow, one.suite) - placeIn(slow, other.suite)
  );
}

function testFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => join(dir, file))
    .sort();
}

function suitesOf(tier: Tier): Suite[] {
  const root = join(projectDir, tiers[tier]);
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, files: testFiles(join(root, name)) }))
    .filter(({ files }) => files.length > 0)
    .flatMap(({ name: suite, files }) =>
      byFile.has(suite)
        ? files.map((file) => ({
            tier,
            suite,
            name: relative(root, file).replace(/\.test\.ts$/, ""),
            // Servers of the real tier may outlive their tests, so each of its files ends with its process.
            run: tier === "quick" ? mochaFolder([file], suite) : mochaTests([file]),
          }))
        : [{ tier, suite, name: suite, run: tier === "quick" ? mochaFolder(files, suite) : mochaTests(files) }],
    );
}

const checks: Suite[] = [
  { suite: "types", run: check("every file type-checks", "typescript/bin/tsc", ["--noEmit"]) },
  {
    suite: "lint",
    run: check("formatting and lint rules hold", "@biomejs/biome/bin/biome", ["check", "--colors=off", "."]),
  },
].map((each) => ({ ...each, name: each.suite, tier: "quick" }));

/** Suites of these tiers, in the order in which they start: those that run without a name, or, with names, those alone, or those files of them. */
export function suites(of: readonly Tier[], only: readonly string[]): Suite[] {
  const all = [...(of.includes("quick") ? checks : []), ...of.flatMap(suitesOf).sort(inOrder)];
  return all.filter(({ suite, name }) =>
    only.length === 0 ? !byNameAlone.has(suite) : only.includes(suite) || only.includes(name),
  );
}

/** The names of a tier's suites, with a word at those that run by their name alone. */
export function suiteNames(tier: Tier): string[] {
  const names = new Set([...(tier === "quick" ? checks : []), ...suitesOf(tier)].map(({ suite }) => suite));
  return [...names].map((name) => (byNameAlone.has(name) ? `${name} (by this name alone)` : name));
}

/** What a run without names leaves out of its tiers: each suite with the reason and the command. */
export function leftOut(of: readonly Tier[], only: readonly string[]): string[] {
  return only.length > 0 || !of.includes("real") ? [] : [...byNameAlone].map(([name, why]) => `${name}: ${why}`);
}
