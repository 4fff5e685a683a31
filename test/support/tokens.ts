import type { PolicyStatement } from "../../components/lib/statements";
import { allowed } from "./policyEvaluator";

/** A token of a job, as AWS sees it. */
export interface Token {
  /** Who signed it, without scheme. */
  issuer: string;
  audience: string;
  subject: string;
}

const accountId = "000000000000";
const resource = `arn:aws:iam::${accountId}:role/wanted`;

type TrustStatement = Omit<PolicyStatement, "Resource" | "Sid"> & { Principal: { Federated: string[] } };

/**
 * Whether a role is given for a token. AWS takes the provider of the issuer for the one who asks; the claims are conditions, decided as those of any
 * policy. The simulator knows no trust by tokens, so that who asks is compared here.
 */
export function givenFor(trust: string, { issuer, audience, subject }: Token): boolean {
  const provider = `arn:aws:iam::${accountId}:oidc-provider/${issuer}`;
  const statements = (JSON.parse(trust) as { Statement: TrustStatement[] }).Statement.filter(({ Principal }) =>
    Principal.Federated.includes(provider),
  ).map(({ Principal: _, ...rest }, at) => ({ Sid: `Trust${at}`, Resource: [resource], ...rest }));
  return allowed(statements, {
    action: "sts:AssumeRoleWithWebIdentity",
    resource,
    context: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: subject },
  });
}
