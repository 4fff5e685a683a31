import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { shortened } from "../../lib/mark";
import type { DeliverySettings } from "../../settings/delivery";

/** Longest name of a connection. https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_CreateConnection.html */
const longestName = 32;

/**
 * The way to the git host: the one that the settings name, or one that a person must confirm once in the console before a pipeline can start.
 * @param stack name of the stack in the account
 */
export function connectionTo(
  name: string,
  { source, codePipeline }: Pick<DeliverySettings, "source" | "codePipeline">,
  stack: string,
  opts: pulumi.CustomResourceOptions,
): { arn: pulumi.Input<string>; made: aws.codeconnections.Connection[] } {
  if (codePipeline.connectionArn !== undefined) return { arn: codePipeline.connectionArn, made: [] };
  const connection = new aws.codeconnections.Connection(
    name,
    { name: shortened(stack, longestName), providerType: source.provider === "github" ? "GitHub" : "GitLab" },
    opts,
  );
  return { arn: connection.arn, made: [connection] };
}
