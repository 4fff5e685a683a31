import type { Mlflow } from "../apps/mlflow";
import type { ModelsSpace } from "../serving/modelsSpace";
import type { Topics } from "./alarmTopics";

/** What models on SageMaker lean on. */
export interface SageMakerGround {
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "ready">;
  /** Topics of owners, by receiver. */
  topics: Topics;
}
