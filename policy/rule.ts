import type { Resource } from "./resource";

/** What a pack does about a finding: it ends the update, or it says so. */
export type Level = "mandatory" | "advisory";

/** A value of a rule's configuration: its default, and what is allowed. */
export interface Option {
  default: unknown;
  schema: { type: "array"; items: { type: "string" | "integer" } } | { type: "boolean" };
  about: string;
}

export type Config = Readonly<Record<string, unknown>>;

/** One thing that a rule found. */
export interface Found {
  urn: string;
  /** What is wrong, without the reason and the remedy, which are the rule's. */
  what: string;
}

/** One rule of the pack. It refuses what it knows to be wrong: what is known after the update alone passes a preview. */
export interface Rule {
  /** Such as `log-retention`: its name in a pack's configuration. */
  name: string;
  level: Level;
  /** What happens without it. */
  reason: string;
  /** What mends a finding. */
  remedy: string;
  /** Options by name. Each rule has `except` beside them. */
  options?: Readonly<Record<string, Option>>;
  /** What is wrong with one resource; or with all of a stack together, where one says something of another. */
  check:
    | { resource: (resource: Resource, config: Config) => string[] }
    | { stack: (all: readonly Resource[]) => Found[] };
}

/** Lists of texts in a rule's configuration. */
export const texts = (config: Config, option: string): string[] => (config[option] as string[] | undefined) ?? [];

export const textList = (about: string, ...values: string[]): Option => ({
  ...{ default: values, about },
  schema: { type: "array", items: { type: "string" } },
});
