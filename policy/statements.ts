/** A statement of a policy, as IAM reads it. */
export interface Statement {
  Sid?: string;
  Effect?: string;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
}

const keys = ["policy", "policyDocument", "assumeRolePolicy", "resourcePolicy", "accessPolicies"];

function parsed(document: unknown): Statement[] {
  try {
    const { Statement: found = [] } = (typeof document === "string" ? JSON.parse(document) : document) as {
      Statement?: Statement | Statement[];
    };
    return [found].flat();
  } catch {
    // Known after the update, or no document of IAM's.
    return [];
  }
}

/** Statements of every policy that a resource holds, and whether they are its trust: who may take the role. */
export function statementsOf(props: Record<string, unknown>): Statement[] {
  const inline = Array.isArray(props.inlinePolicies) ? props.inlinePolicies : [];
  const documents = [...keys.map((key) => props[key]), ...inline.map((each: { policy?: unknown }) => each?.policy)];
  return documents.filter((each) => each !== undefined && each !== null).flatMap(parsed);
}

/** Whether a statement is for anybody, of any account. */
export function forAnybody({ Principal }: Statement): boolean {
  const named = typeof Principal === "object" && Principal !== null ? (Principal as { AWS?: unknown }).AWS : Principal;
  return [named].flat().includes("*");
}
