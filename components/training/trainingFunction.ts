import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bundleFunction } from "../../functions/bundle";
import type { AwsAccount } from "../foundation/account";
import { type PolicyStatement, policyDocument, trustService } from "../identity/statements";

/** One of the functions of the folder `functions` that training asks. */
export interface TrainingFunctionArgs {
  account: AwsAccount;
  /** Name of its folder. */
  source: string;
  description: string;
  timeoutSeconds: number;
  environment?: Record<string, pulumi.Input<string>>;
  /** What it may do, given where it writes its log. */
  statements: (logGroupArn: pulumi.Output<string>) => pulumi.Input<PolicyStatement[]>;
  /** Encrypts its log. */
  keyArn?: pulumi.Input<string>;
  logRetentionDays: number;
}

const memoryMiB = 256;

/** A function with a role and a log of its own. It calls AWS alone, so it needs no VPC. */
export class TrainingFunction extends pulumi.ComponentResource {
  /** Known once the function may do what it is for. */
  readonly arn: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: TrainingFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:training:TrainingFunction", name, {}, opts);
    const child = { parent: this };
    const bundle = bundleFunction(args.source);
    const logs = new aws.cloudwatch.LogGroup(
      name,
      { retentionInDays: args.logRetentionDays, ...(args.keyArn === undefined ? {} : { kmsKeyId: args.keyArn }) },
      child,
    );
    const role = new aws.iam.Role(
      name,
      { assumeRolePolicy: trustService("lambda.amazonaws.com", args.account.accountId) },
      child,
    );
    const policy = pulumi.output(args.statements(logs.arn)).apply(policyDocument);
    const permitted = new aws.iam.RolePolicy(name, { role: role.id, policy }, child);
    const made = new aws.lambda.Function(
      name,
      {
        description: args.description,
        runtime: "nodejs22.x",
        architectures: ["arm64"],
        handler: "index.handler",
        code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset(bundle.file) }),
        role: role.arn,
        timeout: args.timeoutSeconds,
        memorySize: memoryMiB,
        loggingConfig: { logFormat: "JSON", logGroup: logs.name },
        ...(args.environment ? { environment: { variables: args.environment } } : {}),
      },
      { ...child, dependsOn: [permitted] },
    );
    this.arn = made.arn;
    this.name = made.name;
    this.registerOutputs({ arn: this.arn });
  }
}
