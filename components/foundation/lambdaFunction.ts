import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bundleFunction } from "../../functions/bundle";
import type { AwsAccount } from "../contracts/account";
import { after, type Dependency } from "../lib/dependencies";
import { shortened } from "../lib/mark";
import type { PolicyStatement } from "../lib/statements";
import { serviceRole } from "./serviceRole";

/** A function of the folder `functions`, as a Lambda function. */
export interface LambdaFunctionArgs {
  account: AwsAccount;
  /** Name of its folder. */
  source: string;
  /** Given where others know it by name, see {@link functionNameOf}; named by Pulumi otherwise. */
  functionName?: string;
  description: string;
  timeoutSeconds: number;
  environment?: Record<string, pulumi.Input<string>> | undefined;
  /** What it may do, given where it writes its log. */
  statements: (logGroupArn: pulumi.Output<string>) => pulumi.Input<PolicyStatement[]>;
  /** Where it is in the network; absent for one that calls AWS alone. */
  vpc?: {
    subnetIds: pulumi.Input<string[]>;
    securityGroupId: pulumi.Input<string>;
    /** What must be there before it is started. */
    ready: Dependency[];
  };
  log: {
    /** Given where others must know it; named by Pulumi otherwise. */
    name?: string;
    retentionDays: number;
    /** Encrypts it. */
    keyArn?: pulumi.Input<string> | undefined;
  };
}

const memoryMiB = 256;
/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
const longestName = 64;

/** Name of a function of the stack by what it is for. */
export const functionNameOf = (stack: string, purpose: string) =>
  `${shortened(stack, longestName - purpose.length - 1)}-${purpose}`;

/**
 * The function with a role and a log of its own, as children of whoever asks. What it gives out is known once the function may do what it is for.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function lambdaFunction(
  name: string,
  args: LambdaFunctionArgs,
  child: { parent: pulumi.Resource },
): aws.lambda.Function {
  const { account, log, vpc } = args;
  const bundle = bundleFunction(args.source);
  const logs = new aws.cloudwatch.LogGroup(
    name,
    {
      ...(log.name === undefined ? {} : { name: log.name }),
      retentionInDays: log.retentionDays,
      ...(log.keyArn === undefined ? {} : { kmsKeyId: log.keyArn }),
    },
    child,
  );
  const role = serviceRole(
    name,
    { account, service: "lambda.amazonaws.com", statements: args.statements(logs.arn) },
    child,
  );
  const inNetwork = vpc
    ? [
        new aws.iam.RolePolicyAttachment(
          name,
          {
            role: role.name,
            // Lambda checks for the network interface permissions of this policy when it puts a function into a VPC.
            policyArn: `arn:${account.partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess`,
          },
          child,
        ),
      ]
    : [];
  return new aws.lambda.Function(
    name,
    {
      ...(args.functionName === undefined ? {} : { name: args.functionName }),
      description: args.description,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      code: new pulumi.asset.AssetArchive({ "index.js": new pulumi.asset.FileAsset(bundle.file) }),
      role: role.arn,
      timeout: args.timeoutSeconds,
      memorySize: memoryMiB,
      ...(vpc ? { vpcConfig: { subnetIds: vpc.subnetIds, securityGroupIds: [vpc.securityGroupId] } } : {}),
      ...(args.environment ? { environment: { variables: args.environment } } : {}),
      loggingConfig: { logFormat: "JSON", logGroup: logs.name },
    },
    { ...child, dependsOn: after(...inNetwork, ...(vpc?.ready ?? [])) },
  );
}
