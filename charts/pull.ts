import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ChartName, charts, type LockedChart } from "./lock";
import { cachedChartFile, chartCacheDirectory, chartOrigin, chartSource, digestOf, rememberPulled } from "./source";

/** The helm to fetch with. */
export interface HelmCommand {
  /** File, or a command on the PATH. */
  path: string;
  /** After which a chart is given up. Absent: never. */
  timeoutSeconds?: number;
}

/**
 * Fetches one chart of the lock table into the cache directory, unless it is there already.
 * @returns how the file compares with the lock table, as text for people.
 * @throws Error when it cannot be had, and when it is not what the lock table names; the file is then removed.
 */
export async function pullChart(name: ChartName, helm: HelmCommand = { path: "helm" }): Promise<string> {
  const file = cachedChartFile(name);
  const locked: LockedChart = charts[name];
  if (!existsSync(file)) {
    holdToManifest(locked, await fetchChart(name, file, helm), file);
    rememberPulled(name);
  }
  const found = digestOf(file);
  if (locked.sha256 === undefined) {
    chartSource(name);
    return locked.manifestSha256 === undefined ? `no digest is locked; this file's is ${found}` : "as locked";
  }
  if (locked.sha256 === found) return "as locked";
  rmSync(file);
  throw new Error(`its SHA-256 is ${found}, not the locked ${locked.sha256}; the file was removed`);
}

/** @throws Error where the registry served another manifest than the locked one; the file is then removed. */
function holdToManifest({ manifestSha256 }: LockedChart, served: string | undefined, file: string): void {
  if (manifestSha256 === undefined || served === manifestSha256) return;
  rmSync(file);
  const found = served === undefined ? "it came from no registry that names one" : `the registry served ${served}`;
  throw new Error(
    `the SHA-256 of its manifest is locked as ${manifestSha256}, and ${found}; the file was removed. Let a mirror be a registry, and ` +
      "copy the chart into it as it is, such as with oras cp or crane copy.",
  );
}

/**
 * Fetches a chart beside its place, so that a broken download is never taken for the chart.
 * @returns the SHA-256 of its manifest, which Helm says of what comes from a registry.
 */
async function fetchChart(name: ChartName, file: string, helm: HelmCommand): Promise<string | undefined> {
  const { chart, version, repositoryOpts } = chartOrigin(name);
  const unfinished = join(chartCacheDirectory(), `unfinished-${name}`);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    const args = ["pull", chart, "--version", version!, "--destination", unfinished];
    if (repositoryOpts) args.push("--repo", repositoryOpts.repo);
    const { stdout, stderr } = await promisify(execFile)(helm.path, args, {
      timeout: (helm.timeoutSeconds ?? 0) * 1000,
    });
    renameSync(join(unfinished, `${name}-${charts[name].version}.tgz`), file);
    return /^Digest: sha256:([0-9a-f]{64})$/m.exec(`${stdout}\n${stderr}`)?.[1];
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === "ENOENT" && stderr === "")
      throw new Error("helm is needed on the PATH: https://helm.sh/docs/intro/install/");
    throw new Error(stderr?.trim() || String(error));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
