import { asRecord, Problems } from "../event";

/**
 * Invoked over the life of an `aws.lambda.Invocation` with `lifecycleScope: "CRUD"`. Nothing happens until it is deleted: then every
 * version in the group goes, unless they are to be kept, or the model is still trained.
 */
export interface PackageVersionsRequest {
  groupName: string;
  /** The state machine that fills the group, and goes before its versions do. Absent in what a stack of an earlier version asked for. */
  machineArn?: string;
  /** Whether the versions stay all the same. */
  keep: boolean;
  lifecycle: "create" | "update" | "delete";
}

const machine = /^arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]{1,80}$/;
const name = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const lifecycles: readonly unknown[] = ["create", "update", "delete"] satisfies PackageVersionsRequest["lifecycle"][];

/** @throws with every problem of the payload in one message. */
export function parseEvent(event: unknown): PackageVersionsRequest {
  const { groupName, machineArn, keep, tf } = asRecord(event);
  const lifecycle = asRecord(tf).action;
  const problems = new Problems();
  if (typeof groupName !== "string" || !name.test(groupName)) problems.add("groupName", groupName, name.source);
  if (machineArn !== undefined && (typeof machineArn !== "string" || !machine.test(machineArn))) {
    problems.add("machineArn", machineArn, "ARN of a state machine");
  }
  if (typeof keep !== "boolean") problems.add("keep", keep, "true, false");
  if (!lifecycles.includes(lifecycle)) problems.add("tf.action", lifecycle, lifecycles.join(", "));
  problems.refuse("packageVersions");
  return { groupName, machineArn, keep, lifecycle } as PackageVersionsRequest;
}
