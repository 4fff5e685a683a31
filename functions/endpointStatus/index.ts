import { DescribeEndpointCommand, type EndpointStatus, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { failure, isMissing } from "../failure";
import { log } from "../log";
import { parseEvent } from "./event";

/** Whether a release can begin at an endpoint. */
export interface EndpointStatusResult {
  endpointName: string;
  /** `updating` passes by itself; `failed` waits for a person. */
  status: "absent" | "inService" | "updating" | "failed";
  /** What SageMaker calls it; absent where there is no endpoint. */
  endpointStatus?: string;
  /** Full hours since it was made; absent where there is no endpoint. */
  ageHours?: number;
  /** What SageMaker gives as the reason of a failure. */
  reason?: string;
}

const hourMilliseconds = 3_600_000;

/** @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html */
const meaning: Record<EndpointStatus, EndpointStatusResult["status"]> = {
  Creating: "updating",
  Updating: "updating",
  SystemUpdating: "updating",
  RollingBack: "updating",
  Deleting: "updating",
  InService: "inService",
  OutOfService: "failed",
  Failed: "failed",
  UpdateRollbackFailed: "failed",
};

/**
 * Tells how an endpoint is, without waiting. Reads, and changes nothing.
 *
 * @throws when the request is wrong or SageMaker does not answer, or in a word that is not known.
 */
export async function handler(event: unknown): Promise<EndpointStatusResult> {
  const client = new SageMakerClient({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 } });
  let subject = {};
  try {
    const { endpointName } = parseEvent(event);
    subject = { endpointName };
    const result = await statusOf(client, endpointName);
    log(result.status === "failed" ? "warn" : "info", "asked", { ...result });
    return result;
  } catch (error) {
    throw failure(error, subject);
  } finally {
    client.destroy();
  }
}

async function statusOf(client: SageMakerClient, endpointName: string): Promise<EndpointStatusResult> {
  try {
    const found = await client.send(new DescribeEndpointCommand({ EndpointName: endpointName }));
    const endpointStatus = found.EndpointStatus as EndpointStatus;
    const status = meaning[endpointStatus];
    if (status === undefined)
      throw new Error(`Endpoint ${endpointName} is ${endpointStatus}, which is not known here.`);
    const made = found.CreationTime?.getTime();
    const ageHours = made === undefined ? undefined : Math.floor((Date.now() - made) / hourMilliseconds);
    const reason = found.FailureReason ? { reason: found.FailureReason } : {};
    return { endpointName, status, endpointStatus, ...(ageHours === undefined ? {} : { ageHours }), ...reason };
  } catch (error) {
    if (isMissing(error)) return { endpointName, status: "absent" };
    throw error;
  }
}
