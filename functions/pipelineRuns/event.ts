import { asRecord, Problems } from "../event";

/**
 * Invoked over the life of an `aws.lambda.Invocation` with `lifecycleScope: "CRUD"`. Nothing happens until it is deleted: then every run of
 * the pipeline is stopped.
 */
export interface PipelineRunsRequest {
  pipelineName: string;
  lifecycle: "create" | "update" | "delete";
}

const name = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}$/;
const lifecycles: readonly unknown[] = ["create", "update", "delete"] satisfies PipelineRunsRequest["lifecycle"][];

/** @throws with every problem of the payload in one message. */
export function parseEvent(event: unknown): PipelineRunsRequest {
  const { pipelineName, tf } = asRecord(event);
  const lifecycle = asRecord(tf).action;
  const problems = new Problems();
  if (typeof pipelineName !== "string" || !name.test(pipelineName)) {
    problems.add("pipelineName", pipelineName, name.source);
  }
  if (!lifecycles.includes(lifecycle)) problems.add("tf.action", lifecycle, lifecycles.join(", "));
  problems.refuse("pipelineRuns");
  return { pipelineName, lifecycle } as PipelineRunsRequest;
}
