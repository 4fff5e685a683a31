import { z } from "zod";
import type { Path } from "./problems";
import { settings } from "./settings";

/** The part of JSON schema that zod makes of our settings. */
export interface SchemaNode {
  type?: "object" | "array" | "string" | "number" | "integer" | "boolean";
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  additionalProperties?: SchemaNode | boolean;
  propertyNames?: SchemaNode;
  items?: SchemaNode;
  oneOf?: SchemaNode[];
  anyOf?: SchemaNode[];
}

let root: SchemaNode | undefined;

/** JSON schema of the settings as a person writes them, with defaults left out. Made once, when first needed. */
export function settingsSchema(): SchemaNode {
  root ??= z.toJSONSchema(settings, {
    io: "input",
    // zod drops the default of whatever is transformed, which is how `defaultKind` works.
    override: ({ jsonSchema }) => {
      if (jsonSchema.kindByDefault !== undefined) jsonSchema.default = jsonSchema.kindByDefault as string;
      delete jsonSchema.kindByDefault;
    },
  }) as SchemaNode;
  return root;
}

/** The key that tells the branches of a choice apart: `kind` almost everywhere. */
export function discriminatorOf(node: SchemaNode): string | undefined {
  const [first] = node.oneOf ?? [];
  return Object.keys(first?.properties ?? {}).find((key) => first?.properties?.[key]?.const !== undefined);
}

/** The branch of a choice that a value has taken; the node itself where there is no choice. */
export function branchOf(node: SchemaNode, value: unknown): SchemaNode | undefined {
  const key = discriminatorOf(node);
  if (key === undefined) return node;
  const chosen = isBlock(value) ? value[key] : undefined;
  return node.oneOf?.find(({ properties }) => {
    const mark = properties?.[key];
    return chosen === undefined ? mark?.default !== undefined : mark?.const === chosen;
  });
}

/** What the schema says of the place a path leads to, through the branches that the values have taken. */
export function nodeAt(path: Path, value: unknown): SchemaNode | undefined {
  let node: SchemaNode | undefined = settingsSchema();
  let here = value;
  for (const step of path) {
    node = node && branchOf(node, here);
    if (node === undefined) return undefined;
    if (typeof step === "number") node = node.items;
    else if (node.properties !== undefined)
      node = Object.hasOwn(node.properties, step) ? node.properties[step] : undefined;
    else node = typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
    here = child(here, step);
  }
  return node;
}

/** Whether a value is a block of keys: an object, and no list. */
export function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value one step further down, if there is one. */
export function child(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === "number" ? value[step] : undefined;
  return isBlock(value) && Object.hasOwn(value, step) ? value[String(step)] : undefined;
}

/** The value at a path, if there is one. */
export function valueAt(path: Path, value: unknown): unknown {
  return path.reduce(child, value);
}

/** The values a place may take, where they can be listed. */
export function choices(node: SchemaNode): unknown[] {
  if (node.enum !== undefined) return node.enum;
  if (node.const !== undefined) return [node.const];
  return node.anyOf?.every((part) => part.const !== undefined) ? node.anyOf.map((part) => part.const) : [];
}
