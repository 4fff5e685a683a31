import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../../contracts/account";
import { lambdaFunction } from "../../foundation/lambdaFunction";
import { checkEndpoints } from "../../identity/policies/sagemaker";

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

/** One Lambda function for all endpoints of the stack. It calls SageMaker alone, so it needs no VPC. */
export class EndpointRelease extends pulumi.ComponentResource {
  /** Known once the function may do what it is for. */
  readonly functionName: pulumi.Output<string>;

  constructor(name: string, args: EndpointReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:serving:EndpointRelease", name, {}, opts);
    const child = { parent: this };
    const made = lambdaFunction(
      name,
      {
        account: args.account,
        source: "endpointRelease",
        description: "Reads back which configuration of an endpoint is live",
        timeoutSeconds,
        statements: (logGroupArn) => logGroupArn.apply((arn) => checkEndpoints(args.account, arn, args.stackName)),
        log: { name: args.logGroupName, retentionDays: args.logRetentionDays, keyArn: args.keyArn },
      },
      child,
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
