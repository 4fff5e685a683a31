import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { stackName, stackTag } from "../awsProvider";

/**
 * An object of the program's own in a bucket. Objects take 10 tags where all else takes 50, so it carries the stack's tag and none of
 * `foundation.tags`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
export function storedFile(
  name: string,
  args: Pick<aws.s3.BucketObjectv2Args, "bucket" | "key" | "contentType" | "source">,
  opts: pulumi.CustomResourceOptions,
): aws.s3.BucketObjectv2 {
  return new aws.s3.BucketObjectv2(
    name,
    { ...args, tags: { [stackTag]: stackName() }, overrideProvider: { defaultTags: { tags: {} } } },
    opts,
  );
}
