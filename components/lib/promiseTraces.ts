type Wrap = (promise: Promise<unknown>, context?: unknown) => Promise<unknown>;

const spared = new WeakSet<Wrap>();

/**
 * Spares the SDK the stack trace that it takes of each of its promises, which is slow where source maps are on. The
 * traces are shown only of promises that were never settled when the process ends; all other errors keep theirs.
 * Does nothing the second time, or where the SDK takes none.
 */
export function sparePromiseTraces(): void {
  const sdk = require("@pulumi/pulumi/runtime/debuggable") as { debuggablePromise?: Wrap };
  const original = sdk.debuggablePromise;
  if (original === undefined || spared.has(original)) return;
  const wrap: Wrap = (promise, context) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return original(promise, context);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  spared.add(wrap);
  sdk.debuggablePromise = wrap;
}
