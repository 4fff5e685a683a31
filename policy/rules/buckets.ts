import { given, isOf, type Resource, unknown } from "../resource";

/** Both names that the type has had. */
export const bucketTypes: ReadonlySet<string> = new Set(["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"]);
export const isBucket = ({ type }: Resource): boolean => bucketTypes.has(type);

/** Parts of a bucket that are resources of their own, of either name that they have had. */
export const partsOf = (bucket: Resource, all: readonly Resource[], type: RegExp): Resource[] =>
  all.filter((each) => type.test(each.type) && isOf(each, bucket, "bucket"));

/**
 * Parts that the bucket has itself: one, or a list by the plural name where the type is `BucketV2`. The engine shows rules of a whole stack what resources
 * will have, not what was asked for: a part of which nothing was said is unknown there, and so says nothing.
 */
export const inline = ({ props }: Resource, part: string): unknown[] =>
  [props[part], props[`${part}s`]].flat().filter((each) => given(each) && each !== unknown);
