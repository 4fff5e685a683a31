import type { ModelPackage } from "../serving/sagemaker/servingArgs";
import type { Topics } from "./alarmTopics";

/** What models on SageMaker lean on. */
export interface SageMakerGround {
  /** Packages of the versions that the stack names, by model. */
  packages: Record<string, ModelPackage>;
  /** Topics of owners, by receiver. */
  topics: Topics;
}
