import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { invokedAtTheEnd, type StoppingFunction } from "../../foundation/machineRuns";

/** Whose runs, and who stops them. */
export interface PipelineRunsArgs {
  by: StoppingFunction;
  pipeline: aws.sagemaker.Pipeline;
}

/** Stops, once it is deleted itself, the runs of a pipeline, which SageMaker does not delete with any under way: so what starts runs depends on it. */
export function pipelineRuns(
  name: string,
  { by, pipeline }: PipelineRunsArgs,
  parent: pulumi.Resource,
): aws.lambda.Invocation {
  const asked = pipeline.pipelineName.apply((pipelineName) => ({ pipelineName }));
  return invokedAtTheEnd(name, by, asked, { parent, dependsOn: pipeline });
}
