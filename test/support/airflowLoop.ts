import type { AirflowGround, AirflowLoop } from "../../components/training/airflow/facts";

/** A loop with what most have, and nothing that is optional. */
export function airflowLoop(over: Partial<AirflowLoop> = {}): AirflowLoop {
  return {
    model: "churn",
    problemType: "binaryClassification",
    image: "registry.example.com/training:1.0.0",
    hyperparameters: { project: "churn", max_iter: "40" },
    cpu: "2",
    memoryMiB: 4096,
    gpus: 0,
    timeoutMinutes: 240,
    gate: { metric: "roc_auc", atLeast: 0.6, beatChampion: true },
    approve: "automatic",
    rawFolder: "data/churn/",
    sources: [],
    from: "models:/churn@champion",
    targets: ["kubernetes"],
    bakeMinutes: 10,
    ...over,
  };
}

export function airflowGround(over: Partial<AirflowGround> = {}): AirflowGround {
  return {
    stack: "mlplatform-dev",
    region: "eu-west-1",
    dataUri: "s3://data",
    toolImage: "registry.example.com/release:1.0.0",
    serviceAccount: "training-churn",
    namespace: "airflow-training",
    launcher: "airflow-loops",
    placement: { nodeSelector: { "mlplatform/purpose": "training" }, tolerations: [] },
    gpuPlacement: { nodeSelector: { "mlplatform/node-group": "gpu" }, tolerations: [] },
    environmentConfigMap: "training-environment",
    mlflowSecret: "training-mlflow",
    ...over,
  };
}
