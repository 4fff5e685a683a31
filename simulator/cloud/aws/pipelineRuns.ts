/** What the platform's function `pipelineRuns` does when it is invoked; the simulated Lambda runs no code. */
import { Account, type Existing } from "../account";

/** A run of a pipeline that has not ended. No program makes one. */
export const pipelineRun = "simulated:pipelineRun";

/** Runs of a pipeline that have not ended. */
export function runsOfPipeline(account: Account, pipelineName: string): Existing[] {
  return account.ofType(pipelineRun).filter(({ inputs }) => inputs.pipelineName === pipelineName);
}

/** What ends with an invocation: the runs of the pipeline that it names. */
export function pipelineRunsOfRelease({ inputs }: Existing, account: Account): string[] {
  if (!/training-pipelines/i.test(String(inputs.functionName)) || typeof inputs.input !== "string") return [];
  const { pipelineName } = JSON.parse(inputs.input) as { pipelineName?: string };
  return runsOfPipeline(account, pipelineName ?? "").map(({ type, scope, id }) => Account.key(type, scope, id));
}
