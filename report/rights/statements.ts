/** A statement of a policy, as IAM reads it. */
export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Statements of whatever holds a policy; undefined where it is not known before the update. */
export function statementsIn(inputs: Record<string, unknown>): Statement[] | undefined {
  const text = inputs.policy ?? inputs.policyDocument ?? inputs.assumeRolePolicy ?? inputs.resourcePolicy;
  if (text === undefined) return [];
  try {
    const { Statement: found = [] } = JSON.parse(String(text)) as { Statement?: Statement | Statement[] };
    // A lifecycle policy has rules and no statements.
    return [found].flat();
  } catch {
    return undefined;
  }
}

/** Marks of generated names, such as `-48c12e9`: another one each time that a thing is made anew. */
const generated = /-[0-9a-f]{7}(?=$|[^0-9a-z])/g;

export const withoutMarks = (text: string): string => text.replace(generated, "");
