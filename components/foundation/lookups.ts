import type { Problem } from "../settings/problems";

/** What came of asking the account: the things found, and a problem for each that was not. */
export class Lookups {
  readonly problems: Problem[] = [];

  /**
   * Asks for one thing. What the provider answers in place of it becomes a problem at `path`, so that all of them are told at
   * once and without a stack trace.
   */
  async find<T>(path: string, value: string, allowed: string, ask: Promise<T>): Promise<T | undefined> {
    try {
      return await ask;
    } catch (error) {
      const answer = error instanceof Error ? error.message : String(error);
      this.problems.push({
        path,
        value,
        allowed,
        remedy: `Correct it, or the credentials in use. AWS says: ${answer}`,
      });
      return undefined;
    }
  }
}
