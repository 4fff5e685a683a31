/** Permissions around the feature store: of its groups, of whoever writes records, and of whoever looks them up. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { folder, type StoreArns } from "./stores";
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
