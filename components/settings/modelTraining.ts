import { z } from "zod";
import { algorithm } from "./algorithm";
import { columnName } from "./columnName";
import { features } from "./features";
import { cpuQuantity, defaultKind, sagemakerInstanceType, whole } from "./formats";
import { gateCheck } from "./gateChecks";
import { evaluatedMetrics } from "./metrics";
import { schedule } from "./schedules";

const imageName = () =>
  z
    .string()
    .max(255, "at most 255 characters")
    .regex(/^[a-z0-9]+([._/:@-][a-z0-9]+)*$/, "the name of an image in the platform's registry, or a full one");

const prefix = () =>
  z
    .string()
    .regex(
      /^(?!(.*\/)?\.{1,2}(\/|$))[\w.=-]+(\/[\w.=-]+)*\/?$/,
      "a prefix inside the platform's bucket, such as data/churn/",
    );

const prepare = z.discriminatedUnion("with", [
  z
    .strictObject({
      with: z.literal("glue").describe("A Spark job on AWS Glue (aws only)."),
      script: prefix()
        .describe("Script below the bucket's `source/` prefix.")
        .meta({ examples: ["churn/prepare.py"] }),
      workers: whole(2, 100).default(2).describe("Glue workers (G.1X), billed by the second."),
      timeoutMinutes: whole(1, 2880).default(60).describe("Minutes after which the job fails."),
    })
    .meta({ title: "Glue" }),
  z
    .strictObject({
      with: z.literal("container").describe("A container that reads and writes the model's prefixes."),
      image: imageName().optional().describe("Its image. Without it the training image."),
      cpu: cpuQuantity().default("1").describe("CPU of the container."),
      memoryMiB: whole(256, 262144).default(4096).describe("Memory of the container in MiB."),
      timeoutMinutes: whole(1, 2880).default(60).describe("Minutes after which the job fails."),
      drop: z
        .array(columnName())
        .max(100)
        .default([])
        .describe(
          "Columns of the raw tables of which nothing is written, such as names and addresses; `split_by` may name them. The command gets each " +
            "as `--drop=<column>`, and an image of your own has to do so.",
        )
        .meta({ examples: [["email"]] }),
    })
    .meta({ title: "container" }),
]);

const range = z.discriminatedUnion("type", [
  z
    .strictObject({
      type: z.literal("continuous").describe("Any number between two bounds."),
      min: z
        .number()
        .describe("Lower bound.")
        .meta({ examples: [0.01] }),
      max: z
        .number()
        .describe("Upper bound.")
        .meta({ examples: [0.3] }),
      scale: z.enum(["auto", "linear", "logarithmic"]).default("auto").describe("How the bounds are searched."),
    })
    .meta({ title: "continuous range" }),
  z
    .strictObject({
      type: z.literal("integer").describe("Any whole number between two bounds."),
      min: z
        .int()
        .describe("Lower bound.")
        .meta({ examples: [2] }),
      max: z
        .int()
        .describe("Upper bound.")
        .meta({ examples: [10] }),
      scale: z.enum(["auto", "linear", "logarithmic"]).default("auto").describe("How the bounds are searched."),
    })
    .meta({ title: "integer range" }),
  z
    .strictObject({
      type: z.literal("categorical").describe("One of a list."),
      values: z
        .array(z.string().max(256, "at most 256 characters"))
        .min(1)
        .max(30)
        .describe("What may be chosen, as strings.")
        .meta({ examples: [["gini", "entropy"]] }),
    })
    .meta({ title: "categorical range" }),
]);

