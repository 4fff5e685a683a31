/** Permissions of the tasks of people's DAGs on the models' data. */
import type { PolicyStatement } from "../../lib/statements";
import { samplesFolder } from "./serving";
import { list, type StoreArns } from "./stores";
import { allow } from "./terms";

/** Folder in which files wait to be scored by a DAG, by model. */
export const incomingFolder = "incoming";
/** Folder of what DAGs answer, by model. */
export const scoredFolder = "predictions";
/** Folders of the data bucket that tasks read. */
export const readableByDags = [incomingFolder, samplesFolder, scoredFolder];

/**
 * Score what comes in, and look at what models were asked: what `workloads/dags` do. Nothing of what models are trained on is read, and
 * no sample is changed.
 */
export function runDags(store: StoreArns): PolicyStatement[] {
  const { bucketArn, keyArn } = store;
  return [
    list(
      "ListModelData",
      bucketArn,
      readableByDags.map((each) => `${each}/`),
    ),
    allow(
      "ReadModelData",
      ["s3:GetObject"],
      readableByDags.map((each) => `${bucketArn}/${each}/*`),
    ),
    allow(
      "WritePredictions",
      ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      [`${bucketArn}/${scoredFolder}/*`],
    ),
    ...(keyArn === undefined ? [] : [allow("UseModelDataKey", ["kms:Decrypt", "kms:GenerateDataKey"], [keyArn])]),
  ];
}
