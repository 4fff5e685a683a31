import type { Context } from "mocha";

/** Why a test was skipped, kept where the runner finds it. */
export interface SkippedTest {
  skipReason?: string;
}

/** Skips the current test, or in a hook every test it stands before. `reason` says what is missing and how to enable them. */
export function skip(context: Context, reason: string): never {
  const { test, currentTest } = context;
  const inHook = (test as { type?: string } | undefined)?.type === "hook";
  const skipped = (inHook ? test?.parent : (currentTest ?? test)) as SkippedTest | undefined;
  if (skipped) skipped.skipReason = reason;
  return context.skip();
}
