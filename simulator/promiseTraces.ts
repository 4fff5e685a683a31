type Wrap = (promise: Promise<unknown>, context?: unknown) => Promise<unknown>;

/**
 * Spares the SDK the stack trace that it takes of each of its promises, a tenth of a run's time where source maps are on. The
 * traces are shown only of promises that were never settled when the process ends; all other errors keep theirs.
 * Returns what undoes it.
 */
export function withoutPromiseTraces(): () => void {
  const module = require("@pulumi/pulumi/runtime/debuggable") as { debuggablePromise: Wrap };
  const original = module.debuggablePromise;
  module.debuggablePromise = (promise, context) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return original(promise, context);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  return () => {
    module.debuggablePromise = original;
  };
}
