import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const beforeDir = join(__dirname, "../../test-real/olderDatabases/before");
const requirementsDir = join(__dirname, "../../workloads/requirements");

/** A version that a database comes from, and what of the requirements was another one with it. */
export interface OlderVersion {
  version: string;
  file: string;
}

/**
 * The two minor versions before the one that `workloads/requirements/<requirements>.txt` pins, newest first.
 * @throws where the files in `before/` are of others: what is pinned has moved on, and they have to follow
 */
export function olderThan(requirements: string, packageName: string): OlderVersion[] {
  const text = readFileSync(join(requirementsDir, `${requirements}.txt`), "utf8");
  const [, pinned = ""] = new RegExp(`^${packageName}==(\\S+)`, "m").exec(text) ?? [];
  const [major, minor] = pinned.split(".").map(Number);
  const wanted = [1, 2].map((back) => `${major}.${minor! - back}`);
  const found = readdirSync(beforeDir).flatMap((file) => {
    const [, version] = new RegExp(`^${requirements}-(.+)\\.txt$`).exec(file) ?? [];
    return version === undefined ? [] : [{ version, file: join(beforeDir, file) }];
  });
  return wanted.map((line) => {
    const one = found.find(({ version }) => version.startsWith(`${line}.`));
    if (one !== undefined) return one;
    throw new Error(
      `${packageName} is pinned at ${pinned}, and test-real/olderDatabases/before has no ${requirements}-${line}.N.txt: ` +
        `write there what of workloads/requirements/${requirements}.txt was another version with ${line}, and take the oldest away`,
    );
  });
}
