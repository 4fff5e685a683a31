import type { Existing } from "../cloud/account";
import type { StateResource } from "../stackHome";

/** Packages whose resources are things of an account; the others compute values. */
const ofAccount = /^(aws|kubernetes):/;

const named = (urn: string) => `${urn.split("::")[2]!.split("$").at(-1)} "${urn.split("::").slice(3).join("::")}"`;

/**
 * Where the account and the record of a stack differ: what is there and in no record, what is recorded and not there, and what is there twice.
 * @param recorded resources of the engine's state
 */
export function disagreements(recorded: readonly StateResource[], existing: Iterable<Existing>): string[] {
  const key = ({ urn, id }: { urn: string; id?: unknown }) => `${urn} ${id}`;
  const known = recorded.filter(({ custom, external, type }) => custom && external !== true && ofAccount.test(type));
  const made = [...existing].filter(({ madeBy, type }) => madeBy === undefined && ofAccount.test(type));
  const [knownKeys, madeKeys] = [new Set(known.map(key)), new Set(made.map(key))];
  const times = new Map<string, number>();
  for (const { urn } of made) times.set(urn, (times.get(urn) ?? 0) + 1);
  return [
    ...made.filter((each) => !knownKeys.has(key(each))).map(({ urn, id }) => `${named(urn)} (${id}) is in no record`),
    ...known
      .filter((each) => !madeKeys.has(key(each)))
      .map(({ urn, id }) => `${named(urn)} (${id}) is recorded and gone`),
    ...[...times].filter(([, count]) => count > 1).map(([urn, count]) => `${named(urn)} is there ${count} times`),
  ];
}
