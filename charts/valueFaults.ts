import { isMap, type ValueNode } from "./valueNode";

/** A value that a chart does not take. */
export interface ValueFault {
  path: readonly (string | number)[];
  value: unknown;
  /** Types it may have, where its name is known. */
  types?: readonly string[];
  /** Names that stand where its own is not known. */
  known?: readonly string[];
}

/** What in `values` a chart does not know, by name and by type. `null` fits everywhere: with it Helm drops the chart's own value. */
export function valueFaults(values: unknown, tree: ValueNode): ValueFault[] {
  const faults: ValueFault[] = [];
  const see = (value: unknown, node: ValueNode, path: ValueFault["path"]): void => {
    if (value === undefined || value === null) return;
    const types = isMap(node) ? ["map"] : typeof node === "object" ? ["list"] : node.split("|");
    if (!types.some((type) => fits(value, type))) faults.push({ path, value, types });
    else if (isMap(node)) {
      for (const [key, item] of Object.entries(value)) {
        const below = own(node, key) ?? own(node, "*");
        if (below === undefined) faults.push({ path: [...path, key], value: item, known: Object.keys(node) });
        else see(item, below, [...path, key]);
      }
    } else if (typeof node === "object") {
      for (const [at, item] of (value as unknown[]).entries()) see(item, node[0]!, [...path, at]);
    }
  };
  see(values, tree, []);
  return faults;
}

function own(node: Readonly<Record<string, ValueNode>>, key: string): ValueNode | undefined {
  return Object.hasOwn(node, key) ? node[key] : undefined;
}

function fits(value: unknown, type: string): boolean {
  switch (type) {
    case "map":
      return typeof value === "object" && !Array.isArray(value);
    case "list":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
    case "number":
    case "boolean":
      return typeof value === type;
    default:
      return true;
  }
}
