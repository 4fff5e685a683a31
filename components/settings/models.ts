import { z } from "zod";
import { batch } from "./batch";
import { reads } from "./data";
import { dnsLabel, folderPattern, sagemakerInstanceType, serviceLabel, whole } from "./formats";
import { type ModelTrainingSettings, modelTraining } from "./modelTraining";
import { monitor } from "./monitor";
import { problemType } from "./problemType";
import { serve } from "./serving";

const objectives = z
  .strictObject({
    p99Millis: whole(1, 3600000)
      .default(500)
      .describe("99 of 100 requests are answered within this many milliseconds."),
    errorRatePercent: z
      .number()
      .gt(0)
      .lt(100)
      .default(1)
      .describe("Requests in percent that may fail before someone is woken."),
  })
  .meta({ title: "objectives" });

const canary = z
  .strictObject({
    percent: whole(1, 99)
      .default(10)
      .describe(
        "Traffic in percent that a new version gets at first. SageMaker allows at most 50, and has no canary where " +
          "`minInstances` is below 2: there a new version gets all traffic at once and is watched as long.",
      ),
    bakeMinutes: whole(1, 60)
      .default(10)
      .describe(
        "Minutes without an alarm before the new version gets all traffic; an alarm rolls back. At most 20 for a pinned model on SageMaker.",
      ),
  })
  .meta({ title: "canary" });

const drift = z
  .strictObject({
    maxPsi: z
      .number()
      .gt(0)
      .max(10)
      .default(0.2)
      .describe("Population stability index of any feature above which an alert fires."),
    everyHours: whole(1, 168).default(24).describe("Hours between two checks."),
    samplePercent: z
      .number()
      .gt(0)
      .max(100)
      .default(10)
      .describe("Requests in percent whose input is kept for the check."),
    columns: z
      .record(z.string().min(1).max(255), z.enum(["ignore"]))
      .optional()
      .describe(
        "Columns that are not compared, by name: neither by the drift check nor, with `training.gate.maxDriftPsi`, by `evaluate`, which gets them as `--ignore=<column>`. Those whose values cannot come again, such as numbers of rows and dates, are left out anyway.",
      )
      .meta({ examples: [{ customer_id: "ignore" }] }),
    dataQuality: z
      .strictObject({
        baseline: z
          .string()
          .regex(folderPattern, "a prefix inside the platform's bucket, such as baselines/churn/")
          .optional()
          .describe(
            "Prefix in the platform's bucket with Model Monitor's `statistics.json` and `constraints.json`. Without it those that training on AWS has made of " +
              "the version that is live.",
          )
          .meta({ examples: ["baselines/churn/"] }),
        instanceType: sagemakerInstanceType()
          .default("ml.m5.xlarge")
          .describe("Instance of each check, billed while it runs."),
        volumeGiB: whole(1, 512).default(20).describe("Scratch volume of the instance in GiB."),
      })
      .optional()
      .describe(
        "Check captured requests by SageMaker Model Monitor too: every `everyHours` if that is less than 24, else daily. Real-time endpoints only. " +
          "AWS takes no new customers of it since 30 July 2026: an account that has not used it before is refused. The platform's own check of drift needs none of it.",
      ),
  })
  .meta({ title: "drift" });

/** Longest name of a model: 64 characters of a role's name, less `mlplatform-models-` and a dash and seven characters of Pulumi's. */
const longestName = 38;

/** What `from` names, if it follows an alias of the registry. */
const alias = /^models:\/[^@/:\s]+@[\w-]+$/;

const uri = z
  .string()
  .regex(
    /^(models:\/[^@/:\s]+(@(?!([lL]atest|LATEST|[vV]\d+)$)[\w-]+|\/[1-9]\d*)|runs:\/[0-9a-f]{32}\/\S+|s3:\/\/[a-z0-9][a-z0-9.-]+\/\S+)$/,
    "models:/name@alias, models:/name/version, runs:/id/path or s3://bucket/path; versions begin at 1, and latest and v1 are no aliases",
  );

