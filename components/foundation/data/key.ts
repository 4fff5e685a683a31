import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { useKeyForCopies } from "../../identity/policies/backup";
import { administerKey, useKeyForLogs, useKeyForVolumes } from "../../identity/policies/data";
import { policyDocument, type ResourcePolicyStatement } from "../../lib/statements";
import type { DataProtection } from "./protection";

/** What a key is for, and what becomes of it when the stack goes. */
export interface KeyArgs {
  /** Shown in the console. */
  description: string;
  account: AwsAccount;
  /** Whether CloudWatch Logs may encrypt log groups with it. */
  forLogs: boolean;
  /** Whether whoever of the account uses EC2 may use it there, as volumes of nodes need: a key for nothing else. */
  forNodes?: boolean;
  /** Another account that gets copies of what the key encrypts, and may read them to encrypt them anew. */
  copiesTo?: string;
  /** What its own policy lets others do besides. */
  allowed?: ResourcePolicyStatement[];
  protection: DataProtection;
}

/** Days between asking for a key's deletion and losing what it encrypted; AWS allows 7 to 30. */
const deletionWindowDays = { kept: 30, dropped: 7 };

/**
 * A customer-managed encryption key that rotates every year.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
 */
export class Key extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: KeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Key", name, {}, opts);
    const child = { parent: this };
    const key = new aws.kms.Key(
      name,
      {
        description: args.description,
        enableKeyRotation: true,
        deletionWindowInDays: args.protection.keep ? deletionWindowDays.kept : deletionWindowDays.dropped,
        policy: policyDocument([
          ...administerKey(args.account),
          ...(args.forLogs ? useKeyForLogs(args.account) : []),
          ...(args.forNodes ? useKeyForVolumes(args.account) : []),
          ...(args.copiesTo === undefined ? [] : useKeyForCopies(args.account, args.copiesTo)),
          ...(args.allowed ?? []),
        ]),
      },
      { ...child, ...args.protection.options },
    );
    // The alias is how people find the key; it holds no data.
    new aws.kms.Alias(name, { name: `alias/${name}-${pulumi.getStack()}`, targetKeyId: key.id }, child);
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
