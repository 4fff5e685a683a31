import { SageMakerClient } from "@aws-sdk/client-sagemaker";
import { failure } from "../failure";
import { log } from "../log";
import { checkLive, deleteLeftovers } from "./endpoint";
import { parseEvent } from "./event";

/** What AWS Lambda tells of the invocation, as far as it is used. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/** Result of the `aws.lambda.Invocation`. It stays in the stack's state, so it holds no time. */
export interface EndpointReleaseResult {
  action: "check" | "leftovers";
  endpointName: string;
  outcome: "live" | "nothing to do" | "deleted";
}

/** Time kept for reporting a failure before AWS Lambda ends the function without a word. */
const reserveMilliseconds = 3_000;

/**
 * Reads back what is live after an update of an endpoint, and deletes what was made for an endpoint that is gone. Every action may
 * be repeated.
 *
 * @throws with the reason and the remedy, which AWS Lambda hands to the deployment as it is.
 */
export async function handler(event: unknown, context: InvocationContext): Promise<EndpointReleaseResult> {
  const deadline = Date.now() + context.getRemainingTimeInMillis() - reserveMilliseconds;
  const client = new SageMakerClient({
    // Without a route to SageMaker the default is to wait until the function is killed, which says nothing.
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 },
  });
  let subject = {};
  try {
    const request = parseEvent(event);
    const { action, endpointName } = request;
    subject = { action, endpointName };
    if (request.action === "check") {
      await checkLive(client, request, deadline);
      return done({ action, endpointName, outcome: "live" });
    }
    if (request.lifecycle !== "delete") return done({ action, endpointName, outcome: "nothing to do" });
    const deleted = await deleteLeftovers(client, request);
    return done({ action, endpointName, outcome: "deleted" }, { deleted });
  } catch (error) {
    throw failure(error, subject);
  } finally {
    client.destroy();
  }
}

function done(result: EndpointReleaseResult, more: Record<string, unknown> = {}): EndpointReleaseResult {
  log("info", "done", { ...result, ...more });
  return result;
}
