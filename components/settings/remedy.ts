import { numberMeant } from "./meaning";
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
    if (typeof value === "string" && value !== "") return write(yamlText(value.split(/[\s,]+/)));
    return example === undefined ? write("[]") : `for example ${key}: ${yamlText(example)}`;
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
  if (typeof value === "number" || typeof value === "boolean")
    return `write ${key}: ${JSON.stringify(String(value))}, in quotes`;
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

/** A text made into a DNS label, as far as that goes. */
export function dnsSlug(text: string, maxLength = 63): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, maxLength)
    .replace(/^-+|-+$/g, "");
}

function blockRemedy(key: string, value: unknown, node: SchemaNode): string {
  const branches = node.oneOf ?? [node];
  const emptyFits = branches.some(
    ({ properties, required }) =>
      (required ?? []).length === 0 &&
      (node.oneOf === undefined ||
        Object.values(properties ?? {}).some((part) => part.const !== undefined && part.default !== undefined)),
  );
  if (value === false) return `leave ${key} out`;
  const named = branches.find(({ properties }) => Object.values(properties ?? {}).some((part) => part.const === value));
  if (named !== undefined) return `write ${key}: ${skeleton(named)}`;
  if (emptyFits) return `write ${key}: {} for the defaults, or leave it out`;
  const example = node.examples?.[0];
  if (example !== undefined) return `for example ${key}: ${yamlText(example)}`;
  return `write ${key}: ${skeleton(branches[0] ?? node)}`;
}

/** A block with no more than it must hold. */
function skeleton(node: SchemaNode): string {
  const inner = (node.required ?? []).map((name) => {
    const part = node.properties?.[name];
    return `${name}: ${yamlText(part?.const ?? part?.examples?.[0] ?? "...")}`;
  });
  return `{ ${inner.join(", ")} }`;
}
