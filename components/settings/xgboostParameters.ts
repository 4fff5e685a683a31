/**
 * What SageMaker's own XGBoost may be told, in the version 3.0-5; it refuses all else, and this program what needs other rows than it gets
 * (weights, folds, groups, constraints by number of a column).
 * @see https://github.com/aws/sagemaker-xgboost-container, algorithm_mode/hyperparameter_validation.py
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html
 */

import type { ProblemType } from "../contracts/problemType";

/** A number between bounds; `above` and `below` are bounds that it may not reach itself. */
export interface NumberParameter {
  type: "integer" | "continuous";
  min?: number;
  above?: number;
  max?: number;
  below?: number;
  /** How a search may vary it. https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html */
  tunedAs?: "integer" | "continuous";
}

export type XgboostParameter = NumberParameter | { type: "choice"; values: string[] } | { type: "metrics" };

const integer = (min: number, max?: number): NumberParameter => ({
  type: "integer",
  min,
  ...(max === undefined ? {} : { max }),
});
const continuous = (bounds: Omit<NumberParameter, "type">): NumberParameter => ({ type: "continuous", ...bounds });
const tuned = (parameter: NumberParameter, tunedAs = parameter.type): NumberParameter => ({ ...parameter, tunedAs });
const choice = (...values: string[]): XgboostParameter => ({ type: "choice", values });
const share = continuous({ above: 0, max: 1 });
const positive = continuous({ min: 0 });

/** Objectives by the type of problem whose answers their trees give; `reg:logistic` gives shares, which may be either. */
const objectives: Record<ProblemType, string[]> = {
  binaryClassification: ["binary:logistic", "binary:logitraw", "binary:hinge", "reg:logistic"],
  multiclassClassification: ["multi:softprob", "multi:softmax"],
  regression: [
    ...["reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:squaredlogerror", "reg:gamma"],
    ...["reg:tweedie", "count:poisson", "reg:logistic"],
  ],
};

export const objectivesOf = (problemType: ProblemType): string[] => objectives[problemType];

/** Those that the platform's own image converts: their answers are probabilities of classes, or numbers on the scale of the target. */
export const ownObjectives: Record<ProblemType, string[]> = {
  binaryClassification: ["binary:logistic"],
  multiclassClassification: ["multi:softprob"],
  regression: objectives.regression.filter((each) => each !== "reg:logistic"),
};

/** What to look at for stopping early, as an example. */
export const printedMetric: Record<ProblemType, string> = {
  binaryClassification: "auc",
  multiclassClassification: "mlogloss",
  regression: "rmse",
};

export const xgboostParameters: Record<string, XgboostParameter> = {
  num_round: tuned(integer(1)),
  objective: choice(...new Set(Object.values(objectives).flat())),
  eval_metric: { type: "metrics" },
  early_stopping_rounds: integer(1),
  eta: tuned(continuous({ min: 0, max: 1 })),
  gamma: tuned(positive),
  max_depth: tuned(integer(0)),
  min_child_weight: tuned(positive),
  max_delta_step: tuned(positive, "integer"),
  subsample: tuned(share),
  colsample_bytree: tuned(share),
  colsample_bylevel: tuned(share),
  colsample_bynode: tuned(share),
  lambda: tuned(positive),
  alpha: tuned(positive),
  booster: choice("gbtree", "gblinear", "dart"),
  tree_method: choice("auto", "exact", "approx", "hist", "gpu_hist"),
  grow_policy: choice("depthwise", "lossguide"),
  max_leaves: integer(0),
  max_bin: integer(0),
  scale_pos_weight: continuous({ above: 0 }),
  base_score: positive,
  num_class: integer(2),
  num_parallel_tree: integer(1),
  sample_type: choice("uniform", "weighted"),
  normalize_type: choice("tree", "forest"),
  rate_drop: continuous({ min: 0, max: 1 }),
  one_drop: integer(0, 1),
  skip_drop: continuous({ min: 0, max: 1 }),
  tweedie_variance_power: continuous({ above: 1, below: 2 }),
  seed: integer(-(2 ** 31) + 1, 2 ** 31 - 2),
  nthread: integer(1),
  verbosity: integer(0, 3),
};

/** Second names, which the image takes and searches do not. */
export const xgboostAliases: Record<string, string> = {
  learning_rate: "eta",
  min_split_loss: "gamma",
  reg_lambda: "lambda",
  reg_alpha: "alpha",
};

/**
 * Metrics that a search may go by, each with its direction and the objectives that have it.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost-tuning.html
 */
export const xgboostMetrics: Record<string, { direction: "maximize" | "minimize"; of?: string[] }> = {
  accuracy: { direction: "maximize", of: ["binary:", "multi:"] },
  auc: { direction: "maximize", of: ["binary:"] },
  error: { direction: "minimize", of: ["binary:"] },
  f1: { direction: "maximize", of: ["binary:", "multi:"] },
  logloss: { direction: "minimize", of: ["binary:", "reg:logistic"] },
  mae: { direction: "minimize" },
  map: { direction: "maximize" },
  merror: { direction: "minimize", of: ["multi:"] },
  mlogloss: { direction: "minimize", of: ["multi:"] },
  mse: { direction: "minimize" },
  ndcg: { direction: "maximize" },
  rmse: { direction: "minimize" },
};

/** Metrics that `eval_metric` takes beside those. */
export const printedBeside = [
  ...["aucpr", "balanced_accuracy", "f1_binary", "f1_macro", "gamma-deviance", "gamma-nloglik", "mape", "mphe"],
  ...["poisson-nloglik", "precision", "precision_macro", "precision_micro", "r2", "recall", "recall_macro"],
  ...["recall_micro", "rmsle", "tweedie-nloglik"],
];

/** Whether the container takes a text for a hyperparameter. */
export function takes(parameter: XgboostParameter, value: string): boolean {
  if (parameter.type === "choice") return parameter.values.includes(value);
  if (parameter.type === "metrics") return value.split(",").every((each) => printed(each.trim()));
  const whole = /^[+-]?\d+$/.test(value);
  const number = value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(number) && (parameter.type === "continuous" || whole) && within(parameter, number);
}

function printed(metric: string): boolean {
  const [name = "", threshold] = metric.split("@");
  if (threshold !== undefined) return ["error", "ndcg", "map"].includes(name) && Number.isFinite(Number(threshold));
  return Object.hasOwn(xgboostMetrics, name) || printedBeside.includes(name);
}

export const within = (
  { min = -Infinity, above = -Infinity, max = Infinity, below = Infinity }: NumberParameter,
  number: number,
) => number >= min && number > above && number <= max && number < below;

/** What it may be, in words. */
export function described(parameter: XgboostParameter): string {
  if (parameter.type === "choice") return parameter.values.join(", ");
  if (parameter.type === "metrics") {
    return `names of metrics with commas between them: ${[...Object.keys(xgboostMetrics), ...printedBeside].join(", ")}, error@t, ndcg@n, map@n`;
  }
  const bounds = [
    ...(parameter.min === undefined ? [] : [`at least ${parameter.min}`]),
    ...(parameter.above === undefined ? [] : [`more than ${parameter.above}`]),
    ...(parameter.max === undefined ? [] : [`at most ${parameter.max}`]),
    ...(parameter.below === undefined ? [] : [`less than ${parameter.below}`]),
  ];
  return `${parameter.type === "integer" ? "a whole number" : "a number"}, ${bounds.join(" and ")}`;
}
