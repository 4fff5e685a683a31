import { asRecord, Problems } from "../event";

/**
 * Invoked over the life of an `aws.lambda.Invocation` with `lifecycleScope: "CRUD"`. Nothing happens until it is deleted: then every
 * version in the group goes, unless they are to be kept.
 */
export interface PackageVersionsRequest {
  groupName: string;
  /** Whether the versions stay all the same. */
  keep: boolean;
  lifecycle: "create" | "update" | "delete";
}

const name = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const lifecycles: readonly unknown[] = ["create", "update", "delete"] satisfies PackageVersionsRequest["lifecycle"][];

/** @throws with every problem of the payload in one message. */
export function parseEvent(event: unknown): PackageVersionsRequest {
  const { groupName, keep, tf } = asRecord(event);
  const lifecycle = asRecord(tf).action;
  const problems = new Problems();
  if (typeof groupName !== "string" || !name.test(groupName)) problems.add("groupName", groupName, name.source);
  if (typeof keep !== "boolean") problems.add("keep", keep, "true, false");
  if (!lifecycles.includes(lifecycle)) problems.add("tf.action", lifecycle, lifecycles.join(", "));
  problems.refuse("packageVersions");
  return { groupName, keep, lifecycle } as PackageVersionsRequest;
}