const tune = z
  .strictObject({
    objective: z
      .string()
      .max(200, "at most 200 characters")
      .regex(/^[\w.-]+(:[\w.@-]+)?$/, "the name of a metric, such as validation:auc")
      .describe("Metric that jobs are compared by, as the training image prints it.")
      .meta({ examples: ["validation:auc"] }),
    direction: z
      .enum(["maximize", "minimize"])
      .optional()
      .describe("Whether more or less of it is better. Without it as the name says: `minimize` for errors and losses."),
    strategy: z.enum(["Bayesian", "Random"]).default("Bayesian").describe("How the next values are chosen."),
    maxJobs: whole(1, 750).default(20).describe("Training jobs in all: the limit of cost."),
    parallel: whole(1, 100).default(4).describe("Jobs at once; fewer learn more from each other."),
    warmStart: z
      .boolean()
      .default(false)
      .describe(
        "Begin with what the model's last searches found, five at most, instead of anew (Step Functions only): good values come sooner, and " +
          "what has not done well on earlier data is hardly looked at. With at most 250 maxJobs.",
      ),
    ranges: z
      .record(z.string().min(1).max(256), range)
      .describe("From hyperparameter to what is searched.")
      .meta({ examples: [{ eta: { type: "continuous", min: 0.01, max: 0.3 } }] }),
  })
  .meta({ title: "tune" });

const gate = z
  .strictObject({
    metric: z
      .string()
      .max(200, "at most 200 characters")
      .regex(/^[\w.-]+(:[\w.@-]+)?$/, "the name of a metric, such as auc")
      .describe(
        "Metric of the evaluation that decides. The platform's image reports, by the model's `problemType`: `roc_auc`, `average_precision`, `log_loss`, " +
          "`brier`, `accuracy`, `f1`; `accuracy`, `balanced_accuracy`, `f1_macro`, `log_loss`, `roc_auc_ovr`; `rmse`, `mae`, `mape`, `r2`.",
      )
      .meta({ examples: ["roc_auc"] }),
    direction: z
      .enum(["maximize", "minimize"])
      .optional()
      .describe(
        "Whether more or less of the metric is better, for metrics that only your image knows. Without it as the name says, or `minimize` where " +
          "`atMost` stands alone.",
      ),
    atLeast: z.number().optional().describe("The metric must reach this."),
    atMost: z.number().optional().describe("The metric must not exceed this, for errors and losses."),
    beatChampion: z
      .boolean()
      .default(true)
      .describe("The new version must be better than the live one on the same data."),
    maxDriftPsi: z
      .number()
      .gt(0)
      .max(10)
      .optional()
      .describe(
        "Largest population stability index of any feature between training data and live traffic; 0.2 is much.",
      ),
    checks: z
      .array(gateCheck)
      .max(20)
      .default([])
      .describe(
        "What is looked at besides: other metrics, fairness between groups, latency and size; each blocks or only warns.",
      )
      .meta({ examples: [[{ kind: "size", maxMiB: 500 }]] }),
  })
  .meta({ title: "gate" });

const dataDrift = z
  .strictObject({
    maxPsi: z
      .number()
      .gt(0)
      .max(10)
      .optional()
      .describe("Largest population stability index of any column, the target among them; 0.2 is much."),
    effect: z
      .enum(["block", "warn"])
      .default("block")
      .describe("Whether a column beyond `maxPsi` ends the run before it trains, or is only written down."),
    minPsi: z
      .number()
      .gt(0)
      .max(10)
      .optional()
      .describe(
        "A run that the clock or new objects began ends before it trains unless a column has moved by so much, and by more than chance allows.",
      ),
  })
  .meta({ title: "dataDrift" });

const onDecay = z
  .strictObject({
    metric: z
      .enum(evaluatedMetrics)
      .optional()
      .describe(
        "Metric that windows are judged by, one of the model's `problemType`. Without it that of `monitor.modelQuality`.",
      ),
    threshold: z
      .number()
      .optional()
      .describe(
        "Value that a window may not be below, or above for errors and losses. Without it `monitor.modelQuality.maxDropPercent` worse than the " +
          "version's evaluation.",
      ),
    windows: whole(1, 100)
      .default(3)
      .describe("Bad windows in a row that start a run; each is `monitor.everyHours` long."),
  })
  .meta({ title: "onDecay" });

