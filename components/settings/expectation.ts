import type { SchemaNode } from "./schemaTree";

/** What a place may hold, in words. */
export function allowedText(node: SchemaNode | undefined): string {
  if (node === undefined) return "nothing";
  if (node.oneOf !== undefined) return `a block: ${node.oneOf.map(({ title }) => title).join(", or ")}`;
  if (node.anyOf !== undefined) return node.anyOf.map(allowedText).join(", or ");
  const listed = node.enum ?? (node.const === undefined ? undefined : [node.const]);
  if (listed !== undefined) return listed.length === 1 ? String(listed[0]) : `one of ${listed.join(", ")}`;
  if (node.type === "boolean") return "true or false";
  if (node.type === "integer") return `a whole number${rangeText(node)}`;
  if (node.type === "number") return `a number${rangeText(node)}`;
  if (node.type === "string") return "a text";
  if (node.type === "array") {
    return `a list${node.minItems === undefined ? "" : ` of at least ${node.minItems}`}; each item is ${allowedText(node.items)}`;
  }
  if (node.properties !== undefined) return `a block with the keys ${Object.keys(node.properties).join(", ")}`;
  if (node.type === "object") return "a map from name to value";
  return "anything";
}

/** The bounds of a number, in words. */
export function rangeText(node: SchemaNode): string {
  const low = node.minimum ?? (node.exclusiveMinimum === undefined ? undefined : `more than ${node.exclusiveMinimum}`);
  const high = node.maximum ?? (node.exclusiveMaximum === undefined ? undefined : `less than ${node.exclusiveMaximum}`);
  const lowest = typeof low === "number" && low <= Number.MIN_SAFE_INTEGER ? undefined : low;
  const highest = typeof high === "number" && high >= Number.MAX_SAFE_INTEGER ? undefined : high;
  if (lowest === undefined && highest === undefined) return "";
  if (highest === undefined) return typeof lowest === "number" ? `, at least ${lowest}` : `, ${lowest}`;
  if (lowest === undefined) return typeof highest === "number" ? `, at most ${highest}` : `, ${highest}`;
  return typeof lowest === "number" && typeof highest === "number"
    ? ` from ${lowest} to ${highest}`
    : `, ${typeof lowest === "number" ? `at least ${lowest}` : lowest} and ${typeof highest === "number" ? `at most ${highest}` : highest}`;
}
