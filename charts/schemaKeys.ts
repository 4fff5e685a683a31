import type { ValueMap, ValueNode } from "./valueNode";

/** As much of a JSON schema as names and types take. */
export interface ValuesSchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, ValuesSchema>;
  patternProperties?: Record<string, ValuesSchema>;
  additionalProperties?: boolean | ValuesSchema;
  items?: ValuesSchema;
  definitions?: Record<string, ValuesSchema>;
  $defs?: Record<string, ValuesSchema>;
}

const words: Readonly<Record<string, string>> = { object: "map", array: "list" };

/**
 * Names and types that a values schema knows. A map that lists its keys and says nothing of others is taken to have no others, since
 * charts say so by heart; one that allows others in so many words has them.
 */
export function treeOfSchema(root: ValuesSchema): ValueNode {
  return treeOf(root, root);
}

function treeOf(schema: ValuesSchema, root: ValuesSchema): ValueNode {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1)!;
    const target = root.definitions?.[name] ?? root.$defs?.[name];
    if (target === undefined) return "any";
    // The types of Kubernetes itself are large, and the API server checks them.
    return name.startsWith("io.k8s.") ? typeWords(target) : treeOf(target, root);
  }
  const types = typeWords(schema);
  if (types === "map") return mapOf(schema, root);
  if (types === "list" && schema.items !== undefined) return [treeOf(schema.items, root)];
  return types;
}

function mapOf(schema: ValuesSchema, root: ValuesSchema): ValueNode {
  const { properties = {}, patternProperties = {}, additionalProperties } = schema;
  const others = [
    ...Object.values(patternProperties),
    ...(isSchema(additionalProperties) ? [additionalProperties] : []),
  ];
  if (Object.keys(properties).length + others.length === 0 && additionalProperties !== false) return "map";
  const tree: Record<string, ValueNode> = {};
  for (const [key, value] of Object.entries(properties)) tree[key] = treeOf(value, root);
  if (others.length === 1) tree["*"] = treeOf(others[0]!, root);
  else if (others.length > 1 || additionalProperties === true) tree["*"] = "any";
  return tree as ValueMap;
}

const isSchema = (value: unknown): value is ValuesSchema =>
  typeof value === "object" && value !== null && Object.keys(value).length > 0;

/** `null` is left out: it is how Helm drops a default, and fits everywhere. */
function typeWords({ type }: ValuesSchema): string {
  const types = [type ?? []].flat().filter((each) => each !== "null");
  return types.length === 0 ? "any" : types.map((each) => words[each] ?? each).join("|");
}
