import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { StorePurpose } from "../contracts";
import { platformNamespace } from "./space";

export const storePurposes = ["artifacts", "data", "logs"] as const satisfies StorePurpose[];

/** A pair with which a request to an S3 store is signed. */
export interface StoreKey {
  accessKeyId: pulumi.Output<string>;
  secretAccessKey: pulumi.Output<string>;
}

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

/** One identity for each bucket, with a key that is generated once. */
export class StoreKeys extends pulumi.ComponentResource {
  readonly keys: Record<StorePurpose, StoreKey>;

  constructor(name: string, args: StoreKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:StoreKeys", name, {}, opts);
    const child = { parent: this };
    const key = (purpose: StorePurpose): StoreKey => {
      const secret = new random.RandomPassword(`${name}-${purpose}`, { length: 40, special: false }, child);
      return { accessKeyId: pulumi.output(`mlplatform-${purpose}`), secretAccessKey: pulumi.secret(secret.result) };
    };
    this.keys = { artifacts: key("artifacts"), data: key("data"), logs: key("logs") };
    const identities = storePurposes.map((purpose) => storeIdentity(purpose, this.keys[purpose]));
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
