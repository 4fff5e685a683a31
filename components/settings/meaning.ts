import { alike, nearest } from "./nearest";
import { choices, type SchemaNode } from "./schemaTree";
import { converted } from "./units";

/**
 * What somebody surely meant by a value of the wrong type, such as 2048 by `"2Gi"` where MiB are due. Undefined where that
 * is a guess. The rules go on with it, so that one slip does not hide the next.
 */
export function meant(key: string, value: unknown, node: SchemaNode | undefined): unknown {
  if (node === undefined) return undefined;
  const listed = choices(node);
  if (listed.length > 0) {
    if (typeof value === "number") return listed.find((entry) => String(entry) === String(value));
    const near = typeof value === "string" ? nearest(value, listed.map(String)) : undefined;
    return near !== undefined && alike(String(value), near)
      ? listed.find((entry) => String(entry) === near)
      : undefined;
  }
  if (node.type === "array") return itemsIn(value, node.items);
  if (node.type === "boolean" && typeof value === "string") {
    return /^(true|yes|on)$/i.test(value) ? true : /^(false|no|off)$/i.test(value) ? false : undefined;
  }
  if (node.type === "string" && typeof value === "number") return String(value);
  if (node.type !== "integer" && node.type !== "number") return undefined;
  return numberMeant(key, value);
}

/** The items of a list that a text or a number stands for, where each of them may be one. */
export function itemsIn(value: unknown, items: SchemaNode = {}): unknown[] | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const parts = String(value)
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map((part) => itemIn(part, items));
  return parts.length > 0 && parts.every((part) => part !== undefined) ? parts : undefined;
}

function itemIn(text: string, node: SchemaNode): unknown {
  const listed = choices(node);
  if (listed.length > 0) return meant("", text, node);
  if (node.type === "integer" || node.type === "number") return numberMeant("", text);
  return node.type === "string" && fitsText(text, node) ? text : undefined;
}

/** Whether a text may stand where the schema says so much of it. */
export function fitsText(text: string, { pattern, maxLength = 4096, minLength = 0 }: SchemaNode): boolean {
  if (text.length > maxLength || text.length < minLength) return false;
  return pattern === undefined || new RegExp(pattern, /\\p\{/.test(pattern) ? "u" : "").test(text);
}

/** The number in a text: with a unit of its own, or only quoted. */
export function numberMeant(key: string, value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  return /^\s*-?\d{1,15}(\.\d{1,9})?\s*$/.test(value) ? Number(value) : converted(value, key);
}
