import type { PolicyStatement } from "../../components/identity/statements";

/** What somebody asks of AWS. */
export interface Request {
  action: string;
  /** ARN, or `*` for what has none. */
  resource: string;
  /** Condition keys with their values; a key that is not here is not in the request. */
  context?: Record<string, string | string[]>;
}

/**
 * Whether policies allow a request, as IAM decides: what no statement allows is denied, and a Deny goes before every Allow.
 * Identity policies of one account alone: no boundary, no policy of a resource, no service control policy.
 * Variables of policies stand for what the request says of them.
 * @throws for a condition operator it does not know, so that no test passes by chance
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function allowed(statements: readonly PolicyStatement[], { action, resource, context = {} }: Request): boolean {
  const known = (pattern: string) =>
    pattern.replace(/\$\{([^}]+)\}/g, (variable, key) => [context[key] ?? variable].flat().join());
  const fitting = statements.filter(
    (statement) =>
      statement.Action.some((pattern) => fits(pattern, action, "i")) &&
      statement.Resource.some((pattern) => fits(known(pattern), resource)) &&
      Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
        Object.entries(keys).every(([key, wanted]) => holds(operator, [wanted].flat().map(known), context[key])),
      ),
  );
  return fitting.some(({ Effect }) => Effect === "Allow") && !fitting.some(({ Effect }) => Effect === "Deny");
}

/** `*` stands for anything and `?` for one character; in actions small and large letters are the same. */
function fits(pattern: string, value: string, flags = ""): boolean {
  const text = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*");
  return new RegExp(`^${text.replace(/\?/g, ".")}$`, flags).test(value);
}

const comparisons: Record<string, (pattern: string, value: string) => boolean> = {
  StringEquals: (pattern, value) => pattern === value,
  StringLike: (pattern, value) => fits(pattern, value),
  ArnEquals: (pattern, value) => fits(pattern, value),
  ArnLike: (pattern, value) => fits(pattern, value),
  Bool: (pattern, value) => pattern === value,
};

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function holds(operator: string, wanted: string[], given: string | string[] | undefined): boolean {
  if (operator === "Null") return (given === undefined) === (wanted[0] === "true");
  const parts = /^(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$/.exec(operator);
  const [, set, name = "", ifExists] = parts ?? [];
  const negated = name.includes("Not");
  const compare = comparisons[name.replace("Not", "")];
  if (compare === undefined) throw new Error(`the evaluator does not know the condition operator ${operator}`);
  const all = set === "ForAllValues:";
  if (given === undefined) return ifExists !== undefined || all || (negated && set === undefined);
  const one = (value: string) => wanted.some((pattern) => compare(pattern, value)) !== negated;
  return all ? [given].flat().every(one) : [given].flat().some(one);
}
