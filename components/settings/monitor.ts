import { z } from "zod";
import { folderPattern, sagemakerInstanceType, whole } from "./formats";
import { evaluatedMetrics } from "./metrics";

/** `models.<name>.monitor`: live requests and answers compared with what was known of their version when it was judged. */
export const monitor = z
  .strictObject({
    everyHours: whole(1, 168)
      .default(24)
      .describe(
        "Hours between two looks; each takes the answers of as many hours. Elsewhere than on AWS 1, 2, 3, 4, 6, 8, 12, 24 or 168.",
      ),
    labelDelayHours: whole(0, 8760)
      .default(24)
      .describe("Hours until the truth about an answer is known: younger answers are not looked at."),
    labels: z
      .string()
      .max(200)
      .regex(folderPattern, "a prefix inside the platform's bucket, such as labels/churn/")
      .optional()
      .describe(
        "Prefix in the platform's bucket with labels as CSV or JSON lines: `request_id`, `label` (1 or 0, the name of a class, or a number, by the " +
          "model's `problemType`), and `row` from 0 where requests have several. Without it `labels/<model>/`.",
      ),
    dataQuality: z
      .strictObject({
        maxMissingIncreasePercent: z
          .number()
          .min(0)
          .max(100)
          .default(10)
          .describe("Percentage points by which more values of a column may be missing than in training."),
        maxUnexpectedPercent: z
          .number()
          .min(0)
          .max(100)
          .default(1)
          .describe(
            "Percent of the values of a column that may be of another type, a category that training did not know, or below zero where none was.",
          ),
      })
      .optional()
      .describe("Compare requests with the rows that the version was trained on; needs no labels."),
    modelQuality: z
      .strictObject({
        metric: z
          .enum(evaluatedMetrics)
          .optional()
          .describe(
            "Metric that is judged, one of the model's `problemType`; the report has all of them. Without it `roc_auc`, `f1_macro` or `rmse`.",
          ),
        maxDropPercent: z
          .number()
          .gt(0)
          .max(100)
          .default(10)
          .describe("Percent by which the metric may be worse than in the evaluation."),
      })
      .optional()
      .describe("Judge labelled answers."),
    bias: z
      .strictObject({
        columns: z
          .array(z.string().min(1).max(200))
          .min(1)
          .max(20)
          .describe("Columns whose groups are compared.")
          .meta({ examples: [["department"]] }),
        maxIncreasePercent: z
          .number()
          .gt(0)
          .max(100)
          .default(10)
          .describe(
            "Percentage points by which the mean answers of groups may be further apart than in the evaluation; of a regression percent of the " +
              "standard deviation that its target had there.",
          ),
      })
      .optional()
      .describe("Compare the answers that groups get; needs no labels."),
    explainability: z
      .strictObject({
        minNdcg: z
          .number()
          .gt(0)
          .max(1)
          .default(0.9)
          .describe(
            "Least agreement of the order in which features matter with that of the evaluation; 1 is the same order.",
          ),
      })
      .optional()
      .describe("Compare what features add to answers, of a model whose answers say so as `contribution_<feature>`."),
    instanceType: sagemakerInstanceType()
      .default("ml.m5.large")
      .describe(
        "Instance of each look, billed while it runs (aws only; elsewhere a pod as large as that of the training).",
      ),
    volumeGiB: whole(1, 512).default(20).describe("Scratch volume of the instance in GiB (aws only)."),
  })
  .meta({ title: "monitor" });

export type MonitorSettings = z.output<typeof monitor>;
