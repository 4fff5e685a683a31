import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { type ChartName, charts, type LockedChart } from "./lock";

/** What `helm.v4.Chart` needs to find a chart. */
export interface ChartSource {
  chart: string;
  version?: string;
  repositoryOpts?: { repo: string };
}

/**
 * Directory of packaged charts, for runs without a way to the publishers: `MLPLATFORM_CHART_CACHE`, else `.charts-cache/` of the
 * project. `npm run charts:pull` fills it.
 */
export function chartCacheDirectory(): string {
  return process.env.MLPLATFORM_CHART_CACHE ?? join(__dirname, "..", ".charts-cache");
}

/** File of a chart in the cache directory. */
export function cachedChartFile(name: ChartName): string {
  return join(chartCacheDirectory(), `${name}-${charts[name].version}.tgz`);
}

/** SHA-256 of a packaged chart, hexadecimal. */
export function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** Digests of the files that `npm run charts:pull` fetched, by file name: what they are held to where the lock table has none. */
const pulledRecord = () => join(chartCacheDirectory(), "pulled.json");

function pulledDigests(): Record<string, string> {
  return existsSync(pulledRecord()) ? (JSON.parse(readFileSync(pulledRecord(), "utf8")) as Record<string, string>) : {};
}

/** Remembers what a file of the cache is, just after it came from the mirror or its publisher. */
export function rememberPulled(name: ChartName): void {
  const file = cachedChartFile(name);
  const digests = { ...pulledDigests(), [basename(file)]: digestOf(file) };
  writeFileSync(pulledRecord(), `${JSON.stringify(digests, null, 2)}\n`);
}

/**
 * Where to take a chart from: the cache directory when the file is there, else the mirror, else its publisher.
 * @throws when the cached file is not the one that the lock table names or, where it names none, that was pulled.
 */
export function chartSource(name: ChartName): ChartSource {
  const file = cachedChartFile(name);
  if (!existsSync(file)) return chartOrigin(name);
  const { sha256 }: LockedChart = charts[name];
  const found = digestOf(file);
  const due = sha256 ?? pulledDigests()[basename(file)];
  if (due === undefined) {
    throw new RunError(
      `${file} did not come from npm run charts:pull, and charts/lock.ts has no digest to hold it to. Delete the file and pull the ` +
        `chart; or compare its SHA-256, ${found}, with its publisher's, and write that into charts/lock.ts.`,
    );
  }
  if (found !== due) {
    throw new RunError(
      `${file} is not the chart that ${sha256 === undefined ? "was pulled" : "charts/lock.ts names"}: its SHA-256 is ${found}, not ${due}. ` +
        "Delete the file; the chart is then taken from the mirror or its publisher.",
    );
  }
  return { chart: file };
}

/**
 * The mirror that `MLPLATFORM_CHART_MIRROR` names, a repository (`https://…`) or a registry path (`oci://…`) that holds every chart
 * under its own name and version; without one the publisher.
 */
export function chartOrigin(name: ChartName): ChartSource {
  const { version, source }: LockedChart = charts[name];
  const mirror = process.env.MLPLATFORM_CHART_MIRROR?.replace(/\/+$/, "");
  if (mirror === undefined || mirror === "") {
    return source.startsWith("oci://")
      ? { chart: source, version }
      : { chart: name, version, repositoryOpts: { repo: source } };
  }
  return mirror.startsWith("oci://")
    ? { chart: `${mirror}/${name}`, version }
    : { chart: name, version, repositoryOpts: { repo: mirror } };
}
