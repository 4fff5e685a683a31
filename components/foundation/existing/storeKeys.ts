import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { airflowLogFolder } from "../../apps/airflowNames";
import { readableByDags, scoredFolder } from "../../identity/policies/dags";
import { stableJson } from "../../lib/json";
import type { StoreKey, StorePurpose, StoreUse } from "../contracts";
import { platformNamespace } from "./space";

export const storePurposes = ["artifacts", "data", "logs"] as const satisfies StorePurpose[];

/** What SeaweedFS reads who may do what from. */
export interface StoreKeysArgs {
  secretName: string;
}

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
const taskLogs = whole("logs", airflowLogFolder);

/**
 * What each use takes, as the same service account gets it on AWS. A pattern is compared with `bucket/key`, and with the prefix that a
 * listing asks for. `Write` deletes too, which AWS's grants do not: SeaweedFS has no action between.
 * @see https://github.com/seaweedfs/seaweedfs/blob/master/weed/s3api/auth_credentials.go `CanDo`
 */
const useActions: Record<StoreUse, string[]> = {
  tasks: [
    ...readableByDags.flatMap((folder) => ["Read", "List"].map((action) => `${action}:${whole("data", `${folder}/`)}`)),
    `Write:${whole("data", `${scoredFolder}/`)}`,
  ],
  taskLogs: ["Read", "List", "Write"].map((action) => `${action}:${taskLogs}`),
  taskLogsReading: ["Read", "List"].map((action) => `${action}:${taskLogs}`),
};

/** Who may do what one use takes, and nothing beside it. */
export function useIdentity<Text>(use: StoreUse, key: { accessKeyId: Text; secretAccessKey: Text }) {
  return {
    name: `airflow-${use}`,
    credentials: [{ accessKey: key.accessKeyId, secretKey: key.secretAccessKey }],
    actions: useActions[use],
  };
}

const nobody = { accessKeyId: "", secretAccessKey: "" };
/** Changes when somebody may do something else; keys stay as they were made. */
export const identitiesRevision = createHash("sha256")
  .update(
    stableJson([
      storePurposes.map((purpose) => storeIdentity(purpose, nobody)),
      (Object.keys(useActions) as StoreUse[]).map((use) => useIdentity(use, nobody)),
    ]),
  )
  .digest("hex")
  .slice(0, 16);

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
    const uses = { tasks: key("tasks"), taskLogs: key("taskLogs"), taskLogsReading: key("taskLogsReading") };
    const { tasks, ...logs } = uses;
    this.keys = {
      artifacts: key("artifacts"),
      data: { ...key("data"), narrower: { tasks } },
      logs: { ...key("logs"), narrower: logs },
    };
    const identities = [
      ...storePurposes.map((purpose) => storeIdentity(purpose, this.keys[purpose])),
      ...(Object.keys(uses) as StoreUse[]).map((use) => useIdentity(use, uses[use])),
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
