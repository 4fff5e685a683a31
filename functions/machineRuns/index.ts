import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { paginateListExecutions, SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { failure } from "../failure";
import { log } from "../log";
import { parseEvent } from "./event";
import { giveBack } from "./held";

/** Result of the `aws.lambda.Invocation`. It stays in the stack's state, so it holds no number. */
export interface MachineRunsResult {
  machineArn: string;
  outcome: "nothing to do" | "stopped";
}

/** Time kept for saying what is left before AWS Lambda ends the function without a word. */
const reserveMilliseconds = 3_000;
/** Lists of executions are a moment behind. */
const againMilliseconds = 1_000;
const mostListed = 100;
/** In the history of each run. */
const why = { error: "ModelRemoved", cause: "The model, its training or its scoring was removed from the stack" };
const absent = ["ExecutionDoesNotExist", "StateMachineDoesNotExist"];

/**
 * Stops the runs of a state machine before the machine itself goes: it would stay until the last has ended, and one that waits for a person
 * takes days. May be repeated. Environment, where runs hold something: `TABLE_NAME`, the table of training with the key `id`.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html
 *
 * @throws with how many are left where time does not suffice.
 */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<MachineRunsResult> {
  const deadline = Date.now() + context.getRemainingTimeInMillis() - reserveMilliseconds;
  const requestHandler = { connectionTimeout: 5_000, requestTimeout: 10_000 };
  const stepFunctions = new SFNClient({ maxAttempts: 10, retryMode: "adaptive", requestHandler });
  const dynamodb = new DynamoDBClient({ requestHandler });
  let subject = {};
  try {
    const request = parseEvent(event);
    const { machineArn, turns, lifecycle } = request;
    subject = { machineArn };
    const tableName = process.env.TABLE_NAME;
    if (turns !== undefined && !tableName) throw new Error("TABLE_NAME is not set");
    if (lifecycle !== "delete") return { machineArn, outcome: "nothing to do" };
    const stopped = new Set<string>();
    for (let runs = await running(stepFunctions, machineArn); runs.length > 0; ) {
      for (const [done, executionArn] of runs.entries()) {
        if (Date.now() > deadline) {
          throw new Error(`${runs.length - done} runs of ${machineArn} have not ended; run it again.`);
        }
        await stepFunctions.send(new StopExecutionCommand({ executionArn, ...why })).catch(unlessAbsent);
        stopped.add(executionArn);
      }
      await new Promise((resolve) => setTimeout(resolve, againMilliseconds));
      runs = await running(stepFunctions, machineArn);
    }
    if (turns !== undefined && tableName) await giveBack(dynamodb, tableName, { machineArn, turns });
    log("info", "stopped", { machineArn, runs: stopped.size });
    return { machineArn, outcome: "stopped" };
  } catch (error) {
    throw failure(error, subject);
  } finally {
    stepFunctions.destroy();
    dynamodb.destroy();
  }
}

/** ARNs of the runs that go on; none where there is no such machine. */
async function running(client: SFNClient, stateMachineArn: string): Promise<string[]> {
  const found: string[] = [];
  const asked = { stateMachineArn, statusFilter: "RUNNING" } as const;
  try {
    for await (const { executions } of paginateListExecutions({ client, pageSize: mostListed }, asked)) {
      found.push(...(executions ?? []).map(({ executionArn }) => executionArn!));
    }
  } catch (error) {
    unlessAbsent(error);
  }
  return found;
}

function unlessAbsent(error: unknown): void {
  if (!absent.includes((error as Error).name)) throw error;
}
