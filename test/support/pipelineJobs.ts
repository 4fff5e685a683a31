import { pipelineDefinition } from "../../components/training/pipelines/definition";
import type { TrainingMachineFacts } from "../../components/training/stepFunctions/terms";

export interface PipelineStep {
  Name: string;
  Type: string;
  DependsOn?: string[];
  Arguments: { IfSteps?: PipelineStep[]; ElseSteps?: PipelineStep[] } & Record<string, unknown>;
}

/** A loop's pipeline, read. */
export function jobs(facts: TrainingMachineFacts) {
  return JSON.parse(pipelineDefinition(facts)) as {
    Version: string;
    Parameters: { Name: string; DefaultValue?: string }[];
    Steps: PipelineStep[];
  };
}
