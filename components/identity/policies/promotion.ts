/** Permissions by which approved versions go from one stack to another, in an account of its own. Each side says its half. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement, RepositoryPolicyStatement, ResourcePolicyStatement } from "../../lib/statements";
import type { StoreArns } from "./stores";
import { allow } from "./terms";

/** Folder of the data bucket with what is offered to other stacks, by model. */
export const promotionsFolder = "promotions/";

/** What is said of a model now. */
export const currentOffer = (model: string) => `${promotionsFolder}${model}/current.json`;
const offers = (model: string) => `${promotionsFolder}${model}/*`;

/** Another stack's account, and the models that it may have. */
export interface Consumer {
  accountId: string;
  models: readonly string[];
}

/** Where another stack offers models that are taken here. */
export interface Producer {
  region: string;
  bucket: string;
  keyArn: string;
  models: readonly string[];
}

/** Offer these models, and read what was said of them last. */
export function offerModels({ bucketArn, keyArn }: StoreArns, models: readonly string[]): PolicyStatement[] {
  return [
    allow("FindCurrent", ["s3:ListBucket"], [bucketArn], { StringEquals: { "s3:prefix": models.map(currentOffer) } }),
    allow(
      "ReadCurrent",
      ["s3:GetObject"],
      models.map((model) => `${bucketArn}/${currentOffer(model)}`),
    ),
    allow(
      "Offer",
      ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      models.map((model) => `${bucketArn}/${offers(model)}`),
    ),
    // Uploads in parts read their data key again.
    ...(keyArn === undefined ? [] : [allow("SealOffers", ["kms:Decrypt", "kms:GenerateDataKey"], [keyArn])]),
  ];
}

/** Read what others offer of models that are taken here. Their buckets and keys have to allow it too. */
export function takeModels(
  { partition }: Pick<AwsAccount, "partition">,
  producers: readonly Producer[],
): PolicyStatement[] {
  return readOffers(partition, producers, { as: "TakeOffers", actions: ["s3:GetObject"], of: offers });
}

/** Read what others say of models that are taken here, and no version: what a preview looks at. */
export function lookAtOffers(
  { partition }: Pick<AwsAccount, "partition">,
  producers: readonly Producer[],
): PolicyStatement[] {
  // The provider's look at an object reads its tags too.
  const actions = ["s3:GetObject", "s3:GetObjectTagging"];
  return readOffers(partition, producers, { as: "LookAtOffers", actions, of: currentOffer });
}

function readOffers(
  partition: string,
  producers: readonly Producer[],
  { as, actions, of }: { as: string; actions: string[]; of: (model: string) => string },
): PolicyStatement[] {
  return producers.flatMap(({ bucket, keyArn, region, models }, at) => {
    const bucketArn = `arn:${partition}:s3:::${bucket}`;
    return [
      allow(`FindOffers${at}`, ["s3:ListBucket"], [bucketArn], {
        StringEquals: { "s3:prefix": models.map(currentOffer) },
      }),
      allow(`OpenOffers${at}`, ["kms:Decrypt"], [keyArn], throughStore(region)),
      allow(
        `${as}${at}`,
        actions,
        models.map((model) => `${bucketArn}/${of(model)}`),
      ),
    ];
  });
}

const throughStore = (region: string) => ({ StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } });
const rootOf = ({ partition }: Pick<AwsAccount, "partition">, accountId: string) => ({
  AWS: [`arn:${partition}:iam::${accountId}:root`],
});

/**
 * In the bucket's policy: other accounts read what is offered to them, each as far as its own policies let it.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html
 */
export function offerTo(
  account: Pick<AwsAccount, "partition">,
  bucketArn: string,
  consumers: readonly Consumer[],
): ResourcePolicyStatement[] {
  return consumers.flatMap(({ accountId, models }, at) => {
    const Principal = rootOf(account, accountId);
    const below = models.map((model) => `${bucketArn}/${offers(model)}`);
    return [
      {
        ...allow(`FindOffers${at}`, ["s3:ListBucket"], [bucketArn], {
          StringEquals: { "s3:prefix": models.map(currentOffer) },
        }),
        Principal,
      },
      { ...allow(`ReadOffers${at}`, ["s3:GetObject", "s3:GetObjectTagging"], below), Principal },
    ];
  });
}

/**
 * In the key's policy: they open what S3 reads for them of the data bucket. Objects of a bucket with a key of its own are encrypted under the bucket's ARN.
 * @param bucketName its beginning: the engine adds the end when it makes the bucket, which comes after the key
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
 */
export function openFor(
  { partition, region }: Pick<AwsAccount, "partition" | "region">,
  bucketName: string,
  consumers: readonly Consumer[],
): ResourcePolicyStatement[] {
  return consumers.map(({ accountId }, at) => ({
    ...allow(`OpenOffers${at}`, ["kms:Decrypt"], ["*"], {
      ...throughStore(region),
      StringLike: { "kms:EncryptionContext:aws:s3:arn": `arn:${partition}:s3:::${bucketName}-*` },
    }),
    Principal: rootOf({ partition }, accountId),
  }));
}

/**
 * In the policy of a repository, which takes no resource: these accounts pull its images.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
 */
export function pulledBy(
  account: Pick<AwsAccount, "partition">,
  accountIds: readonly string[],
): RepositoryPolicyStatement[] {
  return [
    {
      Sid: "PullByConsumers",
      Effect: "Allow",
      Principal: { AWS: accountIds.flatMap((accountId) => rootOf(account, accountId).AWS) },
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    },
  ];
}
