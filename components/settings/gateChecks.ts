import { z } from "zod";
import { columnName } from "./columnName";

const effect = z
  .enum(["block", "warn"])
  .default("block")
  .describe("Whether a version that fails it is held back, or the report says so and no more.");

const metricName = () =>
  z
    .string()
    .max(100, "at most 100 characters")
    .regex(/^[\w.-]+(:[\w.@-]+)?$/, "the name of a metric, such as log_loss");

/** `training.gate.checks`: what is looked at beside the metric that decides. */
export const gateCheck = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("metric").describe("Another metric of the evaluation."),
      metric: metricName()
        .describe("Its name in the report.")
        .meta({ examples: ["log_loss"] }),
      direction: z
        .enum(["maximize", "minimize"])
        .optional()
        .describe(
          "Whether more or less of it is better, for metrics that only your image knows. Without it as the name says.",
        ),
      atLeast: z.number().optional().describe("The metric must reach this."),
      atMost: z.number().optional().describe("The metric must not exceed this."),
      beatChampion: z
        .boolean()
        .default(false)
        .describe("It must be better than that of the live version on the same rows."),
      effect,
    })
    .meta({ title: "metric" }),
  z
    .strictObject({
      kind: z.literal("fairness").describe("Whether groups are treated alike."),
      column: columnName()
        .describe("Category whose values are the groups; of those with 30 test rows at least.")
        .meta({ examples: ["contract"] }),
      measure: z
        .enum(["predicted", "rate", "shares", "roc_auc", "accuracy", "mean", "mean_error", "mae"])
        .default("predicted")
        .describe(
          "What is compared: what the model answers (`predicted`), or how good it is: `roc_auc`; of several classes `accuracy`; of numbers `mae` " +
            "and `mean_error`. `rate`, `shares` and `mean` are of the truth.",
        ),
      maxDifference: z
        .number()
        .min(0)
        .optional()
        .describe("Most between the highest and the lowest group, in the unit of the measure."),
      minRatio: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe("Least ratio of the lowest to the highest group; 0.8 is the rule of four fifths."),
      effect,
    })
    .meta({ title: "fairness" }),
  z
    .strictObject({
      kind: z
        .literal("latency")
        .describe("How long the loaded model takes for one row, on the machine of the evaluation."),
      maxP99Millis: z
        .number()
        .gt(0)
        .describe("Milliseconds within which 99 of 100 answers are.")
        .meta({ examples: [50] }),
      effect,
    })
    .meta({ title: "latency" }),
  z
    .strictObject({
      kind: z.literal("size").describe("How large the model's files are, unpacked."),
      maxMiB: z
        .number()
        .gt(0)
        .describe("Most MiB of all files.")
        .meta({ examples: [500] }),
      effect,
    })
    .meta({ title: "size" }),
]);

export type GateCheck = z.output<typeof gateCheck>;

/** A check as `evaluate` and the gate are told of it: `kind=metric,metric=log_loss,atMost=0.5`. */
export const checkText = (check: GateCheck): string =>
  Object.entries(check)
    .filter(([key, value]) => value !== undefined && !(key === "effect" && value === "block") && value !== false)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
