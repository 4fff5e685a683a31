/** Permissions around the feature store: of its groups, of whoever writes records, and of whoever looks them up. */
import type { AwsAccount } from "../../contracts/account";
import type { LoopFeatures } from "../../contracts/features";
import type { PolicyStatement } from "../../lib/statements";
import { queryResultsFolder } from "./batch";
import { folder, list, type StoreArns } from "./stores";
import { allow, arn } from "./terms";

/** Folder of the platform's bucket that holds the history of one model's features. */
export const featuresFolder = (model: string) => `features/${model}/`;

/**
 * What SageMaker needs to keep the history of one model's features: to add objects to one folder. Nothing is read and nothing
 * deleted, and the table over them is the stack's own.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSageMakerFeatureStoreAccess.html
 */
export function keepFeatures(store: StoreArns, model: string): PolicyStatement[] {
  return [
    allow("FindBucket", ["s3:GetBucketAcl", "s3:GetBucketLocation"], [store.bucketArn]),
    allow(
      "AddRecords",
      ["s3:AbortMultipartUpload", "s3:PutObject", "s3:PutObjectAcl"],
      [`${store.bucketArn}/${folder(featuresFolder(model))}*`],
    ),
    ...(store.keyArn === undefined ? [] : [allow("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [store.keyArn])]),
  ];
}

/** Folder of what the loop of a model was answered: others' answers are theirs. It ends where all answers do. */
export const featureAnswersFolder = (model: string) => `${queryResultsFolder}features/${model}/`;

const groups = (account: AwsAccount, names: readonly string[]) =>
  names.map((name) => arn(account, "sagemaker", `feature-group/${name}`));

/** Look records up, and see which columns there are. */
export function readFeatures(account: AwsAccount, names: readonly string[]): PolicyStatement[] {
  if (names.length === 0) return [];
  return [
    allow(
      "LookUpFeatures",
      ["sagemaker:BatchGetRecord", "sagemaker:DescribeFeatureGroup", "sagemaker:GetRecord"],
      groups(account, names),
    ),
  ];
}

/** Add records, also such that say that nothing is known any more. */
export function writeFeatures(account: AwsAccount, names: readonly string[]): PolicyStatement[] {
  if (names.length === 0) return [];
  return [allow("WriteFeatures", ["sagemaker:DeleteRecord", "sagemaker:PutRecord"], groups(account, names))];
}

/** Look up what is known now, as a model server does, and nothing else of the group. The store opens it with the caller's right to its key. */
export function lookUpFeatures(account: AwsAccount, name: string, keyArn: string | undefined): PolicyStatement[] {
  return [
    allow("FeaturesLookUp", ["sagemaker:BatchGetRecord"], groups(account, [name])),
    ...(keyArn === undefined ? [] : [allow("FeaturesDecrypt", ["kms:Decrypt"], [keyArn])]),
  ];
}

/** Add records that are newer than what is known, as a loop does. Of the key its role may what that takes. */
export const publishFeatures = (account: AwsAccount, name: string): PolicyStatement[] => [
  allow("FeaturesPublish", ["sagemaker:BatchGetRecord", "sagemaker:PutRecord"], groups(account, [name])),
];

/** Ask Athena for the history of one model's features, in a workgroup of its own. Of the key the role may what that takes. */
export function readHistory(
  account: AwsAccount,
  scope: { model: string; store: StoreArns; databaseName: string; tableName: string; workgroupName: string },
): PolicyStatement[] {
  const { store, databaseName, tableName } = scope;
  const answers = featureAnswersFolder(scope.model);
  const folders = [featuresFolder(scope.model), answers].map(folder);
  return [
    allow(
      "FeaturesQuery",
      ["GetQueryExecution", "GetQueryResults", "StartQueryExecution"].map((action) => `athena:${action}`),
      [arn(account, "athena", `workgroup/${scope.workgroupName}`)],
    ),
    allow(
      "FeaturesTable",
      ["GetDatabase", "GetPartitions", "GetTable"].map((action) => `glue:${action}`),
      [
        arn(account, "glue", "catalog"),
        arn(account, "glue", `database/${databaseName}`),
        arn(account, "glue", `table/${databaseName}/${tableName}`),
      ],
    ),
    list("FeaturesList", store.bucketArn, folders),
    allow(
      "FeaturesRead",
      ["s3:GetObject"],
      folders.map((each) => `${store.bucketArn}/${each}*`),
    ),
    allow(
      "FeaturesAnswers",
      ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      [`${store.bucketArn}/${folder(answers)}*`],
    ),
  ];
}

/** What preparing data takes to do with a model's features what its loop does. */
export function prepareFeatures(
  account: AwsAccount,
  model: string,
  store: StoreArns,
  features: LoopFeatures | undefined,
): PolicyStatement[] {
  if (features === undefined) return [];
  return features.does === "publish"
    ? publishFeatures(account, features.groupName)
    : readHistory(account, { model, store, ...features.history });
}
