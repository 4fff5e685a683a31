import { DeleteModelPackageCommand, paginateListModelPackages, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { DescribeStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { failure, isMissing } from "../failure";
import { log } from "../log";
import { parseEvent } from "./event";

/** Result of the `aws.lambda.Invocation`. It stays in the stack's state, so it holds no number. */
export interface PackageVersionsResult {
  groupName: string;
  outcome: "nothing to do" | "deleted" | "still trained";
}

/** Time kept for saying what is left before AWS Lambda ends the function without a word. */
const reserveMilliseconds = 3_000;

/**
 * Deletes the versions of a package group before the group itself: SageMaker refuses to delete a group that has any. May be repeated. Pulumi
 * deletes an invocation also where it puts another in its place, as when the function has another name: as long as the model's state machine is
 * there, which goes before its versions do, none is deleted.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-delete-model-group.html
 *
 * @throws with how many are left where time does not suffice.
 */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<PackageVersionsResult> {
  const deadline = Date.now() + context.getRemainingTimeInMillis() - reserveMilliseconds;
  const client = new SageMakerClient({
    maxAttempts: 10, // SageMaker takes a few deletions a second.
    retryMode: "adaptive",
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 },
  });
  const stepFunctions = new SFNClient({ requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 } });
  let subject = {};
  try {
    const { groupName, machineArn, keep, lifecycle } = parseEvent(event);
    subject = { groupName };
    if (keep || lifecycle !== "delete") return { groupName, outcome: "nothing to do" };
    if (machineArn !== undefined && (await stands(stepFunctions, machineArn))) {
      log("warn", "still trained", { groupName, machineArn });
      return { groupName, outcome: "still trained" };
    }
    const versions = await versionsOf(client, groupName);
    for (const [deleted, ModelPackageName] of versions.entries()) {
      if (Date.now() > deadline) {
        throw new Error(
          `${versions.length - deleted} of ${versions.length} versions of the package group ${groupName} are left; run it again.`,
        );
      }
      await client.send(new DeleteModelPackageCommand({ ModelPackageName })).catch((error) => {
        if (!isMissing(error)) throw error;
      });
    }
    log("info", "deleted", { groupName, versions: versions.length });
    return { groupName, outcome: "deleted" };
  } catch (error) {
    throw failure(error, subject);
  } finally {
    client.destroy();
    stepFunctions.destroy();
  }
}

/** Whether there is such a machine, and it is not about to go. */
async function stands(client: SFNClient, stateMachineArn: string): Promise<boolean> {
  try {
    return (await client.send(new DescribeStateMachineCommand({ stateMachineArn }))).status !== "DELETING";
  } catch (error) {
    if ((error as Error).name === "StateMachineDoesNotExist") return false;
    throw error;
  }
}

/** ARNs of the versions; none where there is no such group. */
async function versionsOf(client: SageMakerClient, ModelPackageGroupName: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const page of paginateListModelPackages({ client, pageSize: 100 }, { ModelPackageGroupName })) {
      found.push(...(page.ModelPackageSummaryList ?? []).map(({ ModelPackageArn }) => ModelPackageArn!));
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return found;
}
