import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { liveTagPrefix } from "../lib/endpointName";
import type { AwsFoundationSettings } from "../settings/foundation";

/** Tag that no other stack's resources carry. */
export const stackTag = "mlplatform/stack";

/** Name of a stack, this one where none is named, among all stacks of an account, such as `mlplatform-dev`. */
export function stackName(stack = pulumi.getStack()): string {
  return `${pulumi.getProject()}-${stack}`;
}

/** Tags of everything the stack makes, by hand where the provider's default tags do not reach. */
export function stackTags(settings: AwsFoundationSettings): Record<string, string> {
  return { ...settings.tags, [stackTag]: stackName() };
}

/** The one provider through which the stack touches AWS. */
export function awsProvider(settings: AwsFoundationSettings): aws.Provider {
  return new aws.Provider("aws", {
    region: settings.region as aws.Region,
    ignoreTags: { keyPrefixes: [liveTagPrefix] },
    defaultTags: { tags: stackTags(settings) },
    ...(settings.accountId === undefined ? {} : { allowedAccountIds: [settings.accountId] }),
    ...(settings.assumeRoleArn === undefined
      ? {}
      : { assumeRoles: [{ roleArn: settings.assumeRoleArn, sessionName: stackName() }] }),
  });
}
