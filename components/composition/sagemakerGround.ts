import type * as pulumi from "@pulumi/pulumi";
import type { Mlflow } from "../apps/mlflow/component";
import type { ModelsSpace } from "../serving/modelsSpace";
import type { Topics } from "./alarmTopics";

/** What models on SageMaker lean on. */
export interface SageMakerGround {
  space: Pick<ModelsSpace, "namespace" | "secrets" | "ready">;
  mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "ready">;
  /** Jobs after which it is decided which packages a model's pinned version needs beside the image, by model. */
  environments: Record<string, pulumi.Resource>;
  /** Topics of owners, by receiver. */
  topics: Topics;
}
