import { z } from "zod";
import { chartValues, image } from "./airflow";
import { reads } from "./data";
import { cidr, cpuQuantity, dnsLabel, folderPattern, whole } from "./formats";

const uploadFolder = () =>
  z
    .string()
    .max(100)
    .regex(folderPattern, "a folder of the data bucket, such as landing/churn/")
    .meta({ examples: ["landing/churn/"] });

const profile = z
  .strictObject({
    title: z
      .string()
      .min(1)
      .max(80)
      .optional()
      .describe("What people read when they choose. Without it the profile's name."),
    cpu: cpuQuantity().default("1").describe("CPU that each server of this profile gets."),
    memoryMiB: whole(256, 2097152).default(4096).describe("Memory in MiB; a kernel that takes more is killed."),
    gpus: whole(0, 16).default(0).describe("NVIDIA GPUs of each server. Needs a GPU group of the purpose `notebooks`."),
    image: image().optional().describe("Image of the servers. Without it the hub's own."),
    maxAgeHours: whole(1, 720)
      .optional()
      .describe("Hours after which a server is stopped even while busy. Without it only idle ones are."),
  })
  .meta({ title: "profile" });

const serverQuota = z
  .strictObject({
    cpu: cpuQuantity().default("200").describe("CPU that they may ask for together."),
    memoryGiB: whole(1, 1_000_000).default(800).describe("Memory in GiB that they may ask for together."),
    gpus: whole(0, 10_000).default(8).describe("NVIDIA GPUs at once."),
  })
  .meta({ title: "server quota" });

/** `jupyterhub`: notebooks. */
export const jupyterhub = z
  .strictObject({
    image: image().optional().describe("Image of notebook servers. Without it the pinned scientific one."),
    profiles: z
      .record(dnsLabel(40), profile)
      .default({})
      .describe(
        "From name to what people may choose. Empty derives one small and one large profile, and a GPU one where there are GPU nodes.",
      ),
    homeGiB: whole(1, 4096).default(10).describe("Home volume of each person in GiB; it outlives servers."),
    cullIdleMinutes: whole(5, 10080)
      .default(60)
      .describe("Minutes without activity after which a server is stopped; its home stays."),
    cloneDags: z
      .boolean()
      .default(true)
      .describe(
        "Keep a clone of the DAG repository of `airflow.dags` in each home; needs DAGs from git to have an effect.",
      ),
    egressCidrs: z
      .array(cidr())
      .default(["0.0.0.0/0"])
      .describe(
        "Blocks that notebooks may connect to beside the platform itself. Everything by default, for package indexes.",
      ),
    uploads: z
      .array(uploadFolder())
      .max(10)
      .default([])
      .describe(
        "Folders of the data bucket that notebooks may bring objects to, such as `landing/churn/`: ones that a model of the stack reads. None by " +
          "default: notebooks write below `scratch/` alone.",
      ),
    reads: reads(
      "every notebook reads, and finds in the variable `SOURCE_<NAME>`; tables of theirs are queried in the stack's Athena workgroup.",
    ),
    maxServers: whole(1, 5000).default(100).describe("Most servers at once: the limit of cost."),
    serverQuota: serverQuota
      .prefault({})
      .describe(
        "Most that all servers may ask of the cluster at once, whatever their profiles; the hub and its proxy count too. A server beyond it does not start: its owner reads that it failed, and the log of the hub says why.",
      ),
    values: chartValues(),
  })
  .meta({ title: "jupyterhub" });

export type JupyterhubSettings = z.output<typeof jupyterhub>;
