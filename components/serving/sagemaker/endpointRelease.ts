import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bundleFunction } from "../../../functions/bundle";
import type { AwsAccount } from "../../foundation/account";
import { checkEndpoints } from "../../identity/policies/sagemaker";
import { policyDocument, trustService } from "../../identity/statements";

/** The function that reads back what is live, and takes away what a gone endpoint has left. */
export interface EndpointReleaseArgs {
  account: AwsAccount;
  /** With which names of endpoints begin. */
  stackName: string;
  /** Encrypts its log. */
  keyArn?: pulumi.Input<string> | undefined;
  logGroupName: string;
  logRetentionDays: number;
}

/** Waiting for an update that is still under way. */
const timeoutSeconds = 300;
const memoryMiB = 256;

/** One Lambda function for all endpoints of the stack. It calls SageMaker alone, so it needs no VPC. */
export class EndpointRelease extends pulumi.ComponentResource {
  /** Known once the function may do what it is for. */
  readonly functionName: pulumi.Output<string>;

  constructor(name: string, args: EndpointReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:EndpointRelease", name, {}, opts);
    const child = { parent: this };
    const bundle = bundleFunction("endpointRelease");
    const logs = new aws.cloudwatch.LogGroup(
      name,
      {
        name: args.logGroupName,
        retentionInDays: args.logRetentionDays,
        ...(args.keyArn === undefined ? {} : { kmsKeyId: args.keyArn }),
      },
      child,
    );
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("lambda.amazonaws.com", args.account.accountId) },
      child,
    );
    const granted = new aws.iam.RolePolicy(
      name,
      {
        role: role.id,
        policy: logs.arn.apply((arn) => policyDocument(checkEndpoints(args.account, arn, args.stackName))),
      },
      child,
    );
    const made = new aws.lambda.Function(
      name,
      {
        description: "Reads back which configuration of an endpoint is live",
        runtime: "nodejs22.x",
        architectures: ["arm64"],
        handler: "index.handler",
        code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset(bundle.file) }),
        role: role.arn,
        timeout: timeoutSeconds,
        memorySize: memoryMiB,
        loggingConfig: { logFormat: "JSON", logGroup: logs.name },
      },
      { ...child, dependsOn: [granted] },
    );
    this.functionName = made.name;
    this.registerOutputs({ functionName: this.functionName });
  }
}

/**
 * Deletes, once it is deleted itself, what others made for an endpoint: so whatever they were made for must depend on it.
 * @see https://www.pulumi.com/registry/packages/aws/api-docs/lambda/invocation/
 */
export function leftovers(
  name: string,
  functionName: pulumi.Input<string>,
  endpointName: string,
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Invocation {
  return new aws.lambda.Invocation(
    name,
    {
      functionName,
      lifecycleScope: "CRUD",
      input: JSON.stringify({ action: "leftovers", endpointName, namePrefix: `${endpointName}--` }),
    },
    opts,
  );
}
