import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ChartName, charts, type LockedChart } from "./lock";

/** What `helm.v4.Chart` needs to find a chart. */
export interface ChartSource {
  chart: string;
  version?: string;
  repositoryOpts?: { repo: string };
}

/** Directory of packaged charts, for runs without a way to the publishers. */
export function chartCacheDirectory(): string {
  return process.env.MLPLATFORM_CHART_CACHE ?? join(__dirname, "..", ".charts-cache");
}

/** File of a chart in the cache directory. */
export function cachedChartFile(name: ChartName): string {
  return join(chartCacheDirectory(), `${name}-${charts[name].version}.tgz`);
}

/**
 * Where to take a chart from: the cache directory when the file is there, else its publisher.
 * @throws when the cached file is not the one the lock table names.
 */
export function chartSource(name: ChartName): ChartSource {
  const locked: LockedChart = charts[name];
  const file = cachedChartFile(name);
  if (existsSync(file)) {
    verify(file, locked);
    return { chart: file };
  }
  return locked.source.startsWith("oci://")
    ? { chart: locked.source, version: locked.version }
    : { chart: name, version: locked.version, repositoryOpts: { repo: locked.source } };
}

function verify(file: string, locked: LockedChart): void {
  if (locked.sha256 === undefined) return;
  const found = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (found !== locked.sha256) {
    throw new Error(
      `${file} is not the chart that charts/lock.ts names: its SHA-256 is ${found}, not ${locked.sha256}. ` +
        "Delete the file; the chart is then taken from its publisher.",
    );
  }
}
