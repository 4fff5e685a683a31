import type { Step } from "../../lib/states";
import { keep } from "../stepFunctions/answers";
import { call, caught, explained } from "../stepFunctions/terms";

/** What a pipeline's run is described as: the run of training that has started it, by its name and by its ARN. */
export const describedAs = "States.Format('{} {}', $.run, $.holder)";

const notOver = "PipelineExecutionStatus = 'Executing'";
const startedByIt = "$substringAfter(PipelineExecutionDescription, ' ') = $states.input.holder";
/** The newest are told first, and a model has one run of training at once. */
const mostRead = 20;

/**
 * Stops the pipeline that a run of training has started of which a state failed since, or that was stopped itself. It is looked for, since the
 * answer to its start may have been lost. What people have started in Studio goes on. That it could not be stopped is told beside why the run
 * ended.
 */
export function stopLeftover(PipelineName: string): Step {
  const found = `$states.result.PipelineExecutionSummaries[${notOver} and ${startedByIt}].PipelineExecutionArn`;
  const ifItFails = "ExplainLeftover";
  return {
    entry: "FindPipeline",
    states: (next) => ({
      ...keep("FindPipeline", {
        action: "listPipelineExecutions",
        arguments: { PipelineName, SortBy: "CreationTime", SortOrder: "Descending", MaxResults: mostRead },
        kept: `'leftover': {'arn': (${found})[0]}`,
        next: "WhetherPipeline",
        ifItFails,
      }),
      WhetherPipeline: {
        Type: "Choice",
        Choices: [{ Variable: "$.leftover.arn", IsPresent: true, Next: "StopPipeline" }],
        Default: next,
      },
      ...call("StopPipeline", "aws-sdk:sagemaker:stopPipelineExecution", {
        Parameters: {
          "PipelineExecutionArn.$": "$.leftover.arn",
          "ClientRequestToken.$": "States.Hash($.run, 'SHA-1')",
        },
        ResultPath: null,
        Catch: caught("StopPipeline", ifItFails),
        Next: next,
      }),
      ...explained(
        "ExplainLeftover",
        "TrainingFailed",
        "States.Format('{}; its pipeline may go on, {} failed: {}', $.verdict.cause, $failedState, States.JsonToString($.error))",
        next,
      ),
    }),
  };
}
