import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ChartName, charts } from "../charts/lock";
import { pullChart } from "../charts/pull";
import { cachedChartFile, chartCacheDirectory } from "../charts/source";
import { Interrupted } from "./goBuild";
import { findHelm, type Helm } from "./helm";
import type { Progress } from "./progress";

const patienceSeconds = 30;
/** Publishers that could not be reached are not asked again by a run for so long: a machine without a route would wait each time. */
const quietHours = 24;
const unreached = () => join(chartCacheDirectory(), "unreached");

/** Charts of publishers that are not on this machine. */
export function missingCharts(): ChartName[] {
  return (Object.keys(charts) as ChartName[]).filter((name) => !existsSync(cachedChartFile(name)));
}

/**
 * Gets what charts are rendered with: Helm, as the engine is got, and the charts of their publishers where those can be reached. A run
 * goes on without either: a chart that cannot be rendered is then one resource.
 * @returns one line that says what is missing and the command that brings it; nothing where nothing is.
 */
export async function getChartTools(progress: Progress, find: typeof findHelm = findHelm): Promise<string | undefined> {
  let helm: Helm;
  try {
    helm = await find(progress);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return `No chart shows its objects, since there is no Helm: ${(error as Error).message.replaceAll("\n", " ")}`;
  }
  const quiet = existsSync(unreached()) && Date.now() - statSync(unreached()).mtimeMs < quietHours * 3_600_000;
  let reason = "";
  for (const name of quiet ? [] : missingCharts()) {
    progress.update(`Chart ${name}: from its publisher, once`);
    try {
      await pullChart(name, { path: helm.path, timeoutSeconds: patienceSeconds });
    } catch (error) {
      reason = `: ${(error as Error).message.split("\n").at(-1)}`;
      mkdirSync(chartCacheDirectory(), { recursive: true });
      writeFileSync(unreached(), "");
      break;
    }
  }
  const missing = missingCharts();
  if (missing.length === 0) {
    rmSync(unreached(), { force: true });
    return undefined;
  }
  return `Shown as one resource each, since they are not here: ${missing.join(", ")}. \`npm run charts:pull\` brings them${reason}`;
}
