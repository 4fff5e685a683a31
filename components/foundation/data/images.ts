import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { stableJson } from "../../lib/json";
import type { AwsAccount } from "../account";
import type { ImageRegistry } from "../contracts";
import type { DataProtection } from "./protection";

/** Which images the platform's own registry holds. */
export interface ImagesArgs {
  /** Image names; one repository each. */
  names: string[];
  account: AwsAccount;
  keyArn: pulumi.Input<string>;
  /** Untagged images are deleted at this age, in days. */
  untaggedDays: number;
  /** Newest tagged images that stay, per repository. */
  keepImages: number;
  protection: DataProtection;
}

/**
 * Private repositories whose tags cannot be moved and whose images are scanned when pushed.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export class Images extends pulumi.ComponentResource implements ImageRegistry {
  private readonly urls: Record<string, string> = {};
  readonly arns: pulumi.Output<string>[] = [];

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Images", name, {}, opts);
    const child = { parent: this };
    const { accountId, region } = args.account;
    for (const image of args.names) {
      const path = `${pulumi.getProject()}/${pulumi.getStack()}/${image}`;
      const repository = new aws.ecr.Repository(
        `${name}-${image}`,
        {
          name: path,
          imageTagMutability: "IMMUTABLE",
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: args.keyArn }],
          forceDelete: !args.protection.keep,
        },
        { ...child, ...args.protection.options },
      );
      new aws.ecr.LifecyclePolicy(
        `${name}-${image}`,
        {
          repository: repository.name,
          policy: stableJson({
            rules: [
              lifecycleRule(
                1,
                { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days" },
                args.untaggedDays,
              ),
              lifecycleRule(2, { tagStatus: "any", countType: "imageCountMoreThan" }, args.keepImages),
            ],
          }),
        },
        child,
      );
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
      this.urls[image] = `${accountId}.dkr.ecr.${region}.amazonaws.com/${path}`;
      this.arns.push(repository.arn);
    }
    this.registerOutputs();
  }

  repositoryUrl(image: string): string {
    const url = this.urls[image];
    if (!url) throw new Error(`image "${image}" has no repository; there are: ${Object.keys(this.urls).join(", ")}`);
    return url;
  }
}

function lifecycleRule(rulePriority: number, selection: Record<string, string>, countNumber: number) {
  return { rulePriority, selection: { ...selection, countNumber }, action: { type: "expire" } };
}