const otherStack = z
  .strictObject({
    stack: dnsLabel(52).describe("Stack that the model is approved in: a name from `promotion.producers`."),
    approved: z.literal(true).describe("Versions that are approved there, and nothing else, go live here."),
    model: serviceLabel(longestName).optional().describe("The model's name there. Without it the same as here."),
  })
  .meta({ title: "another stack" });

const model = z
  .strictObject({
    from: z
      .union(
        [uri, otherStack],
        "models:/name@alias, models:/name/version, runs:/id/path, s3://bucket/path, or { stack: name, approved: true }",
      )
      .describe(
        "Where the model comes from: MLflow's registry by alias or version, a run, an artifact URI; or `{ stack: dev, approved: true }`, another stack's " +
          "approved versions, which are copied to `models:/<name>@champion` here. With `model: name` where it has another name there.",
      )
      .meta({ examples: ["models:/churn@champion"] }),
    problemType,
    release: z
      .enum(["pinned", "continuous"])
      .optional()
      .describe(
        "`pinned`: the version in `from`, moved by `pulumi up`. `continuous`: follows the alias in `from`, so a new champion " +
          "goes live by itself. Without it `continuous` where `from` names an alias, else `pinned`.",
      ),
    owner: dnsLabel(40)
      .optional()
      .describe("Whom alerts go to: a name from `monitoring.receivers`. Without it the default receiver."),
    objectives: objectives.prefault({}).describe("What the model promises; alerts and rollback derive from it."),
    serve: serve
      .prefault({})
      .describe("Where the model answers requests: on Kubernetes, on SageMaker, on both or not at all."),
    canary: canary.prefault({}).describe("How a new version is tried."),
    drift: drift.optional().describe("Compare live input with the training data. Without it nothing is sampled."),
    monitor: monitor
      .optional()
      .describe(
        "Compare live answers with the evaluation of their version, by a job on SageMaker, or elsewhere a DAG of Airflow.",
      ),
    training: modelTraining
      .optional()
      .describe("The loop that makes new versions. Without it versions come from elsewhere."),
    reads: reads(
      "what prepares its data reads beside the stack's own: a container finds them in the variable `SOURCE_<NAME>`, a Glue job in the argument `--source_<name>`.",
    ),
    batch: batch.optional().describe("Score many rows at once, on a schedule or when data lands."),
  })
  .meta({ title: "model" });

/** Whether versions of a model go live by the release path alone: its loop has a gate or an approver. */
export function isGated(training: ModelSettings["training"]): training is ModelTrainingSettings {
  return training !== undefined && (training.gate !== undefined || training.approve === "manual");
}

/** Where a model comes from that another stack approves. */
export interface Promoted {
  /** A name from `promotion.producers`. */
  stack: string;
  /** Its name there. */
  model: string;
}

export interface ModelSettings extends Omit<z.output<typeof model>, "from" | "release"> {
  /** `models:/…`, `runs:/…` or `s3://…`. */
  from: string;
  release: "pinned" | "continuous";
  /** Absent: its versions are made here, or come from nobody's stack. */
  promoted?: Promoted;
}

/** What another stack approves is registered here, under the model's own name. */
function resolved(name: string, block: z.output<typeof model>): ModelSettings {
  const { from, release } = block;
  if (typeof from === "string")
    return { ...block, from, release: release ?? (alias.test(from) ? "continuous" : "pinned") };
  const promoted = { stack: from.stack, model: from.model ?? name };
  return { ...block, from: `models:/${name}@champion`, release: release ?? "continuous", promoted };
}

/** `models`: from name to model. */
export const models = z
  .record(serviceLabel(longestName), model)
  .transform(
    (blocks): ModelsSettings =>
      Object.fromEntries(Object.entries(blocks).map(([name, block]) => [name, resolved(name, block)])),
  );

export type ModelsSettings = Record<string, ModelSettings>;
