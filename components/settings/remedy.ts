import { accountIdPattern } from "./formats";
import { fitsText, itemsIn, numberMeant } from "./meaning";
import { nearest } from "./nearest";
import { choices, isBlock, type SchemaNode } from "./schemaTree";

/** What to do about a value that does not fit its place, ready to be typed where that can be known. */
export function remedyFor(key: string, value: unknown, node: SchemaNode | undefined): string {
  const write = (text: string) => `write ${key}: ${text}`;
  const example = node?.examples?.[0];
  if (value === undefined)
    return example === undefined ? `add ${key}` : `add ${key}, for example ${key}: ${yamlText(example)}`;
  if (node === undefined) return "remove it";

  const listed = choices(node);
  if (listed.length > 0) {
    const meant = nearest(textOf(value), listed.map(String));
    const same = nearestNumber(value, listed) ?? listed.find((entry) => String(entry) === meant);
    return typeof same === "string" && typeof value === "number"
      ? `${write(JSON.stringify(same))}, in quotes`
      : write(yamlText(same));
  }
  if (node.type === "integer" || node.type === "number") return numberRemedy(key, value, node);
  if (node.type === "boolean") {
    if (/^(true|yes|on|y|1)$/i.test(textOf(value))) return write("true");
    if (/^(false|no|off|n|0)$/i.test(textOf(value))) return write("false");
    return write(String(node.default ?? "true"));
  }
  if (node.type === "array" && !Array.isArray(value)) {
    const items = itemsIn(value, node.items);
    if (items !== undefined) return write(yamlText(items));
    if (example !== undefined) return `for example ${key}: ${yamlText(example)}`;
    const item = inside(node.items ?? {});
    return item === "…" ? "write a list, one item to a line, each behind a dash" : `for example ${key}: [${item}]`;
  }
  if (node.type === "object" || node.oneOf !== undefined)
    return isBlock(value) ? "see docs/settings.md" : blockRemedy(key, value, node);
  if (node.type === "string") return stringRemedy(key, value, node);
  const shown = example ?? node.default;
  return shown === undefined ? "see docs/settings.md" : `for example ${key}: ${yamlText(shown)}`;
}

