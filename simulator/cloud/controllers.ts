/** Controllers that run in clusters and change the account by themselves. */
import type { Existing } from "./account";
import type { Connection } from "./kubernetes/connection";
import type { Cloud } from "./provider";

/** What comes into being with an object. @throws a refusal when the object cannot come to life. */
export function admit(_object: Existing, _connection: Connection, _cloud: Cloud): Existing[] {
  return [];
}

/** Keys of what goes with an object. @throws a refusal when its finalizers are never served. */
export function depart(_object: Existing, _connection: Connection, _cloud: Cloud): string[] {
  return [];
}
