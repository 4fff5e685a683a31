import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";
import type { DenyStatement, PolicyStatement, RepositoryPolicyStatement } from "../../components/lib/statements";
import type { Guardrail } from "../../guardrails/statement";

/** What somebody asks of AWS. */
export interface Request {
  action: string;
  /** ARN, or `*` for what has none. */
  resource: string;
  /** Condition keys with their values; a key that is not here is not in the request. */
  context?: Record<string, string | string[]>;
}

/** What narrows the policies of every role. */
export interface Guardrails {
  boundary?: Guardrail;
  serviceControl?: Guardrail;
}

/** What every account has from its organisation before anything is denied. */
const fullAccess = {
  name: "FullAWSAccess",
  policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
};

const accountId = "000000000000";
const principal = `arn:aws:iam::${accountId}:role/asks`;

/**
 * Keys are nobody's by identity policies unless their own policies let the account decide, as those of the stack do. The simulator takes no policy
 * of a resource without validation, so that it is told of a service that has none.
 */
const decidedByAccount = (action: string) => action.replace(/^kms:/, "keys:");

interface Acting {
  Action?: string[];
  NotAction?: string[];
}

/** Whether a statement can decide about an action. The simulator reads each anew for every request, so that it is not told of the others. */
function concerns({ Action, NotAction }: Acting, action: string): boolean {
  const asked = action.toLowerCase();
  return NotAction !== undefined || (Action ?? []).some((each) => /[*?$]/.test(each) || each.toLowerCase() === asked);
}

/** The statements of a policy that can decide about an action, for the simulator. */
const about = <T extends Acting>(statements: readonly T[], action: string): T[] =>
  statements
    .filter((each) => concerns(each, action))
    .map((each) => ({
      ...each,
      ...(each.Action && { Action: each.Action.map(decidedByAccount) }),
      ...(each.NotAction && { NotAction: each.NotAction.map(decidedByAccount) }),
    }));

/**
 * Whether identity policies of one account allow a request, as IAM decides: with no policy of a resource, and with those guardrails alone that are given.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function allowed(
  statements: readonly (PolicyStatement | DenyStatement)[],
  { action, resource, context = {} }: Request,
  { boundary, serviceControl }: Guardrails = {},
): boolean {
  const Statement = about<DenyStatement | PolicyStatement>(statements, action);
  if (Statement.length === 0) return false;
  const policy = (name: string, { Statement: said, Version }: Guardrail) => ({
    name,
    policy: { Version, Statement: about(said, action) },
  });
  const result = runUnsafeSimulation(
    {
      request: {
        ...{ principal, action: decidedByAccount(action) },
        resource: { resource, accountId },
        contextVariables: context,
      },
      identityPolicies: [{ name: "policy", policy: { Version: "2012-10-17", Statement } }],
      serviceControlPolicies:
        serviceControl === undefined
          ? []
          : [{ orgIdentifier: "account", policies: [fullAccess, policy("guardrail", serviceControl)] }],
      ...(boundary === undefined ? {} : { permissionBoundaryPolicies: [policy("boundary", boundary)] }),
      resourceControlPolicies: [],
    },
    {},
  );
  return result === "Allowed";
}

/** Somebody of one account who asks for what is another's. */
export interface Across {
  /** Account that asks, and what its own policies let it. */
  from: string;
  statements: readonly PolicyStatement[];
  /** Account of the resource, and what the resource's own policy says. */
  to: string;
  policy: readonly RepositoryPolicyStatement[];
}

/** The simulator knows no keys of conditions whose name is half the caller's: one that it knows stands for it, on both sides. */
const nameable = (text: string) => text.replaceAll("kms:EncryptionContext:aws:s3:arn", "kms:CallerAccount");

/**
 * Whether a request across accounts is allowed, which the policies of both have to say.
 * @throws when the simulator cannot read a policy or a request
 */
export async function allowedAcross(
  { from, statements, to, policy }: Across,
  { action, resource, context = {} }: Request,
): Promise<boolean> {
  const document = (Statement: readonly object[]) =>
    JSON.parse(nameable(JSON.stringify({ Version: "2012-10-17", Statement })));
  const result = await runSimulation(
    {
      request: {
        ...{ principal: `arn:aws:iam::${from}:role/asks`, action },
        resource: { resource, accountId: to },
        contextVariables: JSON.parse(nameable(JSON.stringify(context))),
      },
      identityPolicies: [{ name: "policy", policy: document(statements) }],
      ...(policy.length === 0 ? {} : { resourcePolicy: document(policy) }),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === "error") throw new Error(JSON.stringify(result.errors));
  return result.overallResult === "Allowed";
}
