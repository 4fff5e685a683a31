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
    const adopted = tags[stackTag] !== owner;
    if (adopted && !clientIdLists.includes(issuer.audience)) {
      throw problem(
        `a provider of the account that takes tokens for ${issuer.audience}; it has one for ${clientIdLists.join(", ")}`,
        `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${issuer.audience}`,
      );
    }
    return { ...issuer, arn, adopted };
  } catch (error) {
    if (error instanceof SettingsProblems) throw error;
    const answer = error instanceof Error ? error.message : String(error);
    if (absent.test(answer)) return { ...issuer, arn, adopted: false };
    throw problem(
      "an issuer of tokens that can be looked for in IAM",
      `Allow iam:GetOpenIDConnectProvider. AWS says: ${answer}`,
    );
  }
}

/** The account's trust in a git host: made, or as somebody else has made it. */
export class TokenProvider extends pulumi.ComponentResource {
  readonly arn: string;
  readonly issuer: string;
  readonly audience: string;
  /** Depend on these before a role names it. */
  readonly ready: Dependency[];

  /** @param retain whether it stays when its program goes, since other stacks of the account may lean on it */
  constructor(
    name: string,
    { arn, issuer, audience, adopted, retain }: FoundTokenProvider & { retain: boolean },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("mlplatform:delivery:TokenProvider", name, {}, opts);
    const made = adopted
      ? []
      : [
          new aws.iam.OpenIdConnectProvider(
            name,
            { url: `https://${issuer}`, clientIdLists: [audience] },
            { parent: this, retainOnDelete: retain },
          ),
        ];
    this.arn = arn;
    this.issuer = issuer;
    this.audience = audience;
    this.ready = [this, ...made];
    this.registerOutputs();
  }
}
