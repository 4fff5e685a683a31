import { dagsSecretName } from "../../charts/values/airflowDags";
import { Airflow, type AirflowArgs } from "../apps/airflow/component";
import type { Mlflow } from "../apps/mlflow/component";
import { placementFor } from "../contracts/app";
import { sourceVariables } from "../contracts/dataSource";
import type { CompatibleStore, StoreKey, StoreUse } from "../contracts/foundation";
import { runDags } from "../identity/policies/dags";
import { anyRegion } from "../lib/anyRegion";
import { monitoringNamespace } from "../lib/monitoringNames";
import type { AirflowSettings } from "../settings/airflow";
import { purposes } from "../settings/nodeGroups";
import type { Settings } from "../settings/settings";
import { installAirflowLoops, loopFiles } from "./airflowLoops";
import { dagsAccess } from "./dagsAccess";
import { foldersForDags } from "./dagsData";
import type { Install } from "./install";
import { readable, sourcesOf } from "./sources";
import { onStore } from "./storeStatements";
import { type AppContext, surroundings } from "./surroundings";

/** Tasks at a time in the pool that training tasks name, so that they do not starve the others. */
const trainingSlots = 8;

/** With the pods of the loops that it runs, which come after it. */
export const installAirflow: Install<"airflow"> = (name, context, { made: { mlflow } }, opts) => {
  const app = new Airflow(name, airflowArgs(context, context.settings.airflow!, mlflow), opts);
  const loops = installAirflowLoops(
    `${name}-loops`,
    context,
    { ...(mlflow ? { mlflow } : {}), airflow: app.ready },
    opts,
  );
  return { app, ready: loops.ready, outputs: { airflowUrl: app.url, ...loops.outputs } };
};

/** What Airflow gets for a stack's settings. */
export function airflowArgs(
  context: AppContext,
  settings: AirflowSettings,
  mlflow: Pick<Mlflow, "uri" | "credentials"> | undefined,
): AirflowArgs {
  const { foundation, cluster } = context;
  const { executor, dags, image, reads, values, trainsFor: _, logRetentionDays: __, ...choices } = settings;
  const { data, logs } = foundation.stores;
  const store = logs.compatible;
  const region = foundation.aws?.account.region ?? anyRegion;
  const platformDags = loopFiles(context);
  const access = dagsAccess(context);
  if (executor.kind === "mwaa") throw new Error("MWAA is not Airflow in the cluster");
  return {
    ...surroundings(context, "airflow", values),
    ...choices,
    executor,
    dags: dagSource(dags, cluster.sharedStorageClass),
    ...(access ? { dagsAccess: access } : {}),
    ...(platformDags ? { platformDags } : {}),
    ...(image === undefined ? {} : { image }),
    workerPlacement: placementFor(cluster.nodeClasses, "training"),
    nodeClasses: Object.fromEntries(
      purposes.flatMap((purpose) => [
        [purpose, placementFor(cluster.nodeClasses, purpose)],
        ...(cluster.nodeClasses.some((each) => each.gpu && each.purpose === purpose)
          ? [[`${purpose}-gpu`, placementFor(cluster.nodeClasses, purpose, true)] as const]
          : []),
      ]),
    ),
    ...declared(context.settings),
    sources: sourceVariables(sourcesOf(context.settings, reads)),
    pools: { training: trainingSlots },
    database: foundation.databases.airflow!,
    logs,
    data,
    ...(data.compatible
      ? {}
      : {
          taskStatements: onStore(data, (store) => [
            ...runDags(store, foldersForDags(context.settings)),
            ...readable(context, reads),
          ]),
        }),
    identity: context.identity,
    region,
    ...(store
      ? {
          s3: {
            endpointUrl: store.endpoint,
            region,
            writing: keyOf(store, "taskLogs"),
            reading: keyOf(store, "taskLogsReading"),
          },
        }
      : {}),
    ...(mlflow ? { mlflow: { trackingUri: mlflow.uri, credentials: { ...mlflow.credentials("airflow") } } } : {}),
    ...(context.monitors ? { monitoringNamespace } : {}),
  };
}

/** What drift checks know of columns, for DAGs that look for drift themselves. */
function declared({ models }: Settings): Pick<AirflowArgs, "driftColumns"> {
  const driftColumns = Object.fromEntries(
    Object.entries(models ?? {}).flatMap(([name, { drift }]) => (drift?.columns ? [[name, drift.columns]] : [])),
  );
  return Object.keys(driftColumns).length === 0 ? {} : { driftColumns };
}

/** The whole store's where whoever keeps it gave one key for all. */
function keyOf(store: CompatibleStore, use: StoreUse): StoreKey {
  const { accessKeyId, secretAccessKey } = store.narrower?.[use] ?? store;
  return { accessKeyId, secretAccessKey };
}

function dagSource(dags: AirflowSettings["dags"], sharedStorageClass: string | undefined): AirflowArgs["dags"] {
  switch (dags.kind) {
    case "none":
      return { kind: "none" };
    case "git": {
      const { secretName, ...git } = dags;
      return { ...git, ...(secretName === undefined ? {} : { secretName: dagsSecretName }) };
    }
    case "volume":
      if (sharedStorageClass === undefined) throw new Error("DAGs on a volume need shared storage");
      return { ...dags, storageClass: sharedStorageClass };
    case "bucket":
      throw new Error("DAGs in the bucket are for MWAA");
  }
}
