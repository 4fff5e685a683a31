import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import type { ImageRegistry } from "../../contracts/foundation";
import { pulledBy } from "../../identity/policies/promotion";
import type { Dependency } from "../../lib/dependencies";
import { stableJson } from "../../lib/json";
import { policyDocument } from "../../lib/statements";
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
  /** Other accounts that pull an image, by its name. */
  pulledBy?: Record<string, string[]>;
  protection: DataProtection;
}

/**
 * Private repositories whose tags cannot be moved and whose images are scanned when pushed.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export class Images extends pulumi.ComponentResource implements ImageRegistry {
  private readonly repositories: Record<string, { url: string; path: string; made: aws.ecr.Repository }> = {};
  private readonly looks: Record<string, pulumi.Output<pulumi.Resource>> = {};
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
      const others = args.pulledBy?.[image] ?? [];
      if (others.length > 0) {
        new aws.ecr.RepositoryPolicy(
          `${name}-${image}`,
          { repository: repository.name, policy: policyDocument(pulledBy(args.account, others)) },
          child,
        );
      }
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
      const url = `${accountId}.dkr.ecr.${region}.amazonaws.com/${path}`;
      this.repositories[image] = { url, path, made: repository };
      this.arns.push(repository.arn);
    }
    this.registerOutputs();
  }

  repositoryUrl(image: string): string {
    return this.repository(image).url;
  }

  /**
   * A preview warns of an image that is not there yet, since it may be pushed until the update comes to it; an update stops there, instead of
   * making what SageMaker refuses or what would wait for it in vain.
   */
  pushed(image: string, tag: string): Dependency[] {
    const { url, path, made } = this.repository(image);
    const name = `${url}:${tag}`;
    this.looks[name] ??= this.look(name, { repositoryName: path, imageTag: tag }, remedy(url, tag), made);
    return [this.looks[name]];
  }

  private look(
    name: string,
    image: aws.ecr.GetImageArgs,
    remedy: string,
    made: pulumi.Resource,
  ): pulumi.Output<pulumi.Resource> {
    const found = () => aws.ecr.getImage(image, { parent: this });
    if (pulumi.runtime.isDryRun()) {
      const warned = found().catch((error: Error) =>
        pulumi.log.warn(`${name} is not there yet, or cannot be looked at: ${error.message}. ${remedy}`, this),
      );
      return pulumi.output(warned).apply(() => made);
    }
    return made.urn.apply(() =>
      found().then(
        () => made,
        (error: Error) => {
          throw new pulumi.RunError(`${name} is not there: ${error.message}. ${remedy}`);
        },
      ),
    );
  }

  private repository(image: string) {
    const found = this.repositories[image];
    if (!found) {
      const names = Object.keys(this.repositories).join(", ");
      throw new Error(`image "${image}" has no repository; there are: ${names}`);
    }
    return found;
  }
}

function remedy(url: string, tag: string): string {
  const [registry] = url.split("/");
  const below = url.slice(0, url.lastIndexOf("/"));
  return `An update makes its repository and ends there: then sign in to ${registry}, run \`make images PUSH=${below} TAG=${tag}\`, and update again.`;
}

function lifecycleRule(rulePriority: number, selection: Record<string, string>, countNumber: number) {
  return { rulePriority, selection: { ...selection, countNumber }, action: { type: "expire" } };
}
