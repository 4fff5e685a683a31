import type { Context } from "mocha";

/** Why a test was skipped, kept where the runner finds it. */
export interface SkippedTest {
  skipReason?: string;
}

/** Skips the current test. `reason` says what is missing and how to enable the test; the runner prints it. */
export function skip(context: Context, reason: string): never {
  const test = (context.currentTest ?? context.test) as SkippedTest | undefined;
  if (test) test.skipReason = reason;
  return context.skip();
}
