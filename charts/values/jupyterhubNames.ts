import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Of the hub, its proxy and people's servers. */
export const jupyterhubNamespace = "jupyterhub";

/** Secrets that pods of the hub and of notebooks read; the component makes them, the chart gets these names. */
export const jupyterhubSecrets = {
  /** What the chart would otherwise generate anew; laid out as its `hub.existingSecret`. */
  keys: "jupyterhub-keys",
  /** `url` of the hub's database. */
  database: "jupyterhub-database",
  /** `client-secret`, or `user-password` and `admin-password`. */
  signIn: "jupyterhub-sign-in",
  /** `seed` of the key that tokens for MLflow are signed with; for the hub alone. */
  mlflow: "jupyterhub-mlflow",
  /** Environment of notebooks that is secret, by variable. */
  notebooks: "jupyterhub-notebooks",
} as const;

/** Key, in the Secret of keys, of the token by which Prometheus reads the hub's metrics. */
export const metricsTokenKey = "hub.services.prometheus.apiToken";

/** ConfigMap of the scripts that put DAGs into homes. */
export const dagScripts = "jupyterhub-dags";

/** Kernels talk over websockets, which are silent while a cell runs. */
export const notebookIdleSeconds = 3600;

const folder = join(__dirname, "..", "..", "workloads", "jupyterhub");

/** Python that the hub runs after the chart's own configuration. */
export function hubPython(name: string): string {
  return readFileSync(join(folder, `${name}.py`), "utf8");
}

/** Package by which MLflow's client in a server signs in as the server's owner, by file name. */
export function notebookSignIn(): Record<string, string> {
  return {
    "mlplatform_sign_in.py": readFileSync(join(folder, "notebook", "mlplatform_sign_in.py"), "utf8"),
    // What makes it a package that MLflow finds, without an installer in images that the platform does not build.
    "mlplatform_sign_in-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: mlplatform-sign-in\nVersion: 1\n",
    "mlplatform_sign_in-1.dist-info/entry_points.txt":
      "[mlflow.request_auth_provider]\nmlplatform = mlplatform_sign_in:Provider\n",
  };
}

/** Scripts of `dagScripts` by file name. */
export function dagScriptFiles(): Record<string, string> {
  return Object.fromEntries(
    ["fetch_dags.sh", "place_dags.sh", "answer_git.sh"].map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}
