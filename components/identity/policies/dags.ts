/** Permissions of the tasks of people's DAGs on the models' data. */
import type { PolicyStatement } from "../../lib/statements";
import { samplesFolder } from "./serving";
import { folder, list, type StoreArns } from "./stores";
import { allow } from "./terms";

/** Folder in which files wait to be scored by a DAG, by model. */
export const incomingFolder = "incoming";
/** Folder of what DAGs answer, by model. */
export const scoredFolder = "predictions";
/** Folders of the data bucket that tasks read. */
export const readableByDags = [incomingFolder, samplesFolder, scoredFolder];

/**
 * Score what comes in, and look at what models were asked: what `workloads/dags` do. Of what models are trained on nothing is read but
 * folders that are named, and no sample is changed.
 * @param trained folders of data, such as `data/churn/`
 */
export function runDags(store: StoreArns, trained: readonly string[] = []): PolicyStatement[] {
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
    ...(trained.length === 0
      ? []
      : [
          list("ListTrainingData", bucketArn, trained),
          allow(
            "ReadTrainingData",
            ["s3:GetObject"],
            trained.map((each) => `${bucketArn}/${folder(each)}*`),
          ),
        ]),
    allow(
      "WritePredictions",
      ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      [`${bucketArn}/${scoredFolder}/*`],
    ),
    ...(keyArn === undefined ? [] : [allow("UseModelDataKey", ["kms:Decrypt", "kms:GenerateDataKey"], [keyArn])]),
  ];
}
