import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { check, mochaTests, type Run } from "./processes";

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

/** Suites of minutes, longest first: started last, one of them would run alone at the end. */
const slow = ["workloads", "program", "demo", "apps", "training", "simulator", "settings", "oncall"];
/** Suites that have a process for each file, since together they would fill one lane for most of a run. */
const byFile = new Set(slow);

function rank({ tier, suite }: Suite): number {
  const at = slow.indexOf(suite);
  return (at === -1 ? slow.length : at) + (tier === "real" ? 0 : slow.length + 1);
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
            run: mochaTests([file]),
          }))
        : [{ tier, suite, name: suite, run: mochaTests(files) }],
    );
}

const checks: Suite[] = [
  { suite: "types", run: check("every file type-checks", "typescript/bin/tsc", ["--noEmit"]) },
  {
    suite: "lint",
    run: check("formatting and lint rules hold", "@biomejs/biome/bin/biome", ["check", "--colors=off", "."]),
  },
].map((each) => ({ ...each, name: each.suite, tier: "quick" }));

/** Suites of these tiers, in the order in which they start. With names, only those suites, or those files of them. */
export function suites(of: readonly Tier[], only: readonly string[]): Suite[] {
  const all = [...(of.includes("quick") ? checks : []), ...of.flatMap(suitesOf).sort((a, b) => rank(a) - rank(b))];
  return only.length === 0 ? all : all.filter(({ suite, name }) => only.includes(suite) || only.includes(name));
}
