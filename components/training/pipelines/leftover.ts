import type { Step } from "../../lib/states";
import { keep } from "../stepFunctions/answers";
import { call } from "../stepFunctions/terms";

/** What a pipeline's run is described as: the run of training that has started it, by its name and by its ARN. */
export const describedAs = "States.Format('{} {}', $.run, $.holder)";

const notOver = "PipelineExecutionStatus = 'Executing'";
const startedByIt = "$substringAfter(PipelineExecutionDescription, ' ') = $states.input.holder";
/** The newest are told first, and a model has one run of training at once. */
const mostRead = 20;

/** Stops the pipeline that a run of training has started which was stopped itself. What people have started in Studio goes on. */
export function stopLeftover(PipelineName: string): Step {
  const found = `$states.result.PipelineExecutionSummaries[${notOver} and ${startedByIt}].PipelineExecutionArn`;
  return {
    entry: "FindPipeline",
    states: (next) => ({
      ...keep("FindPipeline", {
        action: "listPipelineExecutions",
        arguments: { PipelineName, SortBy: "CreationTime", SortOrder: "Descending", MaxResults: mostRead },
        kept: `'pipeline': {'arn': (${found})[0]}`,
        next: "WhetherPipeline",
      }),
      WhetherPipeline: {
        Type: "Choice",
        Choices: [{ Variable: "$.pipeline.arn", IsPresent: true, Next: "StopPipeline" }],
        Default: next,
      },
      ...call("StopPipeline", "aws-sdk:sagemaker:stopPipelineExecution", {
        Parameters: {
          "PipelineExecutionArn.$": "$.pipeline.arn",
          "ClientRequestToken.$": "States.Hash($.run, 'SHA-1')",
        },
        ResultPath: null,
        Next: next,
      }),
    }),
  };
}
