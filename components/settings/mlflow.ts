import { z } from "zod";
import { chartValues } from "./airflow";
import { cpuQuantity, whole } from "./formats";
import { kubernetesCron } from "./schedules";

/** `mlflow`: tracking and registry. */
export const mlflow = z
  .strictObject({
    replicas: whole(1, 20).default(2).describe("Tracking-server pods; 2 or more survive the loss of a node."),
    cpu: cpuQuantity().default("500m").describe("CPU of each pod."),
    memoryMiB: whole(512, 65536).default(1024).describe("Memory of each pod in MiB; large artifacts pass through it."),
    workers: whole(1, 32).default(2).describe("Processes in each pod."),
    maxUploadMiB: whole(1, 51200)
      .default(5120)
      .describe("Largest artifact in MiB that the ingress lets through in one request."),
    garbageCollection: z
      .strictObject({
        enabled: z.boolean().default(true).describe("Remove runs that were deleted, and their artifacts, for good."),
        schedule: kubernetesCron().default("0 4 * * 0").describe("When, as a five-field cron expression in UTC."),
        olderThanDays: whole(0, 3650).default(30).describe("Days a deleted run can still be restored."),
      })
      .prefault({})
      .describe("What happens to deleted runs."),
    values: chartValues(),
  })
  .meta({ title: "mlflow" });

export type MlflowSettings = z.output<typeof mlflow>;