const common = {
  image: imageName()
    .describe(
      "Training image with the commands `train`, `validate` and `evaluate`: a name in the platform's registry, or a full one. Of a " +
        "name without a tag each run takes what was pushed last; Airflow needs the tag.",
    )
    .meta({ examples: ["churn-training"] }),
  hyperparameters: z
    .record(z.string().min(1).max(256), z.string().max(2500))
    .default({})
    .describe("Fixed hyperparameters, as strings."),
  algorithm: algorithm
    .optional()
    .describe(
      "A built-in algorithm of SageMaker that trains in the image's place; the image does all else, with the commands `validate --rows` and " +
        "`convert` (aws only).",
    ),
  onNewData: prefix().optional().describe("Prefix in the platform's bucket whose new objects start a run."),
  onDrift: z.boolean().default(false).describe("Start a run when the drift check fires; needs `drift`."),
  onDecay: onDecay
    .optional()
    .describe(
      "Start one run when labelled answers have been too bad for some windows in a row; needs `monitor.modelQuality`.",
    ),
  timeoutMinutes: whole(5, 7200)
    .default(240)
    .describe("Minutes after which the training job, or the whole search, fails."),
  prepare: prepare.optional().describe("Work on the data before training. Without it data is used as it lies."),
  tune: tune.optional().describe("Search for hyperparameters. Without it one job is trained."),
  features: features
    .optional()
    .describe("What is known of each customer, machine or else, kept in the feature store (aws only)."),
  dataDrift: dataDrift
    .optional()
    .describe("Compare new training data with those of the live version before anything is trained.")
    .meta({ examples: [{ maxPsi: 0.2, effect: "warn", minPsi: 0.02 }] }),
  gate: gate.optional().describe("What a new version must reach. Without it every version that trains passes."),
  approve: z
    .enum(["automatic", "manual"])
    .default("manual")
    .describe("Whether a version that passed the gate goes live by itself or waits for a person."),
  approvers: z
    .array(z.string().min(1).max(128))
    .min(1)
    .max(20)
    .optional()
    .describe(
      "Groups of `access.groups` whose members approve and reject versions in MLflow, each an editor or administrator there. Without " +
        "it every group of administrators.",
    )
    .meta({ examples: [["ml-leads"]] }),
};

const onSageMaker = {
  ...common,
  schedule: schedule()
    .optional()
    .describe("When runs start, in UTC, as EventBridge writes it. Without it only triggers and people start runs."),
  instanceType: sagemakerInstanceType()
    .default("ml.m5.xlarge")
    .describe("Instance of training jobs, billed by the second."),
  instances: whole(1, 64).default(1).describe("Instances of each job."),
  volumeGiB: whole(1, 16384).default(30).describe("Scratch volume of each instance in GiB."),
  spot: z
    .boolean()
    .default(true)
    .describe(
      "Train on spare capacity: much cheaper, may wait as long again and go on from a checkpoint; jobs of a search and of `algorithm` start anew.",
    ),
};

/** `models.<name>.training`: the loop that makes new versions. */
export const modelTraining = z.discriminatedUnion("engine", [
  z
    .strictObject({
      engine: defaultKind("stepFunctions").describe("AWS Step Functions with SageMaker jobs (aws only)."),
      ...onSageMaker,
    })
    .meta({ title: "Step Functions" }),
  z
    .strictObject({
      engine: z.literal("sagemakerPipelines").describe("SageMaker Pipelines (aws only)."),
      ...onSageMaker,
    })
    .meta({ title: "SageMaker Pipelines" }),
  z
    .strictObject({
      engine: z.literal("airflow").describe("A DAG of the platform's Airflow, with pods on the training nodes."),
      ...common,
      schedule: schedule()
        .optional()
        .describe("When runs start, in UTC, as EventBridge writes it. Without it only triggers and people start runs."),
      cpu: cpuQuantity().default("2").describe("CPU of the training pod."),
      memoryMiB: whole(256, 2097152).default(8192).describe("Memory of the training pod in MiB."),
      gpus: whole(0, 16)
        .default(0)
        .describe("NVIDIA GPUs of the training pod. Needs a GPU group of the purpose `training`."),
    })
    .meta({ title: "Airflow" }),
]);

export type ModelTrainingSettings = z.output<typeof modelTraining>;
