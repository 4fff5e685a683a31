import {
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  paginateListEndpointConfigs,
  paginateListModels,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { isMissing } from "../failure";
import type { CheckRequest, LeftoversRequest } from "./event";

/** States in which an endpoint does not stay. */
const passing = ["Creating", "Updating", "SystemUpdating", "RollingBack"];
const pollMilliseconds = 5_000;

/**
 * Waits until the endpoint rests, then compares. SageMaker takes an update back by itself when an alarm fires or a container does
 * not start, and calls the endpoint `InService` again, with the configuration it had.
 *
 * @param deadline in milliseconds since 1970
 * @throws with what is live, why, and what to do next.
 */
export async function checkLive(client: SageMakerClient, request: CheckRequest, deadline: number): Promise<void> {
  const { endpointName, endpointConfigName, model } = request;
  const found = await describeAtRest(client, endpointName, deadline);
  if (found === undefined) throw new Error(`Endpoint ${endpointName} does not exist.`);
  const { EndpointStatus, EndpointConfigName, FailureReason } = found;
  if (EndpointStatus === "InService" && EndpointConfigName === endpointConfigName) return;
  const consequence =
    EndpointStatus === "InService"
      ? "SageMaker took the update back, and what was live before still answers"
      : "it answers nothing";
  throw new Error(
    `Endpoint ${endpointName} is ${EndpointStatus} with ${EndpointConfigName}, not with ${endpointConfigName}: ${consequence}. ` +
      `${FailureReason ? `Reason given: ${FailureReason}. ` : ""}Look at the alarms ${endpointName}-errors and ` +
      `${endpointName}-latency and the log group /aws/sagemaker/Endpoints/${endpointName}; then change models.${model}.from and ` +
      "run pulumi up, or to try the same version again: pulumi up --refresh",
  );
}

/**
 * Deletes what was made under a prefix while the endpoint stood.
 *
 * @returns how many configurations and models it deleted.
 * @throws when the endpoint still exists: its configuration must not go before it.
 */
export async function deleteLeftovers(client: SageMakerClient, request: LeftoversRequest): Promise<number> {
  const { endpointName, namePrefix } = request;
  const found = await describe(client, endpointName);
  if (found !== undefined) {
    throw new Error(`Endpoint ${endpointName} still exists (${found.EndpointStatus}); delete it before what it runs.`);
  }
  const configurations: string[] = [];
  for await (const page of paginateListEndpointConfigs({ client }, { NameContains: namePrefix })) {
    configurations.push(...(page.EndpointConfigs ?? []).map((each) => each.EndpointConfigName!));
  }
  const models: string[] = [];
  for await (const page of paginateListModels({ client }, { NameContains: namePrefix })) {
    models.push(...(page.Models ?? []).map((each) => each.ModelName!));
  }
  const own = (name: string) => name.startsWith(namePrefix);
  let deleted = 0;
  for (const EndpointConfigName of configurations.filter(own)) {
    deleted += await gone(client.send(new DeleteEndpointConfigCommand({ EndpointConfigName })));
  }
  for (const ModelName of models.filter(own)) deleted += await gone(client.send(new DeleteModelCommand({ ModelName })));
  return deleted;
}

async function describeAtRest(client: SageMakerClient, endpointName: string, deadline: number) {
  for (;;) {
    const found = await describe(client, endpointName);
    const status = found?.EndpointStatus;
    if (status === undefined || !passing.includes(status)) return found;
    if (Date.now() + pollMilliseconds > deadline) {
      throw new Error(`Endpoint ${endpointName} is still ${status}; run pulumi up again when it is InService.`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
}

async function describe(
  client: SageMakerClient,
  EndpointName: string,
): Promise<DescribeEndpointCommandOutput | undefined> {
  try {
    return await client.send(new DescribeEndpointCommand({ EndpointName }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** 1 where something was deleted, 0 where somebody else was quicker. */
async function gone(deleting: Promise<unknown>): Promise<number> {
  try {
    await deleting;
    return 1;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
