import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { WorkloadIdentity } from "../contracts/foundation";
import { writePodLogs } from "../identity/policies/monitoring";
import type { Dependency } from "../lib/dependencies";

/** Whose lines get a log group, and who may write there. */
export interface PodLogGroupsArgs {
  account: AwsAccount;
  /** With which the names of the groups begin. */
  prefix: string;
  namespaces: readonly string[];
  retentionDays: number;
  /** Encrypts the groups. */
  keyArn?: pulumi.Input<string>;
  identity: WorkloadIdentity;
  /** Service account of the pods that write. */
  writer: { namespace: string; serviceAccount: string };
}

/** A log group for each namespace, which goes with the stack. */
export class PodLogGroups extends pulumi.ComponentResource {
  /** Depend on these before writing. */
  readonly ready: Dependency[];

  constructor(name: string, args: PodLogGroupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:PodLogGroups", name, {}, opts);
    const child = { parent: this };
    const names = args.namespaces.map((namespace) => `${args.prefix}${namespace}`);
    const groups = args.namespaces.map(
      (namespace, at) =>
        new aws.cloudwatch.LogGroup(
          `${name}-${namespace}`,
          {
            name: names[at]!,
            retentionInDays: args.retentionDays,
            ...(args.keyArn === undefined ? {} : { kmsKeyId: args.keyArn }),
          },
          child,
        ),
    );
    const granted = args.identity.grant(name, { ...args.writer, statements: writePodLogs(args.account, names) }, child);
    this.ready = [...groups, granted];
    this.registerOutputs();
  }
}
