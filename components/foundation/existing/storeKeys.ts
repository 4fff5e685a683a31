import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { loki } from "../../../charts/values/loki";
import { airflowLogFolder } from "../../contracts/airflowNames";
import type { StoreKey, StorePurpose, StoreUse } from "../../contracts/foundation";
import { readableByDags, scoredFolder } from "../../identity/policies/dags";
import { environmentsFolder } from "../../identity/policies/environments";
import { readableInHub, scratchFolder } from "../../identity/policies/notebooks";
import { stableJson } from "../../lib/json";
import { passingInCluster } from "../../settings/expiry";
import { platformNamespace } from "./space";

export const storePurposes = ["artifacts", "data", "logs"] as const satisfies StorePurpose[];
/** What cannot be made again. */
export const copiedPurposes = ["artifacts", "data"] as const satisfies StorePurpose[];

/** What SeaweedFS reads who may do what from. */
export interface StoreKeysArgs {
  secretName: string;
  /** Folders of the data bucket that people's notebooks bring data to, each with a slash at its end. */
  uploads: string[];
  /** Uses that not every stack has. The store restarts when somebody may do something else, so one that a stack has not is nobody's. */
  asked: readonly AskedUse[];
}

/** Uses that some stacks have: what pods write, and copies of the buckets. */
export type AskedUse = "podLogs" | "copies";

/**
 * Who may read, write, list and tag in the bucket of its own name, and do nothing anywhere else.
 * @see https://github.com/seaweedfs/seaweedfs/wiki/Amazon-S3-API
 */
export function storeIdentity<Text>(bucket: string, key: { accessKeyId: Text; secretAccessKey: Text }) {
  return {
    name: bucket,
    credentials: [{ accessKey: key.accessKeyId, secretKey: key.secretAccessKey }],
    actions: ["Read", "Write", "List", "Tagging"].map((action) => `${action}:${bucket}`),
  };
}

const whole = (purpose: StorePurpose, folder: string) => `${purpose}/${folder}*`;
const taskLogFolder = whole("logs", airflowLogFolder);
const podLogFolder = whole("logs", loki.folder);
const environmentFolder = whole("artifacts", environmentsFolder);
const each = (actions: string[], folders: readonly string[]) =>
  folders.flatMap((folder) => actions.map((action) => `${action}:${whole("data", folder)}`));

/**
 * What each use takes, as the same service account gets it on AWS. A pattern is compared with `bucket/key`, and with the prefix that a
 * listing asks for. `Write` deletes too, which AWS's grants do not: SeaweedFS has no action between.
 * @see https://github.com/seaweedfs/seaweedfs/blob/master/weed/s3api/auth_credentials.go `CanDo`
 */
function useActions(use: StoreUse, uploads: readonly string[]): string[] {
  switch (use) {
    case "tasks":
      return [
        ...each(
          ["Read", "List"],
          readableByDags.map((folder) => `${folder}/`),
        ),
        ...each(["Write"], [`${scoredFolder}/`]),
      ];
    case "notebooks":
      return [...each(["Read", "List"], readableInHub(uploads)), ...each(["Write"], [scratchFolder, ...uploads])];
    case "expiry":
      return each(["List", "Write"], passingInCluster);
    case "environments":
      return ["Read", "List", "Write"].map((action) => `${action}:${environmentFolder}`);
    case "environmentsReading":
      return ["Read", "List"].map((action) => `${action}:${environmentFolder}`);
    case "taskLogs":
      return ["Read", "List", "Write"].map((action) => `${action}:${taskLogFolder}`);
    case "taskLogsReading":
      return ["Read", "List"].map((action) => `${action}:${taskLogFolder}`);
    case "podLogs":
      return ["Read", "List", "Write"].map((action) => `${action}:${podLogFolder}`);
    case "copies":
      return copiedPurposes.flatMap((bucket) => ["Read", "List"].map((action) => `${action}:${bucket}`));
  }
}

/** Names of those that are not Airflow's own. */
const useNames: Partial<Record<StoreUse, string>> = {
  notebooks: "jupyterhub-notebooks",
  expiry: "training-expiry",
  environments: "models-environments",
  environmentsReading: "models-environments-reading",
  podLogs: "logs-pods",
  copies: "backup-copies",
};
const lasting: StoreUse[] = [
  "environments",
  "environmentsReading",
  "tasks",
  "notebooks",
  "expiry",
  "taskLogs",
  "taskLogsReading",
];
const usesOf = (asked: readonly AskedUse[]): StoreUse[] => [...lasting, ...asked];

/** Who may do what one use takes, and nothing beside it. */
export function useIdentity<Text>(
  use: StoreUse,
  key: { accessKeyId: Text; secretAccessKey: Text },
  uploads: readonly string[] = [],
) {
  return {
    name: useNames[use] ?? `airflow-${use}`,
    credentials: [{ accessKey: key.accessKeyId, secretKey: key.secretAccessKey }],
    actions: useActions(use, uploads),
  };
}

const nobody = { accessKeyId: "", secretAccessKey: "" };
/** Changes when somebody may do something else; keys stay as they were made. */
export function identitiesRevision(uploads: readonly string[], asked: readonly AskedUse[]): string {
  const identities = [
    storePurposes.map((purpose) => storeIdentity(purpose, nobody)),
    usesOf(asked).map((use) => useIdentity(use, nobody, uploads)),
  ];
  return createHash("sha256").update(stableJson(identities)).digest("hex").slice(0, 16);
}

/** One identity for each bucket, and one for each narrower use of it, with keys that are generated once. */
export class StoreKeys extends pulumi.ComponentResource {
  readonly keys: Record<StorePurpose, StoreKey & { narrower?: Partial<Record<StoreUse, StoreKey>> }>;

  constructor(name: string, args: StoreKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:StoreKeys", name, {}, opts);
    const child = { parent: this };
    const key = (of: StorePurpose | StoreUse): StoreKey => {
      const secret = new random.RandomPassword(`${name}-${of}`, { length: 40, special: false }, child);
      return { accessKeyId: pulumi.output(`mlplatform-${of}`), secretAccessKey: pulumi.secret(secret.result) };
    };
    const uses = usesOf(args.asked);
    const narrow = Object.fromEntries(uses.map((use) => [use, key(use)])) as Record<StoreUse, StoreKey>;
    const { tasks, notebooks, expiry, taskLogs, taskLogsReading, podLogs, copies, ...environments } = narrow;
    const copied = args.asked.includes("copies") ? { copies } : {};
    const ofPods = args.asked.includes("podLogs") ? { podLogs } : {};
    this.keys = {
      artifacts: { ...key("artifacts"), narrower: { ...environments, ...copied } },
      data: { ...key("data"), narrower: { tasks, notebooks, expiry, ...copied } },
      logs: { ...key("logs"), narrower: { taskLogs, taskLogsReading, ...ofPods } },
    };
    const identities = [
      ...storePurposes.map((purpose) => storeIdentity(purpose, this.keys[purpose])),
      ...uses.map((use) => useIdentity(use, narrow[use], args.uploads)),
    ];
    new k8s.core.v1.Secret(
      name,
      {
        metadata: { name: args.secretName, namespace: platformNamespace },
        stringData: { seaweedfs_s3_config: pulumi.secret(pulumi.jsonStringify({ identities })) },
      },
      child,
    );
    this.registerOutputs();
  }
}
