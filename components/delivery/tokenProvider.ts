import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { stackTag } from "../foundation/awsProvider";
import type { Dependency } from "../lib/dependencies";
import type { DeliverySource } from "../settings/delivery";
import { SettingsProblems } from "../settings/problems";
import { type TokenIssuer, tokenIssuer } from "./tokens";

/** What the account has of an issuer: it takes one provider for each, whoever made it. */
export interface FoundTokenProvider extends TokenIssuer {
  arn: string;
  /** Whether it is there: made in an earlier run, also of a stack that was destroyed since. */
  exists: boolean;
  /** Whether somebody else made it, and so keeps it. */
  adopted: boolean;
}

/** What IAM answers where there is none. */
const absent = /NoSuchEntity|not found|couldn't find|does ?n[o']t exist/i;

/**
 * Looks whether the account trusts the host already. Its own tag tells a program that it made the provider in an earlier run.
 * @param owner tag that whoever asks puts on what it makes
 * @throws SettingsProblems where it cannot be looked at, or where it takes no tokens for AWS
 */
export async function lookAtTokenProvider(
  source: DeliverySource,
  { accountId, partition }: AwsAccount,
  owner: string,
  opts: pulumi.InvokeOptions,
): Promise<FoundTokenProvider> {
  const issuer = tokenIssuer(source);
  const arn = `arn:${partition}:iam::${accountId}:oidc-provider/${issuer.issuer}`;
  const problem = (allowed: string, remedy: string) =>
    new SettingsProblems([{ path: "delivery.source", value: issuer.issuer, allowed, remedy }]);
  try {
    const { clientIdLists, tags } = await aws.iam.getOpenIdConnectProvider({ arn }, opts);
    if (!clientIdLists.includes(issuer.audience)) {
      throw problem(
        `a provider of the account that takes tokens for ${issuer.audience}; it has one for ${clientIdLists.join(", ")}`,
        `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${issuer.audience}`,
      );
    }
    return { ...issuer, arn, exists: true, adopted: tags[stackTag] !== owner };
  } catch (error) {
    if (error instanceof SettingsProblems) throw error;
    const answer = error instanceof Error ? error.message : String(error);
    if (absent.test(answer)) return { ...issuer, arn, exists: false, adopted: false };
    throw problem(
      "an issuer of tokens that can be looked for in IAM",
      `Allow iam:GetOpenIDConnectProvider. AWS says: ${answer}`,
    );
  }
}

/**
 * The account's trust in a git host: made once, or as somebody else has made it. It stays when its stack goes, since the account has no second one and
 * other stacks lean on it; by itself it lets nobody in. A stack that comes back takes it over again, as its tag says.
 */
export class TokenProvider extends pulumi.ComponentResource {
  readonly arn: string;
  readonly issuer: string;
  readonly audience: string;
  /** Depend on these before a role names it. */
  readonly ready: Dependency[];

  constructor(
    name: string,
    { arn, issuer, audience, exists, adopted }: FoundTokenProvider,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("mlplatform:delivery:TokenProvider", name, {}, opts);
    const made = adopted
      ? []
      : [
          new aws.iam.OpenIdConnectProvider(
            name,
            { url: `https://${issuer}`, clientIdLists: [audience] },
            {
              parent: this,
              retainOnDelete: true,
              // The engine takes over what is not in its state, and passes over what is.
              ...(exists ? { import: arn } : {}),
              // The account's, not the stack's: what others add to it stays, and differs from what an import expects.
              ignoreChanges: ["clientIdLists", "tags", "tagsAll"],
            },
          ),
        ];
    this.arn = arn;
    this.issuer = issuer;
    this.audience = audience;
    this.ready = [this, ...made];
    this.registerOutputs();
  }
}
