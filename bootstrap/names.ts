/** What the bootstrap calls what it makes: known before it is made, since workflows, stack files and people name it. */

import { deliveryRoleName } from "../components/delivery/roles";

/** Longest name of a bucket. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const longestBucketName = 63;

/** Roles that it makes; that for images is the platform's own, since it leans on the registry. */
export const madeRoles = ["preview", "deploy", "drift"] as const;
export type MadeRole = (typeof madeRoles)[number];

/** Names for one stack of the platform. */
export interface BootstrapNames {
  /** Such as `mlplatform-prod`. */
  stack: string;
  stateBucket: string;
  /** Alias of the key of the state's bucket. */
  stateKey: string;
  /** Alias of the key of the secrets in the state. */
  secretsKey: string;
  roles: Record<MadeRole, string>;
}

/** @param project name of the platform's project; @param environment name of the stack, such as `prod` */
export function bootstrapNames(project: string, environment: string, accountId: string): BootstrapNames {
  const stack = `${project}-${environment}`;
  return {
    stack,
    // Begins with another word than all that the platform makes, so that no right on the one is a right on the other.
    stateBucket: `pulumi-${stack}-${accountId}`,
    stateKey: `alias/${project}-state-${environment}`,
    secretsKey: `alias/${project}-secrets-${environment}`,
    roles: Object.fromEntries(
      madeRoles.map((role) => [role, deliveryRoleName(stack, role)]),
    ) as BootstrapNames["roles"],
  };
}

/** Longest name of a stack that has a bucket of that name. */
export const longestEnvironment = (project: string) =>
  longestBucketName - `pulumi-${project}--${"0".repeat(12)}`.length;

/** Where Pulumi keeps the state. @see https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3 */
export const backendUrl = ({ stateBucket }: BootstrapNames, region: string) => `s3://${stateBucket}?region=${region}`;

/** What encrypts secrets in the state. @see https://www.pulumi.com/docs/iac/concepts/secrets/#aws-key-management-service-kms */
export const secretsProvider = ({ secretsKey }: BootstrapNames, region: string) =>
  `awskms://${secretsKey}?region=${region}`;
