import { log } from "./log";

/** The error that a function ends with: its text says what happened, also to who sees no log. It is logged beside `subject`. */
export function failure(error: unknown, subject: object): Error {
  const { name, message } = error as Error;
  const reason = name === "Error" ? message : `${name}: ${message}`;
  log("error", reason, { ...subject });
  return new Error(reason);
}

/** Whether SageMaker says that something does not exist: it has no error of its own for that. */
export function isMissing(error: unknown): boolean {
  const { name, message } = error as Error;
  return name === "ResourceNotFound" || (name === "ValidationException" && /could not find/i.test(message));
}
