/** What the platform's function `packageVersions` does when it is invoked; the simulated Lambda runs no code. */
import { Account, type Existing } from "../account";
import * as type from "./tokens";

/** A version in a package group. No program makes one: training's runs do. */
export const modelPackage = "simulated:modelPackage";

/** Versions of a group, by the group's name. */
export function versionsOf(account: Account, groupName: string): Existing[] {
  return [...account.ofType(modelPackage)].filter(({ inputs }) => inputs.modelPackageGroupName === groupName);
}

/** What goes together with an invocation: the versions of the group that it names. */
export function packagesOfRelease({ inputs }: Existing, account: Account): string[] {
  if (!/training-packages/i.test(String(inputs.functionName)) || typeof inputs.input !== "string") return [];
  const { groupName, keep, machineArn } = JSON.parse(inputs.input) as Record<string, string | boolean>;
  if (keep !== false || account.resolve([type.stateMachine], String(machineArn))) return [];
  return versionsOf(account, String(groupName)).map((each) => Account.key(each.type, each.scope, each.id));
}
