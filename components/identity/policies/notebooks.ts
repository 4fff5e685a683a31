/** What people's notebooks may do with data, wherever they run: in Studio, on an instance of their own, in JupyterHub. */
import type { PolicyStatement } from "../../lib/statements";
import { readFolders, type StoreArns } from "./stores";
import { allow } from "./terms";

/** Folders of the data bucket that people read. What customers asked, `capture/` and `samples/`, is not among them. */
export const readableByPeople = ["data/", "extracts/", "features/", "metadata/", "predictions/"];

/** Folder of the data bucket that people with notebooks share. */
export const scratchFolder = "scratch/";

/** Write, change and delete below `scratch/`. */
export function writeScratch({ bucketArn }: StoreArns): PolicyStatement {
  return allow(
    "WriteScratch",
    ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
    [`${bucketArn}/${scratchFolder}*`],
  );
}

/** Folders that notebooks of the hub read, each once. */
export function readableInHub(uploads: readonly string[]): string[] {
  return [...new Set([...readableByPeople, scratchFolder, ...uploads])];
}

/**
 * What a data scientist may do with data in Studio, for every notebook of JupyterHub; and bring new objects, which are never deleted from there.
 * @param uploads folders of the data bucket that people bring data to, each with a slash at its end
 */
export function workInHub(store: StoreArns, uploads: readonly string[]): PolicyStatement[] {
  const { bucketArn, keyArn } = store;
  return [
    ...readFolders(store, readableInHub(uploads)),
    writeScratch(store),
    ...(uploads.length === 0
      ? []
      : [
          allow(
            "BringData",
            ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
            uploads.map((each) => `${bucketArn}/${each}*`),
          ),
        ]),
    ...(keyArn === undefined ? [] : [allow("Encrypt", ["kms:GenerateDataKey"], [keyArn])]),
  ];
}
