/** What gateways of a VPC let through. It is no permission: who may do it is said elsewhere. */
import type { AwsAccount } from "../../contracts/account";
import type { ResourcePolicyStatement } from "../../lib/statements";
import { allow } from "./terms";

/**
 * Buckets or tables of these accounts alone; of AWS's own buckets the one from which the registry hands out layers of images.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
 */
export function onlyAccounts(account: AwsAccount, service: string, accounts: string[]): ResourcePolicyStatement[] {
  const own = allow("Accounts", ["*"], ["*"], { StringEquals: { "aws:ResourceAccount": accounts } });
  const layers = `arn:${account.partition}:s3:::prod-${account.region}-starport-layer-bucket/*`;
  return [own, ...(service === "s3" ? [allow("ImageLayers", ["s3:GetObject"], [layers])] : [])].map((statement) => ({
    ...statement,
    Principal: "*" as const,
  }));
}

/** What AWS gives a gateway by itself. Said, since a policy that is left out stays as it was. */
export function anyAccount(): ResourcePolicyStatement[] {
  return [{ ...allow("Everything", ["*"], ["*"]), Principal: "*" }];
}
