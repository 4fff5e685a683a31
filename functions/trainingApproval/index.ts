import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SendTaskFailureCommand, SendTaskSuccessCommand, SFNClient } from "@aws-sdk/client-sfn";
import { failure } from "../failure";
import { log } from "../log";
import { type Decision, parseEvent } from "./event";
import { findWaiting, noteDecision } from "./waiting";

/** What AWS Lambda tells of the invocation, as far as it is used. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/** What became of an event. */
export interface TrainingApprovalResult {
  /** `too late`: the run has ended, or been answered by somebody quicker. */
  outcome: "answered" | "answered before" | "too late" | "nobody waits" | "no decision";
}

/** Somebody who is quick decides between the package and the token, which the state machine writes one after the other. */
const patienceMilliseconds = 20_000;
const pollMilliseconds = 2_000;
const reserveMilliseconds = 3_000;
const notWaiting = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];
/** Lengths that Step Functions takes. */
const mostCause = 32_768;

/**
 * Tells the run that waits for a model package what was decided: it goes on, or fails with the error `Rejected`. The first decision
 * counts. Environment: `TABLE_NAME`, the table of training with the key `id`.
 *
 * @throws when the event is none of SageMaker's, or AWS does not answer: AWS Lambda then tries the event again.
 */
export async function handler(event: unknown, context: InvocationContext): Promise<TrainingApprovalResult> {
  const deadline =
    Date.now() + Math.min(context.getRemainingTimeInMillis() - reserveMilliseconds, patienceMilliseconds);
  const requestHandler = { connectionTimeout: 5_000, requestTimeout: 10_000 };
  const dynamodb = new DynamoDBClient({ requestHandler });
  const stepFunctions = new SFNClient({ requestHandler });
  let subject = {};
  try {
    const tableName = process.env.TABLE_NAME;
    if (!tableName) throw new Error("TABLE_NAME is not set");
    const decision = parseEvent(event);
    if (decision === undefined) return done({ outcome: "no decision" }, subject);
    subject = { ...decision };
    const { modelPackageArn, status } = decision;

    let waiting = await findWaiting(dynamodb, tableName, modelPackageArn);
    while (waiting === undefined && Date.now() + pollMilliseconds <= deadline) {
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
      waiting = await findWaiting(dynamodb, tableName, modelPackageArn);
    }
    if (waiting === undefined) return done({ outcome: "nobody waits" }, subject);
    const { token, decided } = waiting;
    if (decided === status) return done({ outcome: "answered before" }, subject);
    if (decided !== undefined) return done({ outcome: "too late" }, { ...subject, decided });
    const outcome = await answer(stepFunctions, token, decision);
    await noteDecision(dynamodb, tableName, modelPackageArn, token, status);
    return done({ outcome }, subject);
  } catch (error) {
    throw failure(error, subject);
  } finally {
    dynamodb.destroy();
    stepFunctions.destroy();
  }
}

async function answer(
  client: SFNClient,
  taskToken: string,
  { modelPackageArn, status, description }: Decision,
): Promise<TrainingApprovalResult["outcome"]> {
  const said = description ? `: ${description}` : "";
  const command =
    status === "Approved"
      ? new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ modelPackageArn, status, description }) })
      : new SendTaskFailureCommand({
          taskToken,
          error: "Rejected",
          cause: `The model package ${modelPackageArn} was rejected${said}`.slice(0, mostCause),
        });
  try {
    await client.send(command as SendTaskSuccessCommand);
    return "answered";
  } catch (error) {
    if (!notWaiting.includes((error as Error).name)) throw error;
    return "too late";
  }
}

function done(result: TrainingApprovalResult, subject: object): TrainingApprovalResult {
  log(result.outcome === "too late" ? "warn" : "info", result.outcome, { ...subject });
  return result;
}