/** A value as text; `String` would call a `toString` that someone put into the config. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** A value the way it would be typed on one line of YAML. */
export function yamlText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlText).join(", ")}]`;
  if (isBlock(value)) {
    const inner = Object.entries(value).map(([key, item]) => `${key}: ${yamlText(item)}`);
    return inner.length === 0 ? "{}" : `{ ${inner.join(", ")} }`;
  }
  return typeof value === "string" &&
    /^[A-Za-z][\w./@:-]*$/.test(value) &&
    !/^(true|false|yes|no|on|off|null)$/i.test(value)
    ? value
    : (JSON.stringify(value) ?? "null");
}

/** The number of a list that is closest, where the list holds numbers. */
function nearestNumber(value: unknown, listed: readonly unknown[]): number | undefined {
  const numbers = listed.filter((entry) => typeof entry === "number");
  if (typeof value !== "number" || numbers.length === 0) return undefined;
  return numbers.reduce((best, one) => (Math.abs(one - value) < Math.abs(best - value) ? one : best));
}

function numberRemedy(key: string, value: unknown, node: SchemaNode): string {
  const low = node.minimum ?? node.exclusiveMinimum ?? Number.NEGATIVE_INFINITY;
  const high = node.maximum ?? node.exclusiveMaximum ?? Number.POSITIVE_INFINITY;
  const meant = typeof value === "number" ? value : numberMeant(key, value);
  if (meant === undefined || !Number.isFinite(meant)) {
    return node.default === undefined ? "write a number" : `write ${key}: ${String(node.default)}, the default`;
  }
  const rounded = node.type === "integer" ? Math.round(meant) : meant;
  if (rounded < low || (rounded === low && node.exclusiveMinimum !== undefined))
    return `raise it to ${node.minimum ?? `more than ${low}`}`;
  if (rounded > high || (rounded === high && node.exclusiveMaximum !== undefined))
    return `lower it to ${node.maximum ?? `less than ${high}`}`;
  return `write ${key}: ${rounded}, a number without quotes or unit`;
}

function stringRemedy(key: string, value: unknown, node: SchemaNode): string {
  if (typeof value === "number" || typeof value === "boolean") return quoted(key, value, node);
  if (typeof value === "string" && node.pattern !== undefined) {
    const pattern = new RegExp(node.pattern, /\\p\{/.test(node.pattern) ? "u" : "");
    const slug = dnsSlug(value);
    for (const guess of [value.trim(), value.trim().toLowerCase(), slug]) {
      if (guess !== value && guess !== "" && pattern.test(guess) && guess.length <= (node.maxLength ?? 4096))
        return `write ${key}: ${yamlText(guess)}`;
    }
  }
  const example = node.examples?.[0] ?? node.default;
  return example === undefined ? "see docs/settings.md" : `for example ${key}: ${yamlText(example)}`;
}

/**
 * A number where a text is due. YAML takes digits behind a zero for another number, or drops the zero: what stood there is told only
 * where it fits.
 */
function quoted(key: string, value: number | boolean, node: SchemaNode): string {
  const write = (text: string) => `write ${key}: ${JSON.stringify(text)}, in quotes`;
  const pattern = new RegExp(node.pattern ?? "", /\\p\{/.test(node.pattern ?? "") ? "u" : "");
  if (node.pattern === accountIdPattern.source) {
    const digits = String(value);
    // Eleven digits are twelve without their zero; fewer may be another number, read with base 8.
    if (/^\d{11}$/.test(digits)) return write(`0${digits}`);
    if (!pattern.test(digits))
      return `write ${key} in quotes, with all its 12 digits: "0…" is another number without them`;
  }
  if (!pattern.test(String(value))) {
    const example = node.examples?.[0] ?? node.default;
    return example === undefined ? `write ${key} in quotes` : `for example ${key}: ${JSON.stringify(example)}`;
  }
  return typeof value === "boolean" ? write(String(value)) : `${write(String(value))}, with each of its digits`;
}

/** A text made into a DNS label, as far as that goes. */
export function dnsSlug(text: string, maxLength = 63): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, maxLength)
    .replace(/^-+|-+$/g, "");
}

function blockRemedy(key: string, value: unknown, node: SchemaNode): string {
  if (value === false) return `leave ${key} out`;
  const branches = node.oneOf ?? [node];
  // Nothing but "on" is said by true or by nothing at all: the defaults are meant, where there are some. Anything else would be
  // lost in an empty block.
  if (value === true || value === null || value === "") {
    const { properties = {}, required = [], oneOf } = node;
    const hasDefaults = Object.values(properties).some((part) => part.default !== undefined);
    if (oneOf === undefined && required.length === 0 && hasDefaults)
      return `write ${key}: {} for the defaults, or leave it out`;
  }
  const named = branches.find(({ properties }) => Object.values(properties ?? {}).some((part) => part.const === value));
  if (named !== undefined) return `write ${key}: ${skeleton(named)}`;
  const holder = branches.find((branch) => placeFor(value, branch) !== undefined);
  if (holder !== undefined) return `write ${key}: ${skeleton(holder, { [placeFor(value, holder)!]: value })}`;
  const names = (Array.isArray(value) ? value : [value]).filter(
    (each): each is string => typeof each === "string" && each !== "",
  );
  const { properties = {}, additionalProperties, propertyNames = {} } = node;
  if (names.length > 0 && names.every((name) => Object.hasOwn(properties, name)))
    return `write ${key}: { ${names.map((name) => `${name}: ${inside(properties[name]!)}`).join(", ")} }`;
  const example = node.examples?.[0];
  if (typeof additionalProperties === "object" && (names.length > 0 || example === undefined)) {
    const fitting = names.map((name) => (fitsText(name, propertyNames) ? name : dnsSlug(name)));
    const shown = fitting.length > 0 && fitting.every((name) => fitsText(name, propertyNames)) ? fitting : ["name"];
    const content = inside(additionalProperties).replace(/^…$/, "value");
    return `for example ${key}: { ${shown.map((name) => `${yamlText(name)}: ${content}`).join(", ")} }`;
  }
  if (example !== undefined) return `for example ${key}: ${yamlText(example)}`;
  const telling = branches.find(({ required }) => (required ?? []).length > 0) ?? branches[0] ?? node;
  const shown = skeleton(telling);
  return shown === "{  }"
    ? `write a block with any of the keys ${Object.keys(telling.properties ?? {}).join(", ")}`
    : `write ${key}: ${shown}`;
}

/** The key of a block that takes a text such as the one that stands in the block's place, if one key alone does. */
function placeFor(value: unknown, { properties, required }: SchemaNode): string | undefined {
  if (typeof value !== "string") return undefined;
  const fitting = (required ?? []).filter((name) => {
    const part = properties?.[name];
    return (
      part?.type === "string" &&
      part.pattern !== undefined &&
      part.const === undefined &&
      new RegExp(part.pattern, "u").test(value)
    );
  });
  return fitting.length === 1 && /\W/.test(value) ? fitting[0] : undefined;
}

/** What may stand in a place, as an example. */
function inside(node: SchemaNode): string {
  const listed = choices(node);
  if (listed.length > 0) return yamlText(listed.at(-1));
  if (node.examples !== undefined) return yamlText(node.examples[0]);
  return node.type === "object" || node.oneOf !== undefined
    ? skeleton(node.oneOf?.[0] ?? node).replace("{  }", "{}")
    : "…";
}

/** A block with no more than it must hold, and what is given. */
function skeleton(node: SchemaNode, given: Record<string, unknown> = {}): string {
  const mark = Object.keys(node.properties ?? {}).find((name) => node.properties?.[name]?.const !== undefined);
  const names = new Set([...(mark === undefined ? [] : [mark]), ...(node.required ?? [])]);
  const inner = [...names].map((name) => {
    const part = node.properties?.[name];
    return `${name}: ${yamlText(given[name] ?? part?.const ?? part?.examples?.[0] ?? "...")}`;
  });
  return `{ ${inner.join(", ")} }`;
}
