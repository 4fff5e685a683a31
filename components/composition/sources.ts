import type { DataSource } from "../contracts/dataSource";
import { stackName } from "../foundation/awsProvider";
import { useWorkgroup } from "../identity/policies/catalog";
import { readSources } from "../identity/policies/sources";
import type { StoreArns } from "../identity/policies/stores";
import { asFolder } from "../lib/asFolder";
import type { PolicyStatement } from "../lib/statements";
import { hasCatalog } from "../settings/needs";
import type { Settings } from "../settings/settings";
import type { CloudContext } from "./surroundings";

/** The sources that somebody's `reads` names. */
export function sourcesOf({ data }: Pick<Settings, "data">, names: readonly string[]): DataSource[] {
  return names.flatMap((name) => {
    const source = data?.sources[name];
    if (source === undefined) return [];
    const { bucket, prefix, keyArn, database } = source;
    return [
      {
        ...{ name, bucket },
        ...(prefix === undefined ? {} : { folder: asFolder(prefix) }),
        ...(keyArn === undefined ? {} : { keyArn }),
        ...(database === undefined ? {} : { database }),
      },
    ];
  });
}

/** Lets somebody read them. */
export function readable({ settings, foundation }: CloudContext, names: readonly string[]): PolicyStatement[] {
  const { aws } = foundation;
  return aws === undefined ? [] : readSources(aws.account, sourcesOf(settings, names));
}

/** Lets somebody query tables of theirs, in the stack's workgroup. */
export function queries(
  { settings, foundation }: CloudContext,
  names: readonly string[],
  store: StoreArns,
): PolicyStatement[] {
  const { aws } = foundation;
  const tables = sourcesOf(settings, names).some(({ database }) => database !== undefined);
  return aws !== undefined && tables && hasCatalog(settings) ? useWorkgroup(aws.account, stackName(), store) : [];
}
