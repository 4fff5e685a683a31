import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore } from "../foundation/contracts";
import type { StoreArns } from "../identity/policies/stores";

/** What is allowed on a bucket, once its name and its key are known. */
export function onStore<T>({ bucketArn, keyArn }: ObjectStore, of: (store: StoreArns) => T): pulumi.Output<T> {
  return pulumi.all([bucketArn, keyArn]).apply(([arn, key]) => of({ bucketArn: arn, keyArn: key })) as pulumi.Output<T>;
}
