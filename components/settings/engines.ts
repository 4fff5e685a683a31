import type { ModelTrainingSettings } from "./modelTraining";

/** Where each engine of training runs: on `aws` by a state machine and jobs of SageMaker, in the `cluster` by pods. */
const runsOn = {
  stepFunctions: "aws",
  sagemakerPipelines: "aws",
  airflow: "cluster",
} as const satisfies Record<ModelTrainingSettings["engine"], "aws" | "cluster">;

/** Engines whose loops are state machines. */
export type AwsEngine = {
  [Engine in keyof typeof runsOn]: (typeof runsOn)[Engine] extends "aws" ? Engine : never;
}[keyof typeof runsOn];

/** The training block of a model that is trained on AWS. */
export type AwsTrainingSettings = Extract<ModelTrainingSettings, { engine: AwsEngine }>;

/** Whether a model is trained by a state machine and jobs of SageMaker. */
export function trainedOnAws(training: ModelTrainingSettings | undefined): training is AwsTrainingSettings {
  return training !== undefined && runsOn[training.engine] === "aws";
}

/** Whether any of these models is trained by a pipeline of SageMaker. */
export function hasPipelines(models: Record<string, { training?: ModelTrainingSettings | undefined }> = {}): boolean {
  return Object.values(models).some(({ training }) => training?.engine === "sagemakerPipelines");
}
