import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore } from "../contracts/foundation";
import { readModel } from "../identity/policies/serving";
import type { StoreArns } from "../identity/policies/stores";
import type { PolicyStatement } from "../lib/statements";
import type { CloudContext } from "./surroundings";

/** What is allowed on a bucket, once its name and its key are known. */
export function onStore<T>({ bucketArn, keyArn }: ObjectStore, of: (store: StoreArns) => T): pulumi.Output<T> {
  return pulumi.all([bucketArn, keyArn]).apply(([arn, key]) => of({ bucketArn: arn, keyArn: key })) as pulumi.Output<T>;
}

/** Lets somebody read a model at an address of a bucket, which may be one of the platform's own, whose objects its keys encrypt. */
export function readFrom({ foundation }: CloudContext, uri: string): pulumi.Output<PolicyStatement[]> {
  const { artifacts, data } = foundation.stores;
  const partition = foundation.aws!.account.partition;
  return pulumi
    .all([artifacts.keyArn, data.keyArn])
    .apply((keys) => readModel(uri, partition, [...new Set(keys.filter((key) => key !== undefined))]));
}
