import { modelsNamespace } from "../../charts/values/modelServer";
import { Mlflow, type MlflowArgs } from "../apps/mlflow/component";
import { dagNamespaces } from "../contracts/airflowNames";
import { monitoringNamespace } from "../lib/monitoringNames";
import type { MlflowSettings } from "../settings/mlflow";
import { airflowInCluster, hasModels } from "../settings/needs";
import { loopNamespace } from "../training/airflow/loopPods";
import { airflowLoopsOf } from "./airflowLoops";
import { gatedModels } from "./gatedModels";
import type { Install } from "./install";
import { type AppContext, surroundings } from "./surroundings";

/** Pieces of the platform that track runs, by name: each gets credentials of its own. */
const clients = {
  airflow: { role: "editor" },
  /** Its servers act as their owners, where people sign in; else all share one account. */
  jupyterhub: { role: "people", namespaces: ["jupyterhub"] },
  "model-servers": { role: "viewer", namespaces: [modelsNamespace] },
  releases: { role: "controller" }, // They tag the versions that they release.
} as const;

export const installMlflow: Install<"mlflow"> = (name, context, _beside, opts) => {
  const app = new Mlflow(name, mlflowArgs(context, context.settings.mlflow!), opts);
  return { app, ready: [], outputs: { mlflowUri: app.uri, mlflowUrl: app.url } };
};

/** What MLflow gets for a stack's settings. */
export function mlflowArgs(context: AppContext, settings: MlflowSettings): MlflowArgs {
  const { foundation } = context;
  const { garbageCollection: collection, values, ...choices } = settings;
  const around = surroundings(context, "mlflow", values);
  const jupyterhub =
    around.address && around.signIn ? clients.jupyterhub : { ...clients.jupyterhub, role: "editor" as const };
  const airflow = airflowInCluster(context.settings);
  const releasing = [modelsNamespace, ...(airflowLoopsOf(context.settings).length > 0 ? [loopNamespace] : [])];
  return {
    ...around,
    ...choices,
    database: foundation.databases.mlflow!,
    artifacts: foundation.stores.artifacts,
    identity: context.identity,
    clients: {
      ...(airflow ? { airflow: { ...clients.airflow, namespaces: dagNamespaces(airflow) } } : {}),
      ...(context.settings.jupyterhub ? { jupyterhub } : {}),
      ...(hasModels(context.settings)
        ? { "model-servers": clients["model-servers"], releases: { ...clients.releases, namespaces: releasing } }
        : {}),
    },
    gated: gatedModels(context.settings),
    ...(collection.enabled
      ? { garbageCollection: { schedule: collection.schedule, olderThanDays: collection.olderThanDays } }
      : {}),
    ...(context.monitors ? { monitoringNamespace } : {}),
  };
}
