import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChartName } from "./lock";
import type { OwnChartName } from "./own";
import { treeOfSchema } from "./schemaKeys";
import type { ValueMap, ValueNode } from "./valueNode";

/** Third-party charts whose values a stack may set. */
export const chartsWithKeys = [
  "airflow",
  "jupyterhub",
  "kube-prometheus-stack",
] as const satisfies readonly ChartName[];

/** Charts whose values a stack may set. */
export type OpenChart = (typeof chartsWithKeys)[number] | OwnChartName;

/** Names of the values of a chart as `npm run charts:keys` wrote them down. */
export interface ChartKeys {
  /** Version of the chart they were read from. */
  version: string;
  keys: ValueMap;
}

/** File that holds the names of a third-party chart's values. */
export function chartKeysFile(name: ChartName): string {
  return join(__dirname, "keys", `${name}.json`);
}

export function chartKeys(name: ChartName): ChartKeys {
  return JSON.parse(readFileSync(chartKeysFile(name), "utf8")) as ChartKeys;
}

/** The values that a chart knows. Those of our own charts are in their schemas. */
export function valueTree(name: OpenChart | OwnChartName): ValueNode {
  if (name !== "mlflow" && name !== "model-server") return chartKeys(name).keys;
  return treeOfSchema(JSON.parse(readFileSync(join(__dirname, name, "values.schema.json"), "utf8")));
}
