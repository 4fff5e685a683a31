/** Permissions on what workloads keep in buckets, always below a prefix. */
import type { PolicyStatement } from "../../lib/statements";
import { allow } from "./terms";

/** A bucket and its key, their ARNs known. */
export interface StoreArns {
  bucketArn: string;
  /** Absent where no cloud keeps keys: then there is nothing to say about them. */
  keyArn?: string | undefined;
}

/** The prefix itself. @throws when it would reach further than its folder. */
export function folder(prefix: string): string {
  if (!/^([\w.=-]+\/)+$/.test(prefix)) {
    throw new Error(
      `prefix ${JSON.stringify(prefix)} is not a folder of a bucket: write it like "mlflow/", with a slash at its end`,
    );
  }
  return prefix;
}

/**
 * List objects of folders. A prefix is held to the folder's slash: without it, names in `data/churn-2/` would be told to readers of `data/churn/`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-policies-s3.html
 */
export const list = (Sid: string, bucketArn: string, folders: readonly string[]) =>
  allow(Sid, ["s3:ListBucket"], [bucketArn], {
    StringLike: { "s3:prefix": folders.map((each) => `${folder(each)}*`) },
  });

/** Read objects below a prefix, and list them. */
export function readBelow(store: StoreArns, prefix: string): PolicyStatement[] {
  const below = folder(prefix);
  return [
    list("ListBelow", store.bucketArn, [below]),
    allow("FindBucket", ["s3:GetBucketLocation"], [store.bucketArn]),
    allow("ReadBelow", ["s3:GetObject"], [`${store.bucketArn}/${below}*`]),
    ...(store.keyArn === undefined ? [] : [allow("Decrypt", ["kms:Decrypt"], [store.keyArn])]),
  ];
}

/** Read, write and delete objects below a prefix, uploads in parts included. */
export function readWriteBelow(store: StoreArns, prefix: string): PolicyStatement[] {
  const objects = [`${store.bucketArn}/${folder(prefix)}*`];
  return [
    ...readBelow(store, prefix),
    allow(
      "WriteBelow",
      ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      objects,
    ),
    ...(store.keyArn === undefined ? [] : [allow("Encrypt", ["kms:GenerateDataKey"], [store.keyArn])]),
  ];
}

/** Read objects of several folders, and list them. @param of what the statements are called after */
export function readFolders(store: StoreArns, folders: readonly string[], of = "Folders"): PolicyStatement[] {
  return [
    list(`${of}List`, store.bucketArn, folders),
    allow(
      `${of}Read`,
      ["s3:GetObject"],
      folders.map((folder) => `${store.bucketArn}/${folder}*`),
    ),
    ...(store.keyArn === undefined ? [] : [allow(`${of}Decrypt`, ["kms:Decrypt"], [store.keyArn])]),
  ];
}
