/** Permissions of whoever registers a version as a package of a model's group. */
import type { AwsAccount } from "../../contracts/account";
import { layout } from "../../contracts/trainingLoop";
import type { PolicyStatement } from "../../lib/statements";
import { imageRepository } from "./sagemaker";
import type { StoreArns } from "./stores";
import { allow, arn } from "./terms";

/** One model's packages. */
export interface PackageScope {
  model: string;
  /** Holds what a package is made of, below `models/<model>/`. */
  store: StoreArns;
  groupName: string;
  /** That serves it, with its tag. */
  packageImage: string;
}

/**
 * SageMaker looks at the image and the model of a package with the rights of who registers it: it notes the digest of the one and the checksum
 * of the other.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-version.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol-model-registry.html
 */
export function createPackages(
  account: AwsAccount,
  { model, store, groupName, packageImage }: PackageScope,
): PolicyStatement[] {
  const repositories = imageRepository(account, packageImage);
  return [
    allow(
      "Package",
      ["sagemaker:AddTags", "sagemaker:CreateModelPackage"],
      [
        arn(account, "sagemaker", `model-package-group/${groupName}`),
        arn(account, "sagemaker", `model-package/${groupName}/*`),
      ],
    ),
    ...(repositories.length === 0
      ? []
      : [allow("SeePackageImage", ["ecr:BatchGetImage", "ecr:DescribeImages"], repositories)]),
    allow("SeePackage", ["s3:GetObject"], [`${store.bucketArn}/${layout.models(model)}*`]),
  ];
}

/** See what packages of one group are made of, and what was decided of them. */
export const findPackages = (account: AwsAccount, groupName: string): PolicyStatement =>
  allow("FindPackage", ["sagemaker:DescribeModelPackage"], [arn(account, "sagemaker", `model-package/${groupName}/*`)]);
