import { z } from "zod";
import { reads } from "./data";
import { cpuQuantity, defaultKind, dnsLabel, faultOf, gitBranch, storedSecretName, whole } from "./formats";
import { registryFault, repositoryFault } from "./url";

/** Values of the chart that no setting covers: merged last, and checked against the chart's own keys. */
export const chartValues = () =>
  z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      "Values for the Helm chart, merged last: the way to what no setting covers. A key that the chart does not have is refused. " +
        "Never put a secret here.",
    );

const executor = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: defaultKind("kubernetes").describe("One pod per task: idle costs nothing, each start takes seconds."),
    })
    .meta({ title: "Kubernetes executor" }),
  z
    .strictObject({
      kind: z.literal("celery").describe("Standing workers: tasks start at once, idle workers cost."),
      minWorkers: whole(1, 100).default(1).describe("Workers kept."),
      maxWorkers: whole(1, 100).default(4).describe("Most workers."),
    })
    .meta({ title: "Celery executor" }),
  z
    .strictObject({
      kind: z.literal("mwaa").describe("Amazon's managed Airflow instead of one in the cluster (aws only)."),
      environmentClass: z
        .enum(["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"])
        .default("mw1.small")
        .describe("Size of the environment; it is billed by the hour, idle or not."),
      maxWorkers: whole(1, 25).default(5).describe("Most workers. With `mw1.micro` it must be 1."),
    })
    .meta({ title: "MWAA" }),
]);

const dags = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: defaultKind("none").describe("Only the DAGs inside the image.") })
    .meta({ title: "no DAG source" }),
  z
    .strictObject({
      kind: z.literal("git").describe("DAGs follow a branch of a git repository."),
      repository: z
        .string()
        .regex(
          /^((https|ssh):\/\/([^\s/@:]+@)?(\[[0-9a-fA-F:.]+\]|[^\s/@:]+)(:\d+)?\/\S+|[^\s/@:]+@(\[[0-9a-fA-F:.]+\]|[^\s:/@]+):\S+)$/,
          "https://host/path, https://user@host/path, ssh://user@host/path or user@host:path, without a password",
        )
        .superRefine(faultOf(repositoryFault))
        .describe("Address of the repository.")
        .meta({ examples: ["https://github.com/example-company/dags.git"] }),
      branch: gitBranch().default("main").describe("Branch that is followed."),
      path: z
        .string()
        .regex(
          /^(?![-/])(?!.*\.\.)[\w./+@-]*$/,
          "a path inside the repository: letters, digits and _./+@-, without .., and no / or dash in front",
        )
        .default("dags")
        .describe("Folder of the DAGs inside the repository."),
      syncSeconds: whole(5, 3600)
        .default(30)
        .describe("Seconds between looks at the branch: how long a push takes to show."),
      secretName: storedSecretName()
        .optional()
        .describe(
          "Name of the secret that opens a private repository: in Secrets Manager on aws, else a Kubernetes Secret in the namespace " +
            "`mlplatform`, with the key `gitCredential`. It holds the deploy key of an ssh address; of an https address a token, or " +
            "`user:token`. Airflow and notebooks get it. Without it the repository must be public.",
        )
        .meta({ examples: ["mlplatform/prod/dags"] }),
    })
    .meta({ title: "DAGs from git" }),
  z
    .strictObject({
      kind: z
        .literal("volume")
        .describe("DAGs on a volume that many pods read; needs shared storage in the foundation."),
      storageGiB: whole(1, 1024).default(5).describe("Size of the volume in GiB."),
    })
    .meta({ title: "DAGs on a volume" }),
  z
    .strictObject({
      kind: z.literal("bucket").describe("DAGs below a prefix of the platform's bucket: what MWAA reads."),
      prefix: z
        .string()
        .regex(
          /^(?!(.*\/)?\.{1,2}(\/|$))[\w.-]+(\/[\w.-]+)*$/,
          "a prefix without a slash at either end, and without . and .. as folders",
        )
        .default("dags")
        .describe("Prefix of the DAGs."),
    })
    .meta({ title: "DAGs from the bucket" }),
]);

/** An image and the version of it; `latest` is refused, since two starts could then differ. */
export const image = () =>
  z
    .string()
    .max(512)
    .regex(
      /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*(:(?!latest$)[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64}|:(?!latest@)[\w][\w.-]{0,127}@sha256:[0-9a-f]{64})$/,
      "an image with an exact tag or digest, such as registry.example.com/team/image:1.2.3; `latest` is refused",
    )
    .superRefine(faultOf((text) => (text.includes("/") ? registryFault(text) : undefined)));

const taskQuota = z
  .strictObject({
    maxPods: whole(1, 100_000).default(200).describe("Pods at once."),
    cpu: cpuQuantity().default("100").describe("CPU that they may ask for together."),
    memoryGiB: whole(1, 1_000_000).default(400).describe("Memory in GiB that they may ask for together."),
    gpus: whole(0, 10_000).default(8).describe("NVIDIA GPUs at once."),
  })
  .meta({ title: "task quota" });

/** `airflow`: the scheduler of pipelines. */
export const airflow = z
  .strictObject({
    executor: executor.prefault({}).describe("Where tasks run."),
    dags: dags.prefault({}).describe("Where DAGs come from."),
    image: image().optional().describe("Airflow image with the team's packages. Without it the official one."),
    schedulers: whole(1, 5).default(1).describe("Scheduler pods; 2 or more survive the loss of a node."),
    apiServers: whole(1, 10).default(1).describe("API server pods, which also show the web pages."),
    taskQuota: taskQuota
      .prefault({})
      .describe(
        "Most that people's DAGs may ask of the cluster at once: their tasks together, and the pods that those start together, each so much. What is beyond waits. " +
          "Celery's workers are counted by `maxWorkers` instead.",
      ),
    workerCpu: cpuQuantity().default("500m").describe("CPU that each task gets unless its DAG says otherwise."),
    workerMemoryMiB: whole(256, 262144)
      .default(1024)
      .describe("Memory in MiB that each task gets; a task that takes more is killed."),
    reads: reads(
      "tasks of people's DAGs read; each finds them in the variable `SOURCE_<NAME>`, with MWAA in its code.",
    ),
    trainsFor: z
      .array(dnsLabel(40))
      .max(20, "at most 20 owners")
      .default([])
      .describe(
        "Owners, as `models.<name>.owner` has them, whose models people's DAGs train: tasks read the data of those models and of no other (aws only). " +
          "All DAGs are of one identity, so name those alone whose people write DAGs here.",
      ),
    logRetentionDays: whole(1, 3650)
      .default(90)
      .describe("Days that task logs stay readable after the task's pod is gone."),
    historyDays: whole(1, 3650).default(180).describe("Days that runs stay in the database; older ones are removed."),
    values: chartValues(),
  })
  .meta({ title: "airflow" });

export type TaskQuotaSettings = z.output<typeof taskQuota>;
export type AirflowSettings = z.output<typeof airflow>;
