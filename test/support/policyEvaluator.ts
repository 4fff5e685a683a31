import { runUnsafeSimulation } from "@cloud-copilot/iam-simulate";
import type { PolicyStatement } from "../../components/lib/statements";

/** What somebody asks of AWS. */
export interface Request {
  action: string;
  /** ARN, or `*` for what has none. */
  resource: string;
  /** Condition keys with their values; a key that is not here is not in the request. */
  context?: Record<string, string | string[]>;
}

const accountId = "000000000000";
const principal = `arn:aws:iam::${accountId}:role/asks`;

/**
 * Keys are nobody's by identity policies unless their own policies let the account decide, as those of the stack do. The simulator takes no policy
 * of a resource without validation, so that it is told of a service that has none.
 */
const decidedByAccount = (action: string) => action.replace(/^kms:/, "keys:");

/**
 * Whether identity policies of one account allow a request, as IAM decides: no boundary, no policy of a resource, no service control policy.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function allowed(statements: readonly PolicyStatement[], { action, resource, context = {} }: Request): boolean {
  if (statements.length === 0) return false;
  const Statement = statements.map((each) => ({ ...each, Action: each.Action.map(decidedByAccount) }));
  const result = runUnsafeSimulation(
    {
      request: {
        ...{ principal, action: decidedByAccount(action) },
        resource: { resource, accountId },
        contextVariables: context,
      },
      identityPolicies: [{ name: "policy", policy: { Version: "2012-10-17", Statement } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  return result === "Allowed";
}
