import { airflowApiPort } from "../../charts/values/airflow";
import { dagsSecretName } from "../../charts/values/airflowDags";
import { modelServer, modelsNamespace } from "../../charts/values/modelServer";
import type { Airflow } from "../apps/airflow/component";
import { Jupyterhub, type JupyterhubArgs } from "../apps/jupyterhub/component";
import type { Mlflow } from "../apps/mlflow/component";
import { sourceVariables } from "../contracts/dataSource";
import { workInHub } from "../identity/policies/notebooks";
import { anyRegion } from "../lib/anyRegion";
import type { JupyterhubSettings } from "../settings/jupyterhub";
import { modelsInCluster, notebookUploads } from "../settings/needs";
import { dagsAccess } from "./dagsAccess";
import type { Install } from "./install";
import { queries, readable, sourcesOf } from "./sources";
import { onStore } from "./storeStatements";
import { type AppContext, surroundings } from "./surroundings";

export const installJupyterhub: Install<"jupyterhub"> = (name, context, { made }, opts) => {
  const app = new Jupyterhub(name, jupyterhubArgs(context, context.settings.jupyterhub!, made), opts);
  return { app, ready: [], outputs: app.url === undefined ? {} : { jupyterhubUrl: app.url } };
};

/** What JupyterHub gets for a stack's settings. */
export function jupyterhubArgs(
  context: AppContext,
  settings: JupyterhubSettings,
  tools: {
    mlflow?: Pick<Mlflow, "namespace" | "portNumber" | "uri" | "credentials" | "tokenSeed">;
    airflow?: Pick<Airflow, "namespace">;
  },
): JupyterhubArgs {
  const { foundation, cluster } = context;
  const { mlflow, airflow } = tools;
  const { image, cloneDags, uploads: _uploads, reads: _reads, values, ...choices } = settings;
  const dags = context.settings.airflow?.dags;
  const access = cloneDags ? dagsAccess(context) : undefined;
  return {
    ...surroundings(context, "hub", values),
    ...choices,
    database: foundation.databases.jupyterhub!,
    nodeClasses: cluster.nodeClasses,
    ...(image === undefined ? {} : { image }),
    ...(cloneDags && dags?.kind === "git"
      ? {
          dags: {
            repository: dags.repository,
            branch: dags.branch,
            ...(access ? { secretName: dagsSecretName } : {}),
          },
        }
      : {}),
    ...(access ? { dagsAccess: access } : {}),
    ...(mlflow ? { mlflow: trackedBy(mlflow) } : {}),
    ...(airflow
      ? {
          airflow: {
            namespace: airflow.namespace,
            portNumber: airflowApiPort,
            url: `http://airflow-api-server.${airflow.namespace}.svc:${airflowApiPort}`,
          },
        }
      : {}),
    ...(modelsInCluster(context.settings).length > 0
      ? { models: { namespace: modelsNamespace, portNumber: modelServer.portNumber } }
      : {}),
    ...dataAccess(context, settings),
  };
}

/** MLflow as notebooks know it. Where nobody signs in, they share one account there. */
function trackedBy(mlflow: Pick<Mlflow, "namespace" | "portNumber" | "uri" | "credentials" | "tokenSeed">) {
  const { namespace, portNumber, uri, tokenSeed } = mlflow;
  const reached = { namespace, portNumber, url: uri };
  if (tokenSeed !== undefined) return { ...reached, tokenSeed };
  const { MLFLOW_TRACKING_PASSWORD: password } = mlflow.credentials("jupyterhub");
  return { ...reached, credential: { userName: "jupyterhub", password } };
}

/** Where notebooks find the models' data, and what lets them in. */
function dataAccess(context: AppContext, { reads }: JupyterhubSettings): Partial<JupyterhubArgs> {
  const { settings, foundation, identity } = context;
  const { data } = foundation.stores;
  const found = { MODEL_DATA_URI: data.uri };
  const { compatible } = data;
  if (compatible === undefined) {
    const statements = onStore(data, (store) => [
      ...workInHub(store, notebookUploads(settings)),
      ...readable(context, reads),
      ...queries(context, reads, store),
    ]);
    return {
      environment: {
        AWS_DEFAULT_REGION: foundation.aws?.account.region ?? anyRegion,
        ...sourceVariables(sourcesOf(settings, reads)),
      },
      secretEnvironment: found,
      permissions: { identity, statements },
      ...(foundation.aws ? { objectStoreCidrs: foundation.aws.s3Cidrs() } : {}),
    };
  }
  const { endpoint, namespace, portNumber, narrower } = compatible;
  const key = narrower?.notebooks;
  return {
    environment: { AWS_DEFAULT_REGION: anyRegion },
    secretEnvironment: {
      ...found,
      AWS_ENDPOINT_URL_S3: endpoint,
      // Whoever keeps a store gave its one key to the platform, not to everybody with a notebook.
      ...(key ? { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey } : {}),
    },
    ...(namespace === undefined ? {} : { objectStore: { namespace, portNumber } }),
  };
}
