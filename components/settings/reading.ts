import { accountIdPattern, cpuPattern } from "./formats";
import { branchOf, choices, isBlock, type SchemaNode, settingsSchema } from "./schemaTree";

/**
 * The config with values of another type that can be read in one way only as what their place takes: `pulumi config set --path`
 * makes a number of `2` and a text of what is quoted, whatever the setting wants. A text that YAML may have read as another
 * number, such as a tag with a zero in front, is left to be refused.
 */
export function readable(raw: unknown): unknown {
  return read(raw, settingsSchema());
}

function read(value: unknown, node: SchemaNode | undefined): unknown {
  if (node === undefined) return value;
  if (Array.isArray(value)) {
    const items = node.items ?? node.anyOf?.find(({ type }) => type === "array")?.items;
    return items === undefined ? value : value.map((item) => read(item, items));
  }
  if (isBlock(value)) {
    const branch = branchOf(node, value);
    const part = (key: string): SchemaNode | undefined => {
      if (branch?.properties !== undefined)
        return Object.hasOwn(branch.properties, key) ? branch.properties[key] : undefined;
      return typeof branch?.additionalProperties === "object" ? branch.additionalProperties : undefined;
    };
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item, part(key))]));
  }
  return plain(value, node);
}

function plain(value: unknown, node: SchemaNode): unknown {
  const listed = choices(node);
  if (listed.length > 0)
    return listed.find((each) => typeof each !== typeof value && String(each) === value?.toString()) ?? value;
  if (typeof value === "string") {
    if (node.type === "boolean" && /^(true|false)$/.test(value)) return value === "true";
    const isNumber = node.type === "number" || node.type === "integer";
    return isNumber && /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(value) ? Number(value) : value;
  }
  if (typeof value !== "number" || node.type !== "string") return value;
  const exact = node.pattern === cpuPattern.source || node.pattern === accountIdPattern.source;
  return exact && new RegExp(node.pattern!).test(String(value)) ? String(value) : value;
}
