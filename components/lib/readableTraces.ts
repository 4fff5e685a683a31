/** A frame in a file right below a scope, such as `node_modules/@pulumi/resource.ts`: so the SDK's source maps misname its files. */
const misnamed = /node_modules[\\/]@[^\\/]+[\\/][^\\/]*$/;

/**
 * Leaves frames of misnamed files out of the traces of errors. The SDK hands each error that ends a program to `util.inspect`,
 * which never ends on such a frame (Node 20 to 24, `markNodeModules` of lib/internal/util/inspect.js): it fills the memory instead
 * of showing the error. Does nothing where nobody maps traces to sources: there are no such frames then.
 */
export function keepTracesReadable(): void {
  const mapped = Error.prepareStackTrace;
  if (mapped === undefined) return;
  Error.prepareStackTrace = (error, frames) => {
    const trace: unknown = mapped(error, frames);
    if (typeof trace !== "string") return trace;
    return trace
      .split("\n")
      .filter((line) => !(line.startsWith("    at ") && misnamed.test(line)))
      .join("\n");
  };
}
