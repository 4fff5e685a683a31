import type { Resource } from "./resource";
import type { Config, Level, Rule } from "./rule";

/** A rule that a resource breaks. */
export interface Finding {
  rule: string;
  level: Level;
  urn: string;
  what: string;
  reason: string;
  remedy: string;
}

/** What a rule leaves alone, and why. */
export interface Exception {
  /** Type and name of the resource as `type::name`; `*` stands for any letters. */
  resource: string;
  because: string;
}

const escaped = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");

function excepted(urn: string, config: Config): boolean {
  const [, , types = "", ...name] = urn.split("::");
  const what = `${types.split("$").at(-1)}::${name.join("::")}`;
  const exceptions = (config.except as Exception[] | undefined) ?? [];
  return exceptions.some(({ resource }) => new RegExp(`^${escaped(resource)}$`).test(what));
}

/** Configuration of a rule with its defaults. */
export function configured({ options = {} }: Rule, config: Config): Config {
  const defaults = Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
  return { ...defaults, ...config };
}

/** What one rule finds among resources. @param config of this rule, without its defaults */
export function findings(rule: Rule, resources: readonly Resource[], config: Config = {}): Finding[] {
  const { name, level, reason, remedy, check } = rule;
  const full = configured(rule, config);
  const found =
    "stack" in check
      ? check.stack(resources)
      : resources.flatMap((resource) => check.resource(resource, full).map((what) => ({ urn: resource.urn, what })));
  return found
    .filter(({ urn }) => !excepted(urn, full))
    .map(({ urn, what }) => ({ rule: name, level, urn, what, reason, remedy }));
}
