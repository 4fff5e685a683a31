import { z } from "zod";
import { reads } from "./data";
import { dnsLabel, sagemakerInstanceType, storedSecretName, whole } from "./formats";
import { schedule } from "./schedules";

const notebook = z
  .strictObject({
    role: z
      .enum(["dataScientist", "mlEngineer"])
      .default("dataScientist")
      .describe("What it may do, as in Studio. Whoever opens it may do it."),
    instanceType: sagemakerInstanceType()
      .default("ml.t3.medium")
      .describe("Instance, billed by the second while it runs."),
    volumeGiB: whole(5, 16384).default(20).describe("Volume with the home in GiB; it can grow and not shrink."),
  })
  .meta({ title: "notebook instance" });

/** `training`: what all models' loops share; of it an existing cluster, where they run in Airflow, has `logRetentionDays` and `featureDatabase` alone. */
export const training = z
  .strictObject({
    featureStore: z
      .enum(["none", "offline", "onlineAndOffline"])
      .default("none")
      .describe("SageMaker feature groups: history only, or also lookups in milliseconds, billed per request."),
    featureDatabase: z
      .strictObject({
        writerSecretName: storedSecretName()
          .describe(
            "Kubernetes Secret in the namespace `mlplatform` whose key `url` is the address for loops, such as " +
              "`postgresql://writer:<password>@postgres.data.svc/features?sslmode=require`. Its user makes the tables.",
          )
          .meta({ examples: ["features-writer"] }),
        readerSecretName: storedSecretName()
          .describe("The same for model servers, with a user that may only read.")
          .meta({ examples: ["features-reader"] }),
        portNumber: whole(1, 65535).default(5432).describe("Port of the server, which network policies let through."),
      })
      .optional()
      .describe("PostgreSQL that keeps features where there is no SageMaker (existing clusters only).")
      .meta({ title: "feature database" }),
    catalog: z
      .strictObject({
        enabled: z
          .boolean()
          .default(true)
          .describe("Keep a Glue database of data, runs and predictions, queried with Athena."),
        crawlSchedule: schedule()
          .refine(
            (text) => !text.startsWith("rate("),
            "cron(minute hour day-of-month month day-of-week year): Glue knows no rate",
          )
          .default("cron(0 5 ? * * *)")
          .describe(
            "When `data/` and the records of runs are looked through for new tables and columns, in UTC; each time is billed as ten " +
              "minutes of Glue at least.",
          ),
        scanLimitGiB: whole(1, 10240).default(100).describe("Most that one query may read in GiB: the limit of cost."),
      })
      .prefault({})
      .describe("Tables over the bucket."),
    studio: z
      .strictObject({
        enabled: z.boolean().default(false).describe("Make a SageMaker Studio domain without a route to the internet."),
        users: z
          .record(dnsLabel(63), z.enum(["dataScientist", "mlEngineer", "approver", "viewer"]))
          .default({})
          .describe("From user profile to role."),
        notebooks: z
          .record(dnsLabel(20), notebook)
          .default({})
          .describe(
            "From name to notebook instance, billed until somebody stops it; Studio's own notebooks stop when idle.",
          ),
        reads: reads("data scientists and ML engineers read, in Studio and on notebook instances."),
        idleMinutes: whole(60, 525600)
          .default(120)
          .describe("Minutes without work after which a notebook is shut down; it is billed until then."),
      })
      .prefault({})
      .describe("SageMaker Studio."),
    maxParallelRuns: whole(1, 100)
      .default(4)
      .describe("Training runs at once over all models; never two of one model."),
    logRetentionDays: whole(1, 3650)
      .default(90)
      .describe(
        "Days that logs of runs are kept, and what runs prepare, report and save on the way, the latter at least 30. Models and " +
          "records of runs stay. On an existing cluster too; Airflow's logs are not among it there.",
      ),
  })
  .meta({ title: "training" });

export type TrainingSettings = z.output<typeof training>;
