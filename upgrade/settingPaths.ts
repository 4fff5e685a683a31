import type { SchemaNode } from "../components/settings/schemaTree";

/** Every place below a part of the schema, sorted: `cluster.version`, `nodeGroups.<name>.purpose`, and what may stand there: `nat=single`. */
export function settingPaths(root: SchemaNode): string[] {
  const found = new Set<string>();
  const walk = (node: SchemaNode, path: string): void => {
    if (path !== "") found.add(path);
    for (const value of [...(node.enum ?? []), ...(node.const === undefined ? [] : [node.const])])
      found.add(`${path}=${String(value)}`);
    for (const branch of [...(node.oneOf ?? []), ...(node.anyOf ?? [])]) walk(branch, path);
    for (const [key, part] of Object.entries(node.properties ?? {})) walk(part, path === "" ? key : `${path}.${key}`);
    if (typeof node.additionalProperties === "object") walk(node.additionalProperties, `${path}.<name>`);
    if (node.items !== undefined) walk(node.items, `${path}[]`);
  };
  walk(root, "");
  return [...found].sort();
}
