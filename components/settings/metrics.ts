import table from "../../workloads/mlplatform/src/mlplatform/metrics.json";
import type { ProblemType } from "../contracts/problemType";
import { xgboostMetrics } from "./xgboostParameters";

export type Direction = "maximize" | "minimize";

/** Metrics that the command `evaluate` of the platform's training image reports; the Python code reads the same file. */
const evaluated = table as Record<string, { direction: Direction; problemTypes: ProblemType[] }>;

export const evaluatedMetrics = Object.keys(evaluated) as [string, ...string[]];

/** Best values of metrics that have one: no version is better. */
const best: Readonly<Record<string, number>> = {
  ...{ roc_auc: 1, average_precision: 1, accuracy: 1, f1: 1, balanced_accuracy: 1, f1_macro: 1, roc_auc_ovr: 1, r2: 1 },
  ...{ auc: 1, aucpr: 1, ndcg: 1, map: 1 },
  ...{ log_loss: 0, brier: 0, rmse: 0, mae: 0, mape: 0, logloss: 0, mlogloss: 0, error: 0, merror: 0, rmsle: 0 },
};

/** The value that a metric cannot better; none for one that is not known here. */
export const bestOf = (metric: string): number | undefined =>
  Object.hasOwn(best, bareName(metric)) ? best[bareName(metric)] : undefined;

/** Metrics of which less is better, by the names that scikit-learn, XGBoost and SageMaker's own algorithms give them. */
const lossName = /(^|[^a-z])(rmse|rmsle|mae|mape|mse|m?log_?loss|loss|error|merror|brier|deviance|nloglik)([^a-z]|$)/i;

/** Without what stands around it: `validation:error@0.3` is `error`. */
const bareName = (metric: string) => metric.replace(/^(train|validation|test):/, "").split("@")[0]!;

/** Types of problems that have a metric; none for one that is not known here, which an image of one's own may print. */
export const problemTypesOf = (metric: string): ProblemType[] | undefined =>
  Object.hasOwn(evaluated, bareName(metric)) ? evaluated[bareName(metric)]!.problemTypes : undefined;

export const metricsOf = (problemType: ProblemType): string[] =>
  evaluatedMetrics.filter((metric) => evaluated[metric]!.problemTypes.includes(problemType));

/** Whether more or less of a metric is better; none for one that is not known here. */
export function knownDirection(metric: string): Direction | undefined {
  const name = bareName(metric);
  const known: Record<string, { direction: Direction }> = { ...xgboostMetrics, ...evaluated };
  return Object.hasOwn(known, name) ? known[name]!.direction : undefined;
}

/** The same, with a guess by the name. */
const likelyDirection = (metric: string) => knownDirection(metric) ?? (lossName.test(metric) ? "minimize" : undefined);

/** Whether more or less of a gate's metric is better. */
export function gateDirection(gate: {
  metric: string;
  direction?: Direction | undefined;
  atLeast?: number | undefined;
  atMost?: number | undefined;
}): Direction {
  const bounded = gate.atMost !== undefined && gate.atLeast === undefined ? "minimize" : "maximize";
  return gate.direction ?? likelyDirection(gate.metric) ?? bounded;
}

/** Whether a search looks for the most or the least of its objective. */
export const searchDirection = (tune: { objective: string; direction?: Direction | undefined }): Direction =>
  tune.direction ?? likelyDirection(tune.objective) ?? "maximize";
