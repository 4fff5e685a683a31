import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { type PolicyStatement, policyDocument, trustService } from "../lib/statements";

/** A role that one service of AWS takes, on behalf of this account alone. */
export interface ServiceRoleArgs {
  account: Pick<AwsAccount, "accountId">;
  /** Such as `glue.amazonaws.com`. */
  service: string;
  /** What it may do. */
  statements: pulumi.Input<PolicyStatement[]>;
  /** Of the role's name in IAM; `/` where it is absent. */
  path?: string;
}

export interface ServiceRole {
  /** Known once the role may do what it is for: what has it comes after its permissions, and goes before them. */
  arn: pulumi.Output<string>;
  name: pulumi.Output<string>;
}

/**
 * A role and its permissions, as children of whoever asks.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
 */
export function serviceRole(name: string, args: ServiceRoleArgs, opts: pulumi.CustomResourceOptions): ServiceRole {
  const role = new aws.iam.Role(
    name,
    {
      ...(args.path === undefined ? {} : { path: args.path }),
      assumeRolePolicy: trustService(args.service, args.account.accountId),
    },
    opts,
  );
  const policy = pulumi.output(args.statements).apply(policyDocument);
  const permitted = new aws.iam.RolePolicy(name, { role: role.id, policy }, opts);
  return { arn: pulumi.all([role.arn, permitted.id]).apply(([arn]) => arn), name: role.name };
}
