import { parser } from "@prometheus-io/lezer-promql";

/** What an expression of PromQL is made of. */
export interface Expression {
  /** Names of the series that it selects. */
  names: string[];
  /** What the grammar does not know, as it stands there. */
  faults: string[];
}

export function readExpression(text: string): Expression {
  const names = new Set<string>();
  const faults: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) faults.push(text.slice(Math.max(0, from - 20), to + 20));
      if (type.name === "Identifier" && node.parent?.type.name === "VectorSelector") names.add(text.slice(from, to));
    },
  });
  return { names: [...names], faults };
}
