import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ObjectStore } from "../contracts/foundation";
import { serviceRole } from "../foundation/serviceRole";
import { examplesKey, type NotebookRole, type StudioScope, workInNotebook } from "../identity/policies/studio";

/** One notebook instance, and what it may do. */
export interface NotebookArgs {
  account: AwsAccount;
  /** Name in the account, at most 63 characters. */
  instanceName: string;
  role: NotebookRole;
  instanceType: string;
  /** Volume with the home, in GiB. */
  volumeGiB: number;
  subnetId: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  /** Holds the examples, with the key that encrypts the volume. */
  store: ObjectStore;
  scope: pulumi.Input<StudioScope>;
  /** The examples must be there before the first start. */
  examples: pulumi.Resource;
}

/**
 * Brings the examples at every start. What a person has changed stays so. It runs as root and has five minutes.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/notebook-lifecycle-config.html
 */
export const bringExamples = (bucketName: string) => `#!/bin/bash
set -euo pipefail
folder=/home/ec2-user/SageMaker/examples
archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
aws s3 cp --only-show-errors 's3://${bucketName}/${examplesKey}' "$archive"
mkdir -p "$folder"
unzip -nq "$archive" -d "$folder"
chown -R ec2-user:ec2-user "$folder"
`;

/**
 * A notebook instance inside the VPC: it reaches what Studio's notebooks reach, nobody is root, the metadata service takes requests with
 * a session alone. It is billed until it is stopped. Its network interface is made by who makes the instance, so its role, which whoever opens
 * it has, touches none.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/appendix-notebook-and-internet-access.html
 */
export class Notebook extends pulumi.ComponentResource {
  readonly instanceName: pulumi.Output<string>;

  constructor(name: string, args: NotebookArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:studio:Notebook", name, {}, opts);
    const child = { parent: this };
    const { account, store, instanceName } = args;
    const statements = pulumi
      .output(args.scope)
      .apply((scope) => workInNotebook(account, args.role, scope, instanceName));
    const { arn: roleArn } = serviceRole(name, { account, service: "sagemaker.amazonaws.com", statements }, child);
    const start = new aws.sagemaker.NotebookInstanceLifecycleConfiguration(
      name,
      {
        onStart: store.bucketName.apply((bucket) => Buffer.from(bringExamples(bucket)).toString("base64")),
      },
      child,
    );
    const instance = new aws.sagemaker.NotebookInstance(
      name,
      {
        name: instanceName, // People type it, and its log is called after it.
        roleArn,
        instanceType: args.instanceType,
        volumeSize: args.volumeGiB,
        platformIdentifier: "notebook-al2023-v1",
        subnetId: args.subnetId,
        securityGroups: [args.securityGroupId],
        directInternetAccess: "Disabled",
        rootAccess: "Disabled",
        instanceMetadataServiceConfiguration: { minimumInstanceMetadataServiceVersion: "2" },
        lifecycleConfigName: start.name,
        ...(store.keyArn === undefined ? {} : { kmsKeyId: store.keyArn }),
      },
      { ...child, dependsOn: args.examples },
    );
    this.instanceName = instance.name;
    this.registerOutputs({ instanceName: this.instanceName });
  }
}
