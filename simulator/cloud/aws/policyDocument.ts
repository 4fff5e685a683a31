/** Writes a policy document as `aws.iam.getPolicyDocument` does. */
import type { Properties, Value } from "../values";

interface Statement {
  sid?: string;
  effect?: string;
  actions?: string[];
  notActions?: string[];
  resources?: string[];
  notResources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  notPrincipals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

export function policyDocumentOf(args: Properties): Properties {
  const merged: Value[] = [];
  const add = (statements: Value[], replace: boolean) => {
    for (const statement of statements) {
      const index = statement.Sid === undefined ? -1 : merged.findIndex(({ Sid }) => Sid === statement.Sid);
      if (index >= 0 && replace) merged[index] = statement;
      else merged.push(statement);
    }
  };
  for (const document of args.sourcePolicyDocuments ?? []) add([JSON.parse(document).Statement ?? []].flat(), false);
  add((args.statements ?? []).map(written), true);
  for (const document of args.overridePolicyDocuments ?? []) add([JSON.parse(document).Statement ?? []].flat(), true);
  const document = {
    Version: args.version ?? "2012-10-17",
    ...(args.policyId === undefined ? {} : { Id: args.policyId }),
    Statement: merged,
  };
  return { id: "simulated", json: JSON.stringify(document, null, 2), minifiedJson: JSON.stringify(document) };
}

function written(statement: Statement): Value {
  return {
    ...(statement.sid ? { Sid: statement.sid } : {}),
    Effect: statement.effect ?? "Allow",
    ...(statement.principals ? { Principal: principals(statement.principals) } : {}),
    ...(statement.notPrincipals ? { NotPrincipal: principals(statement.notPrincipals) } : {}),
    ...(statement.actions ? { Action: single(statement.actions) } : {}),
    ...(statement.notActions ? { NotAction: single(statement.notActions) } : {}),
    ...(statement.resources ? { Resource: single(statement.resources) } : {}),
    ...(statement.notResources ? { NotResource: single(statement.notResources) } : {}),
    ...(statement.conditions?.length ? { Condition: conditions(statement.conditions) } : {}),
  };
}

function single(values: string[]): string | string[] {
  return values.length === 1 ? values[0]! : [...values].sort();
}

function principals(given: { type: string; identifiers: string[] }[]): Value {
  if (given.length === 1 && given[0]!.type === "*") return "*";
  return Object.fromEntries(given.map(({ type, identifiers }) => [type, single(identifiers)]));
}

function conditions(given: { test: string; variable: string; values: string[] }[]): Value {
  const byTest: Record<string, Record<string, string | string[]>> = {};
  for (const { test, variable, values } of given) {
    byTest[test] ??= {};
    byTest[test][variable] = single(values);
  }
  return byTest;
}
