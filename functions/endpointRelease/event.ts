import { asRecord, Problems } from "../event";

/** After an update of an endpoint: fail unless this configuration is the live one. */
export interface CheckRequest {
  action: "check";
  endpointName: string;
  /** What the endpoint was told to run. */
  endpointConfigName: string;
  /** Name of the model in the stack's config; for the message alone. */
  model: string;
}

/**
 * Invoked over the life of an `aws.lambda.Invocation` with `lifecycleScope: "CRUD"`. Nothing happens until it is deleted:
 * then every model and configuration whose name begins so goes.
 */
export interface LeftoversRequest {
  action: "leftovers";
  endpointName: string;
  /** The endpoint's name and two dashes, `^[a-zA-Z0-9-]+--$`. Cannot be empty, so never everything is deleted. */
  namePrefix: string;
  lifecycle: "create" | "update" | "delete";
}

const name = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const lifecycles: readonly unknown[] = ["create", "update", "delete"] satisfies LeftoversRequest["lifecycle"][];

/**
 * Reads the input of an `aws.lambda.Invocation`; with `lifecycleScope: "CRUD"` it also holds `tf` with the action.
 * See https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation.
 *
 * @throws with every problem of the payload in one message.
 */
export function parseEvent(event: unknown): CheckRequest | LeftoversRequest {
  const { action, endpointName, endpointConfigName, model, namePrefix, tf } = asRecord(event);
  const problems = new Problems();
  const isName = (value: unknown) => typeof value === "string" && name.test(value);

  if (!isName(endpointName)) problems.add("endpointName", endpointName, name.source);
  if (action === "check") {
    if (!isName(endpointConfigName)) problems.add("endpointConfigName", endpointConfigName, name.source);
    if (typeof model !== "string") problems.add("model", model, "a text");
  } else if (action === "leftovers") {
    if (namePrefix !== `${endpointName}--`) problems.add("namePrefix", namePrefix, `${endpointName}--`);
    const lifecycle = asRecord(tf).action;
    if (!lifecycles.includes(lifecycle)) problems.add("tf.action", lifecycle, lifecycles.join(", "));
  } else {
    problems.add("action", action, "check, leftovers");
  }
  problems.refuse("endpointRelease");
  return action === "check"
    ? ({ action, endpointName, endpointConfigName, model } as CheckRequest)
    : ({ action, endpointName, namePrefix, lifecycle: asRecord(tf).action } as LeftoversRequest);
}
