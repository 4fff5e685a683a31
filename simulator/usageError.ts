/** A mistake in how the command was called. Shown as it is, without a stack trace; nothing was started. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
