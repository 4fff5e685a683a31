import { randomUUID } from "node:crypto";
import {
  type PipelineExecutionSummary,
  paginateListPipelineExecutions,
  SageMakerClient,
  StopPipelineExecutionCommand,
} from "@aws-sdk/client-sagemaker";
import { failure, isMissing } from "../failure";
import { log } from "../log";
import { parseEvent } from "./event";

/** Result of the `aws.lambda.Invocation`. It stays in the stack's state, so it holds no number. */
export interface PipelineRunsResult {
  pipelineName: string;
  outcome: "nothing to do" | "stopped";
}

/** Time kept for saying what is left before AWS Lambda ends the function without a word. */
const reserveMilliseconds = 3_000;
/** Jobs have two minutes to end in. */
const againMilliseconds = 5_000;
const underWay: readonly (string | undefined)[] = ["Executing", "Stopping"];

/**
 * Stops the runs of a pipeline before the pipeline itself goes, and waits for their end: SageMaker deletes none that has a run under way. May
 * be repeated.
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeletePipeline.html
 *
 * @throws with how many are left where time does not suffice.
 */
export async function handler(
  event: unknown,
  context: { getRemainingTimeInMillis(): number },
): Promise<PipelineRunsResult> {
  const deadline = Date.now() + context.getRemainingTimeInMillis() - reserveMilliseconds;
  const client = new SageMakerClient({
    maxAttempts: 10,
    retryMode: "adaptive",
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 },
  });
  let subject = {};
  try {
    const { pipelineName, lifecycle } = parseEvent(event);
    subject = { pipelineName };
    if (lifecycle !== "delete") return { pipelineName, outcome: "nothing to do" };
    const stopped = new Set<string>();
    for (let runs = await running(client, pipelineName); runs.length > 0; ) {
      for (const { PipelineExecutionArn, PipelineExecutionStatus } of runs) {
        if (PipelineExecutionStatus !== "Executing") continue;
        const ClientRequestToken = randomUUID();
        await client
          .send(new StopPipelineExecutionCommand({ PipelineExecutionArn, ClientRequestToken }))
          .catch(unlessOver);
        stopped.add(PipelineExecutionArn!);
      }
      if (Date.now() + againMilliseconds > deadline) {
        throw new Error(`${runs.length} runs of the pipeline ${pipelineName} have not ended; run it again.`);
      }
      await new Promise((resolve) => setTimeout(resolve, againMilliseconds));
      runs = await running(client, pipelineName);
    }
    log("info", "stopped", { pipelineName, runs: stopped.size });
    return { pipelineName, outcome: "stopped" };
  } catch (error) {
    throw failure(error, subject);
  } finally {
    client.destroy();
  }
}

/** Runs that have not ended; none where there is no such pipeline. */
async function running(client: SageMakerClient, PipelineName: string): Promise<PipelineExecutionSummary[]> {
  const found: PipelineExecutionSummary[] = [];
  try {
    for await (const page of paginateListPipelineExecutions({ client, pageSize: 100 }, { PipelineName })) {
      const runs = page.PipelineExecutionSummaries ?? [];
      found.push(...runs.filter(({ PipelineExecutionStatus }) => underWay.includes(PipelineExecutionStatus)));
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return found;
}

/** It may have ended meanwhile. */
function unlessOver(error: unknown): void {
  if ((error as Error).name !== "ConflictException" && !isMissing(error)) throw error;
}
