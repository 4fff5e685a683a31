/** What a value is that only the update knows. Plans of the simulated cloud use the same word. */
export const unknown = "[unknown]";

/** What the rules look at: one resource as the program asks for it. */
export interface Resource {
  urn: string;
  type: string;
  name: string;
  protect: boolean;
  /** URNs of what it waits for. */
  dependencies: readonly string[];
  /** Inputs, where `unknown` stands for what is known after the update alone. */
  props: Record<string, unknown>;
  /** Inputs of its provider. */
  provider: Record<string, unknown>;
}

/** A value below a path, or undefined; below what is not known nothing is. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((within, step) => {
    if (within === unknown) return unknown;
    return typeof within === "object" && within !== null
      ? (within as Record<string | number, unknown>)[step]
      : undefined;
  }, value);
}

export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Whether a value is there, though it may be known later. */
export const given = (value: unknown): boolean => value !== undefined && value !== null && value !== "";
/** Whether a truth value holds, or may hold. Some types of AWS have it as text. */
export const holds = (value: unknown): boolean => value === true || value === "true" || value === unknown;

/** A value whose kind is told later passes: a rule refuses what it knows. */
export const among = (value: unknown, ...allowed: string[]): boolean =>
  value === unknown || allowed.includes(text(value));

const unknownMessage = /can't be known during preview$/;

/** A property of the engine as plain data: reading what is not known yet throws there. */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const read = (key: string | number): unknown => {
    try {
      return plain((value as Record<string | number, unknown>)[key]);
    } catch (error) {
      if (error instanceof Error && unknownMessage.test(error.message)) return unknown;
      throw error;
    }
  };
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(index));
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(key)]));
}

/** The stack that a resource belongs to. */
export const stackOf = ({ urn }: Resource): string => urn.split("::")[0]!.replace("urn:pulumi:", "");

/** Whether one resource says something of another: it waits for it, or names it. */
export function isOf(part: Resource, whole: Resource, key: string): boolean {
  const named = part.props[key];
  return part.dependencies.includes(whole.urn) || (given(named) && named !== unknown && named === whole.props[key]);
}
