import { hubPython, jupyterhubSecrets, notebookSignIn } from "./jupyterhubNames";

/** Where servers find what signs MLflow's client in; before what their images have. */
const folder = "/opt/mlplatform/python";

/**
 * Values by which the hub makes tokens for MLflow, and servers ask for them. The module is mounted, so that every image has it,
 * and found by Python's own path: what people install goes elsewhere.
 */
export function actAsOwner(mlflowUri: string) {
  return {
    hubEnvironment: {
      MLFLOW_TOKEN_SEED: { valueFrom: { secretKeyRef: { name: jupyterhubSecrets.mlflow, key: "seed" } } },
    },
    hubConfig: { "20-mlflow-tokens": hubPython("mlflow_tokens") },
    environment: {
      MLFLOW_TRACKING_AUTH: "mlplatform",
      MLPLATFORM_MLFLOW_URI: mlflowUri, // Tokens go there and nowhere else, whatever the client's own variable is set to.
      PYTHONPATH: folder,
    },
    files: Object.fromEntries(
      Object.entries(notebookSignIn()).map(([path, stringData]) => [
        path.replaceAll("/", "-"),
        { mountPath: `${folder}/${path}`, stringData },
      ]),
    ),
  };
}
