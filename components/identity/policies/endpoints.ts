/** What endpoints of a VPC let through. It is no permission: who may do it is said elsewhere. */
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

/**
 * Callers of these accounts alone, whatever they call: the images of add-ons are in registries of AWS, so resources are not narrowed. Services call as
 * themselves, and who signs in by a token has no account yet.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 * @see https://docs.aws.amazon.com/whitepapers/latest/building-a-data-perimeter-on-aws/perimeter-implementation.html
 */
export function onlyCallers(service: string, account: AwsAccount): ResourcePolicyStatement[] {
  const own = allow("OwnCallers", ["*"], ["*"], { StringEquals: { "aws:PrincipalAccount": account.accountId } });
  const services = allow("ServicesOfAws", ["*"], ["*"], { Bool: { "aws:PrincipalIsAWSService": "true" } });
  const role = `arn:${account.partition}:iam::${account.accountId}:role/*`;
  const unsigned = service === "sts" ? [allow("ByToken", ["sts:AssumeRoleWithWebIdentity"], [role])] : [];
  return [own, services, ...unsigned].map((statement) => ({ ...statement, Principal: "*" as const }));
}

/** What AWS gives an endpoint by itself. Said, since a policy that is left out stays as it was. */
export function anyAccount(): ResourcePolicyStatement[] {
  return [{ ...allow("Everything", ["*"], ["*"]), Principal: "*" }];
}
