import * as pulumi from "@pulumi/pulumi";
import { pipelineJobPrefix, pipelineSearches } from "../../identity/policies/pipeline";
import { trainingMachineName } from "../../identity/policies/training";
import type { TrainingEngine } from "../engine";
import { jobPrefix } from "../names";
import { searchStep } from "./definition";
import { LoopPipeline } from "./loopPipeline";
import { pipelineMachine } from "./machine";

/** The state machine starts a pipeline of SageMaker, which starts the jobs. */
export const sagemakerPipelines: TrainingEngine = {
  jobPrefixes: (stack, { model, tune }) => [
    jobPrefix(stack, model),
    pipelineJobPrefix,
    ...(tune ? pipelineSearches(searchStep) : []),
  ],
  runner: (name, { account, stack, spec: { model }, facts, removal }, child) => {
    const pipeline = new LoopPipeline(
      `${name}-pipe`,
      {
        account,
        model,
        facts,
        pipelineName: trainingMachineName(stack, model),
        stopping: removal.pipelines!, // It is there where any model is trained by a pipeline.
      },
      child,
    );
    return {
      definition: pulumi
        .all([facts, pipeline.pipelineName])
        .apply(([told, pipelineName]) => pipelineMachine(told, pipelineName)),
      judgedByMachine: false,
      pipelineArn: pipeline.pipelineArn,
      ready: pipeline.ready,
    };
  },
};
