/** Physical names: made up as the provider does, kept as long as nothing else is asked for, and checked. */
import { suffixFrom } from "../names";
import type { Failure } from "../provider";
import { hasUnknown, type Properties } from "../values";
import type { NameRule } from "./describe";

const suffixLength = 7;

/** Fills in the name of a resource that has none. Lists in `__defaults` what it filled in, as the provider does. */
export function fillName(
  rule: NameRule,
  logicalName: string,
  olds: Properties,
  inputs: Properties,
  seed: Uint8Array,
): Failure[] {
  const property = rule.property ?? "name";
  const prefix = inputs[rule.prefixProperty ?? `${property}Prefix`];
  if (inputs[property] !== undefined || prefix !== undefined || rule.automatic === false) return [];
  inputs.__defaults = [property];
  const kept = olds[property];
  if (typeof kept === "string" && (olds.__defaults ?? []).includes(property)) {
    inputs[property] = kept;
    return [];
  }
  const beginning = rule.lowerCase ? logicalName.toLowerCase() : logicalName;
  const ending = rule.suffix ?? "";
  if (beginning.length + 1 + suffixLength + ending.length > rule.longest) {
    const reason = `name '${beginning}-' plus ${suffixLength} random chars is longer than maximum length ${rule.longest}; give a shorter logical name or set ${property}`;
    return [{ property, reason }];
  }
  inputs[property] = `${beginning}-${suffixFrom(seed, logicalName, suffixLength)}${ending}`;
  return [];
}

export function wrongName(rule: NameRule, inputs: Properties): Failure[] {
  const property = rule.property ?? "name";
  const name = inputs[property];
  if (name === undefined || name === null || hasUnknown(name)) return [];
  if (typeof name !== "string") return [{ property, reason: `is ${JSON.stringify(name)}; a text is needed` }];
  if (name.length > rule.longest || name.length === 0) {
    return [{ property, reason: `"${name}" is ${name.length} characters long; 1 to ${rule.longest} are allowed` }];
  }
  if (rule.allowed !== undefined && !rule.allowed.test(name)) {
    return [
      { property, reason: `"${name}" is no valid name; allowed are ${rule.allowedMeans ?? String(rule.allowed)}` },
    ];
  }
  return [];
}
