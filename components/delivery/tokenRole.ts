import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../lib/dependencies";
import { type DenyStatement, type PolicyStatement, policyDocument, trustTokens } from "../lib/statements";
import type { TokenProvider } from "./tokenProvider";
import type { Subjects } from "./tokens";

/** A role that jobs of a git host take. */
export interface TokenRoleArgs {
  /** Whole name, since workflows name it before it is there. */
  roleName: string;
  description: string;
  provider: Pick<TokenProvider, "arn" | "issuer" | "audience" | "ready">;
  trusted: Subjects;
  statements: pulumi.Input<(PolicyStatement | DenyStatement)[]>;
  /** Hours that a job may keep it. */
  maxHours: number;
}

/** One role, which tokens of the trusted subjects get and no others do. */
export class TokenRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  /** For policies of the account that are attached to it. */
  readonly roleName: pulumi.Output<string>;
  readonly ready: Dependency[];

  constructor(name: string, args: TokenRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:delivery:TokenRole", name, {}, opts);
    const role = new aws.iam.Role(
      name,
      {
        name: args.roleName,
        description: args.description,
        maxSessionDuration: args.maxHours * 3600,
        assumeRolePolicy: trustTokens(args.provider, args.trusted),
      },
      { parent: this, dependsOn: after(...args.provider.ready) },
    );
    const permitted = new aws.iam.RolePolicy(
      name,
      { role: role.id, policy: pulumi.output(args.statements).apply(policyDocument) },
      { parent: this },
    );
    this.arn = role.arn;
    this.roleName = role.name;
    this.ready = [this, role, permitted];
    this.registerOutputs({ arn: this.arn });
  }
}
