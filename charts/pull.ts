/** `npm run charts:pull`: fetches every chart of the lock table into the cache directory, and refuses what is not what it names. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ChartName, charts, type LockedChart } from "./lock";
import { cachedChartFile, chartCacheDirectory, chartOrigin, digestOf } from "./source";

/** Fetches one chart beside its place, so that a broken download is never taken for the chart. */
function pull(name: ChartName): string {
  const file = cachedChartFile(name);
  const locked: LockedChart = charts[name];
  if (!existsSync(file)) {
    const { chart, version, repositoryOpts } = chartOrigin(name);
    const unfinished = join(chartCacheDirectory(), `unfinished-${name}`);
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    const args = ["pull", chart, "--version", version!, "--destination", unfinished];
    if (repositoryOpts) args.push("--repo", repositoryOpts.repo);
    const { status, stderr, error } = spawnSync("helm", args, { encoding: "utf8" });
    if (error) throw new Error("helm is needed on the PATH: https://helm.sh/docs/intro/install/");
    if (status !== 0) throw new Error(stderr.trim());
    renameSync(join(unfinished, `${name}-${locked.version}.tgz`), file);
    rmSync(unfinished, { recursive: true });
  }
  const found = digestOf(file);
  if (locked.sha256 === undefined) return `no digest is locked; this file's is ${found}`;
  if (locked.sha256 === found) return "as locked";
  rmSync(file);
  throw new Error(`its SHA-256 is ${found}, not the locked ${locked.sha256}; the file was removed`);
}

let failures = 0;
for (const name of Object.keys(charts) as ChartName[]) {
  try {
    console.log(`${name} ${charts[name].version}: ${pull(name)}`);
  } catch (error) {
    failures += 1;
    console.error(`${name} ${charts[name].version}: ${error instanceof Error ? error.message : error}`);
  }
}
process.exitCode = failures > 0 ? 1 : 0;
