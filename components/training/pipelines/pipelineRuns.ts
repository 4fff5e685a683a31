import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Whose runs, and who stops them. */
export interface PipelineRunsArgs {
  functionName: pulumi.Input<string>;
  pipelineName: pulumi.Input<string>;
}

/**
 * Stops, once it is deleted itself, the runs of a pipeline, which SageMaker does not delete with any under way: so it depends on the pipeline,
 * and what starts runs depends on it.
 * @see https://www.pulumi.com/registry/packages/aws/api-docs/lambda/invocation/
 */
export function pipelineRuns(
  name: string,
  { functionName, pipelineName }: PipelineRunsArgs,
  opts: pulumi.CustomResourceOptions,
): aws.lambda.Invocation {
  const input = pulumi.output(pipelineName).apply((known) => JSON.stringify({ pipelineName: known }));
  return new aws.lambda.Invocation(name, { functionName, lifecycleScope: "CRUD", input }, opts);
}
