/** Requests that a policy is there for, each with a resource and the conditions that it is asked under. */
import type { PolicyStatement } from "../../../components/lib/statements";
import type { Request } from "../../support/policyEvaluator";

/** Something that a pattern stands for. */
const concrete = (pattern: string) => pattern.replace(/\$\{([^}]+)\}/g, "own").replaceAll("*", "x1");

function contextOf(statement: PolicyStatement): NonNullable<Request["context"]> {
  const context: NonNullable<Request["context"]> = {};
  const variables = [...statement.Resource, JSON.stringify(statement.Condition ?? {})].join(" ");
  for (const [, name = ""] of variables.matchAll(/\$\{([^}]+)\}/g)) context[name] = "own";
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const [first = ""] = [wanted].flat();
      if (operator === "Null") {
        if (first === "false") context[key] ??= "x1";
        continue;
      }
      context[key] = operator.startsWith("ForA") ? [concrete(first)] : concrete(first);
    }
  }
  return context;
}

/** One request for each action and resource that a policy names. */
export function requestsOf(statements: readonly PolicyStatement[]): Request[] {
  return statements
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap((statement) =>
      statement.Action.flatMap((action) =>
        statement.Resource.map((resource) => ({ action, resource: concrete(resource), context: contextOf(statement) })),
      ),
    );
}

/** As lines that people read and change: actions, then what they are asked of, then under which conditions. */
export function written(requests: readonly Request[]): string[] {
  const byTarget = new Map<string, Set<string>>();
  for (const { action, resource, context = {} } of requests) {
    const conditions = Object.entries(context).map(([key, value]) => `${key}=${[value].flat().join("|")}`);
    const target = [resource, ...conditions].join(" ");
    byTarget.set(target, (byTarget.get(target) ?? new Set()).add(action));
  }
  return [...byTarget].map(([target, actions]) => `${[...actions].sort().join(",")} ${target}`).sort();
}

const lists = /CopyTargets$|LeadingKeys$|TagKeys$/;

export function read(line: string): Request[] {
  const [actions = "", resource = "", ...conditions] = line.split(" ");
  const context = Object.fromEntries(
    conditions.map((condition) => {
      const at = condition.indexOf("=");
      const key = condition.slice(0, at);
      const value = condition.slice(at + 1);
      return [key, lists.test(key) ? value.split("|") : value];
    }),
  );
  return actions.split(",").map((action) => ({ action, resource, context }));
}
