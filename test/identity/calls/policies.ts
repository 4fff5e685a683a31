import type { PolicyStatement } from "../../../components/lib/statements";
import type { Registration } from "../../support/record";

/** What one role of a stack may do. */
export interface RolePolicy {
  /** Logical name of its policy. */
  role: string;
  statements: PolicyStatement[];
}

export function policiesOf(all: readonly Registration[]): RolePolicy[] {
  return all
    .filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy")
    .map(({ name, inputs }) => ({ role: name, statements: JSON.parse(inputs.policy as string).Statement }));
}

/** A policy without one action of one statement. */
export interface Mutant {
  sid: string;
  action: string;
  statements: PolicyStatement[];
}

export function mutantsOf(statements: readonly PolicyStatement[]): Mutant[] {
  return statements.flatMap((statement, at) =>
    statement.Effect === "Deny"
      ? []
      : statement.Action.map((action) => ({
          sid: statement.Sid,
          action,
          statements: statements
            .map((each, other) =>
              other === at ? { ...each, Action: each.Action.filter((kept) => kept !== action) } : each,
            )
            .filter(({ Action }) => Action.length > 0),
        })),
  );
}
