import type { Mlflow } from "../apps/mlflow/component";
import type { AlertTopic } from "../foundation/alertTopic";

/** What serving leans on. */
export interface ServingGround {
  mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "uri" | "credentials" | "ready">;
  /** Topics of owners who read mail, by receiver. */
  topics: Record<string, Pick<AlertTopic, "arn">>;
}
