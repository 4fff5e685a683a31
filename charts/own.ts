import { join } from "node:path";

/** Charts that this repository holds itself; their version is the repository's. */
export type OwnChartName = "mlflow" | "model-server";

/** Where `helm.v4.Chart` finds one of them. */
export function ownChart(name: OwnChartName): { chart: string } {
  return { chart: join(__dirname, name) };
}
