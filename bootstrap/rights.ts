import { stackTag } from "../components/foundation/awsProvider";
import type { Names } from "../components/identity/policies/stackCalls/kind";
import {
  handOver,
  lookAtNamed,
  lookUp,
  type NamedBySettings,
  neverTouch,
  openThrough,
  readState,
  type StackState,
  writeState,
} from "../components/identity/policies/stackRoles";
import type { DenyStatement, PolicyStatement } from "../components/lib/statements";
import type { MadeRole } from "./names";

/** What a role's rights are about. */
export interface RightsScope {
  names: Names;
  /** Names of the roles that are made here. */
  roles: Record<MadeRole, string>;
  state: StackState;
  named: NamedBySettings;
}

/** The role's own rights, beside those of the policies that it shares with others. */
export function rightsOf(
  role: MadeRole,
  { names, roles, state, named }: RightsScope,
): (PolicyStatement | DenyStatement)[] {
  switch (role) {
    case "preview":
      return [
        ...readState(state),
        ...lookUp(names),
        ...lookAtNamed(names, named),
        openThrough(names, ["secretsmanager"]),
      ];
    case "deploy":
      return [
        ...writeState(state),
        ...lookAtNamed(names, named),
        ...handOver(names),
        ...neverTouch(names, { tag: stackTag, roles: Object.values(roles), state, offers: named.offers }),
      ];
    case "drift":
      return [...readState(state), openThrough(names, ["s3", "secretsmanager"])];
  }
}
