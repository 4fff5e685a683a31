/** What the platform's function `packageVersions` does when it is invoked; the simulated Lambda runs no code. */
import { Account, type Existing } from "../account";

/** A version in a package group. No program makes one: training's runs do. */
export const modelPackage = "simulated:modelPackage";

/** Versions of a group, by the group's name. */
export function versionsOf(account: Account, groupName: string): Existing[] {
  return [...account.ofType(modelPackage)].filter(({ inputs }) => inputs.modelPackageGroupName === groupName);
}

/** What goes together with an invocation: the versions of the group that it names. */
export function packagesOfRelease({ inputs }: Existing, account: Account): string[] {
  if (!/training-packages/i.test(String(inputs.functionName)) || typeof inputs.input !== "string") return [];
  const { groupName, keep } = JSON.parse(inputs.input) as { groupName?: string; keep?: boolean };
  if (keep !== false) return [];
  return versionsOf(account, groupName ?? "").map(({ type, scope, id }) => Account.key(type, scope, id));
}
