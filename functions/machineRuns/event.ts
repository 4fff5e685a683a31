import { asRecord, Problems } from "../event";

/**
 * Invoked over the life of an `aws.lambda.Invocation` with `lifecycleScope: "CRUD"`. Nothing happens until it is deleted: then every run of
 * the state machine is stopped.
 */
export interface MachineRunsRequest {
  machineArn: string;
  /** Keys of what one run of the machine holds in the table, beside a slot; absent where runs hold nothing. */
  turns?: string[];
  lifecycle: "create" | "update" | "delete";
}

const machine = /^arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]{1,80}$/;
const lifecycles: readonly unknown[] = ["create", "update", "delete"] satisfies MachineRunsRequest["lifecycle"][];

/** @throws with every problem of the payload in one message. */
export function parseEvent(event: unknown): MachineRunsRequest {
  const { machineArn, turns, tf } = asRecord(event);
  const lifecycle = asRecord(tf).action;
  const problems = new Problems();
  if (typeof machineArn !== "string" || !machine.test(machineArn)) {
    problems.add("machineArn", machineArn, "ARN of a state machine");
  }
  if (
    turns !== undefined &&
    !(Array.isArray(turns) && turns.every((turn) => typeof turn === "string" && turn !== ""))
  ) {
    problems.add("turns", turns, "keys of the table");
  }
  if (!lifecycles.includes(lifecycle)) problems.add("tf.action", lifecycle, lifecycles.join(", "));
  problems.refuse("machineRuns");
  return { machineArn, ...(turns === undefined ? {} : { turns }), lifecycle } as MachineRunsRequest;
}
