import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore, StoreKey, StorePurpose } from "../../contracts/foundation";
import type { Dependency } from "../../lib/dependencies";
import { urlPort } from "../../lib/urlPort";
import { givenSecret } from "./givenSecret";

/** A store with the S3 interface that somebody else keeps. */
export interface AdoptedStoresArgs {
  /** `http(s)://host` or `http(s)://host:port`. */
  endpoint: string;
  bucket: string;
  /** Secret in the namespace `mlplatform` with `accessKeyId` and `secretAccessKey`. */
  secretName: string;
  /** Secret in that namespace with the same keys, for people's notebooks. */
  notebooksSecretName?: string | undefined;
  /** The namespace. */
  ready: Dependency[];
}

/** One bucket for everything, a folder for each purpose. Nothing is made in it and nothing is deleted. */
export class AdoptedStores extends pulumi.ComponentResource {
  readonly stores: Record<StorePurpose, ObjectStore>;
  readonly ready: Dependency[];

  constructor(name: string, args: AdoptedStoresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AdoptedStores", name, {}, opts);
    const pair = (key: string, secretName: string): StoreKey => {
      const given = givenSecret(key, secretName, ["accessKeyId", "secretAccessKey"], args.ready, { parent: this });
      return { accessKeyId: given.accessKeyId, secretAccessKey: given.secretAccessKey };
    };
    const { notebooksSecretName } = args;
    const notebooks = notebooksSecretName === undefined ? undefined : pair(`${name}-notebooks`, notebooksSecretName);
    const { hostname } = new URL(args.endpoint);
    const [, namespace] = /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(hostname) ?? [];
    const compatible = {
      endpoint: pulumi.output(args.endpoint),
      portNumber: urlPort(args.endpoint),
      ...(namespace === undefined ? {} : { namespace }),
      ...pair(name, args.secretName),
      ...(notebooks ? { narrower: { notebooks } } : {}),
    };
    const store = (purpose: StorePurpose): ObjectStore => ({
      bucketName: pulumi.output(args.bucket),
      bucketArn: pulumi.output(`arn:aws:s3:::${args.bucket}`),
      uri: pulumi.output(`s3://${args.bucket}/${purpose}`),
      compatible,
    });
    this.stores = { artifacts: store("artifacts"), data: store("data"), logs: store("logs") };
    this.ready = args.ready;
    this.registerOutputs();
  }
}
