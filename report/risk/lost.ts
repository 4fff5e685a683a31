import { dataIn } from "./singlePoints";

/** What an update does with one resource. */
export interface Change {
  /** As the engine calls it: `create`, `update`, `replace`, `delete`, `same`. */
  op: string;
  urn: string;
}

export interface Lost {
  op: "replaced" | "deleted";
  type: string;
  name: string;
  /** What goes with it; absent where it holds no data. */
  data?: string;
}

const words: Readonly<Record<string, Lost["op"]>> = { replace: "replaced", delete: "deleted" };

/** What an update replaces or deletes, what holds data first. */
export function lostBy(changes: readonly Change[]): Lost[] {
  const found = changes.flatMap(({ op, urn }): Lost[] => {
    const word = words[op];
    if (word === undefined) return [];
    const [, , types = "", name = ""] = urn.split("::");
    const type = types.split("$").at(-1)!;
    const data = dataIn(type);
    return [{ op: word, type, name, ...(data === undefined ? {} : { data }) }];
  });
  const rank = ({ data, name }: Lost) => `${data === undefined ? 1 : 0} ${name}`;
  return found.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
