/** Permissions of model servers on Kubernetes. */
import type { PolicyStatement } from "../../lib/statements";
import type { StoreArns } from "./stores";
import { allow } from "./terms";

/** Folder of the data bucket in which samples of what models were asked are kept, by model. */
export const samplesFolder = "samples";

/** Add samples of one model, and no more: nothing of what is there can be read or listed. */
export function addSamples(store: StoreArns, model: string): PolicyStatement[] {
  return [
    allow("AddSamples", ["s3:PutObject"], [`${store.bucketArn}/${samplesFolder}/${model}/*`]),
    // Uploads in parts read their data key again.
    ...(store.keyArn === undefined
      ? []
      : [allow("EncryptSamples", ["kms:GenerateDataKey", "kms:Decrypt"], [store.keyArn])]),
  ];
}

/**
 * Read one model that lies in a bucket, not in the registry.
 * @throws when the address is none of a bucket.
 */
export function readModel(uri: string, partition: string, keyArns: string[]): PolicyStatement[] {
  const [, bucket, path] = /^s3:\/\/([^/]+)\/(.+?)\/*$/.exec(uri) ?? [];
  if (bucket === undefined || path === undefined) throw new Error(`${uri} is not of the form s3://bucket/path`);
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  return [
    allow("ListModel", ["s3:ListBucket"], [bucketArn], { StringLike: { "s3:prefix": [`${path}/*`] } }),
    allow("ReadModel", ["s3:GetObject"], [`${bucketArn}/${path}`, `${bucketArn}/${path}/*`]),
    ...(keyArns.length === 0 ? [] : [allow("DecryptModel", ["kms:Decrypt"], keyArns)]),
  ];
}
