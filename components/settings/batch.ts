import { z } from "zod";
import { cpuQuantity, defaultKind, folderPattern, sagemakerInstanceType, whole } from "./formats";
import { schedule } from "./schedules";

const prefix = () => z.string().regex(folderPattern, "a prefix inside the platform's bucket, such as incoming/churn/");

const when = () => ({
  schedule: schedule()
    .optional()
    .describe("When everything below `input` is scored, in UTC, as EventBridge writes it. Again each time."),
  input: prefix()
    .optional()
    .describe("Prefix in the platform's bucket that the schedule scores. Without it `incoming/<model>/`."),
  onNewData: prefix()
    .optional()
    .describe("Prefix in the platform's bucket whose new objects are scored, each once, within about five minutes."),
  timeoutMinutes: whole(1, 7200).default(120).describe("Minutes after which a scoring run fails."),
});

/** `models.<name>.batch`: many rows at once. Results land in `predictions/<model>/` of the platform's bucket. */
export const batch = z.discriminatedUnion("with", [
  z
    .strictObject({
      with: defaultKind("kubernetes").describe(
        "A job on the training nodes; reads CSV, JSON lines and Parquet, writes Parquet.",
      ),
      ...when(),
      cpu: cpuQuantity().default("1").describe("CPU of the job."),
      memoryMiB: whole(512, 524288)
        .default(2048)
        .describe("Memory of the job in MiB: the model must fit, rows are read in pieces."),
      maxRejectedPercent: z
        .number()
        .min(0)
        .max(100)
        .default(1)
        .describe("Rows in percent that may be set aside as not fitting the model; with more the run fails."),
    })
    .meta({ title: "batch on Kubernetes" }),
  z
    .strictObject({
      with: z.literal("sagemaker").describe("SageMaker batch transform (aws only); reads and writes JSON lines."),
      ...when(),
      instanceType: sagemakerInstanceType()
        .default("ml.m5.large")
        .describe("SageMaker instance type; billed by the second of a run."),
      instances: whole(1, 100).default(1).describe("Instances of a run, which share its objects."),
    })
    .meta({ title: "batch on SageMaker" }),
]);

export type BatchSettings = z.output<typeof batch>;
export type KubernetesBatchSettings = Extract<BatchSettings, { with: "kubernetes" }>;
export type SagemakerBatchSettings = Extract<BatchSettings, { with: "sagemaker" }>;
