import { merge } from "../../lib/merge";

type Tree = Record<string, unknown>;

/** Lists of the chart with variables of one kind of pod, and where else the chart looks when a list is not there. */
const lists: { at: string[]; else?: string[] }[] = [
  { at: ["workers", "kubernetes", "env"], else: ["workers", "env"] },
  { at: ["workers", "celery", "env"], else: ["workers", "env"] },
  { at: ["triggerer", "env"] },
  { at: ["apiServer", "env"] },
];

/**
 * A stack's values with the platform's own variables in front of those that they give: lists of values replace each other, and
 * without these pods have no key. A variable that they give themselves is theirs.
 */
export function withVariables(own: object, over: Tree): Tree {
  let kept = over;
  for (const { at, else: instead } of lists) {
    const before = found(own, at);
    const given = found(over, at) ?? (instead && found(over, instead));
    if (!Array.isArray(before) || !Array.isArray(given)) continue;
    const named = new Set(given.map(nameOf));
    const variables = [...before.filter((each) => !named.has(nameOf(each))), ...given]; // An API server takes each name once.
    const joined = at.reduceRight<unknown>((below, step) => ({ [step]: below }), variables);
    kept = merge(kept, joined as object);
  }
  return kept;
}

const nameOf = (variable: unknown) => (variable as { name?: string } | null)?.name;

function found(tree: object, path: string[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Tree | null | undefined)?.[step], tree);
}
