/** Collects what is wrong with a payload, so that one message names all of it. */
export class Problems {
  readonly #found: string[] = [];

  /** @param allowed what would have been right, in words. */
  add(path: string, value: unknown, allowed: string): void {
    this.#found.push(`${path}: ${value === undefined ? "missing" : JSON.stringify(value)}; allowed: ${allowed}`);
  }

  /** @throws with every problem, when there is one. */
  refuse(functionName: string): void {
    if (this.#found.length > 0) throw new Error(`Bad request to ${functionName}:\n- ${this.#found.join("\n- ")}`);
  }
}

/** The value where it is an object; else an empty one, whose every member is missing. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
