/**
 * Charts that could not be rendered. Their objects are missing from the account, so what would be served by them is taken
 * to be there: definitions of custom resources, and the controller a chart is named after.
 */
import { type Account, somebodyElse } from "./account";

/** What is said of a chart whose objects are not in the account. */
export const unexpandedNotice = (name: string, why: string) => `chart "${name}" registers no objects: ${why}`;

export const isUnexpandedNotice = (text: string) => /^chart "[^"]*" registers no objects: /.test(text);

const marker = "simulated:unexpandedChart";

/** Remembers that a chart was applied to a cluster unseen. */
export function rememberUnexpanded(account: Account, scope: string, chart: string): void {
  const id = chart
    .replace(/-\d+\.\d+\.\d+[^/]*\.tgz$/, "")
    .split("/")
    .pop()!;
  const common = { handles: [], claims: [], uses: [], inputs: {}, outputs: {}, generation: 0, madeBy: somebodyElse };
  account.put({ ...common, type: marker, name: id, urn: `${marker}:${scope}:${id}`, id, scope });
}

/** Whether a chart of this name, or any where none is given, was applied to the cluster unseen. */
export function appliedUnseen(account: Account, scope: string, chart?: string): boolean {
  return account.ofType(marker).some((each) => each.scope === scope && (chart === undefined || each.id === chart));
}
