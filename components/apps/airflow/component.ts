import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartSource } from "../../../charts/source";
import { airflowApiPort, airflowValues } from "../../../charts/values/airflow";
import { type AirflowFacts, logConnectionVariable } from "../../../charts/values/airflowFacts";
import {
  airflowLogFolder,
  dagPodNamespace,
  environmentConfigMap,
  airflowNamespace as namespace,
  platformDagsConfigMaps,
  serviceAccounts,
  workerNamespace,
} from "../../contracts/airflowNames";
import type { AppSurroundings, Placement } from "../../contracts/app";
import type { Database, ObjectStore } from "../../contracts/foundation";
import { dataProtection } from "../../foundation/data/protection";
import { after, type Dependency } from "../../lib/dependencies";
import { stableJson } from "../../lib/json";
import { merge } from "../../lib/merge";
import type { TaskQuotaSettings } from "../../settings/airflow";
import { type DagsAccess, dagsSecret } from "../dagsSecret";
import { type AirflowAccess, airflowGrants } from "./grants";
import { platformDags } from "./platformDags";
import { AirflowSecrets, airflowSecretNames, type S3Access, withRole } from "./secrets";
import { AirflowTasks, localSettings } from "./tasks";
import { airflowIngress, airflowMonitor, airflowTraffic } from "./traffic";
import { AirflowUpkeep } from "./upkeep";
import { withVariables } from "./variables";

/** What Airflow needs from the rest of the platform. */
export interface AirflowArgs
  extends AppSurroundings,
    AirflowAccess,
    Pick<
      AirflowFacts,
      "executor" | "dags" | "image" | "schedulers" | "apiServers" | "workerCpu" | "workerMemoryMiB" | "workerPlacement"
    > {
  /** Holds runs, connections and users. The password never leaves the Secret made of it. */
  database: Database;
  /** Holds what models are asked and what DAGs score: tasks find it in `MODEL_DATA_URI`. */
  data: ObjectStore;
  /** Region that AWS clients of DAGs use unless told otherwise. */
  region: string;
  /** Where the store is not Amazon's. */
  s3?: S3Access;
  /** Days that runs stay in the database. */
  historyDays: number;
  /** Most that people's DAGs may ask of the cluster at once. */
  taskQuota: TaskQuotaSettings;
  /** Kinds of nodes a DAG may send a task to, as the Airflow variable `node_classes`. */
  nodeClasses: Record<string, Placement>;
  /** By model what its drift check knows of columns, as the Airflow variable `drift_columns`. Absent: nothing is declared. */
  driftColumns?: Record<string, Record<string, "ignore">>;
  /** Variables in which tasks find what lies elsewhere, with its addresses. */
  sources: Record<string, string>;
  /** Most tasks at a time, by name of a pool that DAGs may name. */
  pools: Record<string, number>;
  /** Where DAGs track runs, and as whom: environment variables such as `MLFLOW_TRACKING_TOKEN`. */
  mlflow?: { trackingUri: string; credentials: Record<string, pulumi.Input<string>> };
  /** What opens the repository of DAGs that are in Git; comes with their `secretName`. */
  dagsAccess?: DagsAccess;
  /** DAGs of the platform itself, as files by name; running pods read what changes. Absent: people's alone. */
  platformDags?: Record<string, pulumi.Input<string>>;
  /** From which metrics are read; comes with `monitors`. */
  monitoringNamespace?: string;
}

/** Airflow 3: its own namespace, others for what DAGs run, an identity for each kind of pod that needs one, one pinned chart. */
export class Airflow extends pulumi.ComponentResource {
  readonly namespace = namespace;
  /** Where people reach it; inside the cluster's own network only, where there is no address. */
  readonly url: pulumi.Output<string>;
  /** For clients inside the cluster, such as `http://airflow-api-server.airflow.svc:8080`. */
  readonly apiUrl: pulumi.Output<string>;
  /** Service account of tasks. */
  readonly taskServiceAccount = serviceAccounts.worker;
  /** Secret with the `password` of user `admin`; absent where people sign in. */
  readonly adminSecretName?: string;
  /** Depend on these to come after Airflow, and to be destroyed before it. */
  readonly ready: Dependency[];

  constructor(name: string, args: AirflowArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:Airflow", name, {}, opts);
    const child = { parent: this };
    const { address, signIn } = args;
    const space = new k8s.core.v1.Namespace(
      name,
      {
        metadata: {
          name: namespace,
          labels: { "pod-security.kubernetes.io/enforce": "restricted" },
        },
      },
      // The Fernet key is in it, without which nobody reads the connections in a database that was kept.
      { ...child, ...dataProtection(args.keepData).options, dependsOn: after(...args.ready) },
    );
    const inside = { ...child, dependsOn: [space] };
    const workers = workerNamespace(args);

    const taskEnvironment = { ...storeKey(args.data), ...args.mlflow?.credentials };
    const literals = {
      AWS_DEFAULT_REGION: args.region,
      ...args.sources,
      AIRFLOW_VAR_NODE_CLASSES: stableJson(args.nodeClasses),
      ...(args.driftColumns === undefined ? {} : { AIRFLOW_VAR_DRIFT_COLUMNS: stableJson(args.driftColumns) }),
      // Where a pod is started whose DAG names no namespace.
      AIRFLOW_CONN_KUBERNETES_DEFAULT: stableJson({
        conn_type: "kubernetes",
        extra: { in_cluster: true, namespace: dagPodNamespace },
      }),
      ...(args.mlflow === undefined ? {} : { MLFLOW_TRACKING_URI: args.mlflow.trackingUri }),
    };
    // What only the cloud knows travels in an object the pods read; values stay literal, so the preview stays whole.
    const ofCloud = {
      MODEL_DATA_URI: args.data.uri,
      AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: pulumi.interpolate`${args.logs.uri}/${airflowLogFolder}tasks`,
    };
    const values = chartValues(args, Object.keys(taskEnvironment), literals, Object.keys(ofCloud));
    const tasks = new AirflowTasks(
      `${name}-tasks`,
      {
        executor: args.executor.kind,
        workerNamespace: workers,
        environment: {
          ...literals,
          ...ofCloud,
          ...(args.s3 === undefined ? { [logConnectionVariable]: withRole } : {}),
        },
        ...(args.platformDags === undefined ? {} : { platformDags: args.platformDags }),
        ...(args.dagsAccess === undefined ? {} : { dagsAccess: args.dagsAccess }),
        ...knownHostsIn(values),
        quota: args.taskQuota,
        space,
        ready: args.ready,
      },
      child,
    );
    const secrets = new AirflowSecrets(
      `${name}-secrets`,
      {
        namespace,
        workerNamespace: workers,
        dagPodNamespace,
        database: args.database,
        celery: args.executor.kind === "celery",
        taskEnvironment,
        keepData: args.keepData,
        after: [space, ...tasks.namespaces],
        ...(args.s3 === undefined ? {} : { s3: args.s3 }),
        ...(signIn === undefined ? {} : { signIn }),
      },
      child,
    );
    const environment = new k8s.core.v1.ConfigMap(
      `${name}-environment`,
      { metadata: { name: environmentConfigMap, namespace }, data: { ...literals, ...ofCloud } },
      inside,
    );
    const own = [
      ...(args.platformDags ? platformDags(`${name}-dags`, namespace, args.platformDags, inside) : []),
      ...(args.dagsAccess ? [dagsSecret(`${name}-git`, namespace, args.dagsAccess, inside)] : []),
    ];
    const granted = airflowGrants(name, { ...args, namespaces: { workers, dagPods: dagPodNamespace } }, child);
    const policies = airflowTraffic(name, { namespace, workerNamespace: workers, ...monitoring(args) }, inside);
    const chart = new k8s.helm.v4.Chart(
      name,
      {
        ...chartSource("airflow"),
        name: "airflow",
        namespace,
        values,
      },
      {
        ...child,
        // Pods started before the grant run without credentials; the first Job needs the database.
        dependsOn: after(
          ...tasks.ready,
          ...secrets.ready,
          environment,
          ...own,
          ...granted,
          ...policies,
          ...args.database.ready,
        ),
      },
    );
    const installed: Dependency[] = [chart, chart.resources];
    new AirflowUpkeep(
      `${name}-upkeep`,
      {
        namespace,
        historyDays: args.historyDays,
        pools: args.pools,
        placement: args.placement,
        after: installed,
        ...(args.image === undefined ? {} : { image: args.image }),
      },
      child,
    );
    if (address !== undefined) airflowIngress(name, { namespace, address, after: installed }, child);
    if (args.monitors !== undefined) {
      airflowMonitor(name, { namespace, after: [...installed, ...args.monitors] }, child);
    }

    this.apiUrl = pulumi.output(`http://airflow-api-server.${namespace}.svc:${airflowApiPort}`);
    this.url = address === undefined ? this.apiUrl : pulumi.output(address.url);
    if (signIn === undefined) this.adminSecretName = airflowSecretNames.admin;
    this.ready = installed;
    this.registerOutputs({ url: this.url });
  }
}

/** Of a store that is not Amazon's; task logs have a connection, and a key, of their own. */
function storeKey({ compatible }: ObjectStore): Record<string, pulumi.Input<string>> {
  if (compatible === undefined) return {};
  const { accessKeyId, secretAccessKey } = compatible.narrower?.tasks ?? compatible;
  return {
    AWS_ENDPOINT_URL_S3: compatible.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

/** Values of the chart, with those of the stack over the platform's own. */
function chartValues(args: AirflowArgs, taskVariables: string[], literals: object, ofCloud: string[]): object {
  const variables = [...ofCloud, ...taskVariables];
  const own = airflowValues({
    ...facts(args),
    taskVariables,
    secretsRevision: revision({ names: airflowSecretNames, literals, variables, s3: args.s3?.region ?? null }),
  });
  return merge(own, withVariables(own, args.values));
}

/** Of the machine that DAGs are fetched from. */
function knownHostsIn(values: object): { knownHosts?: string } {
  const { dags } = values as { dags?: { gitSync?: { knownHosts?: string } } };
  const knownHosts = dags?.gitSync?.knownHosts;
  return knownHosts === undefined ? {} : { knownHosts };
}

function monitoring({ monitoringNamespace }: AirflowArgs): { monitoringNamespace?: string } {
  return monitoringNamespace === undefined ? {} : { monitoringNamespace };
}

/** Changes when the pods must start anew to see it. */
function revision(seen: unknown): string {
  return createHash("sha256").update(stableJson(seen)).digest("hex").slice(0, 16);
}

function facts(args: AirflowArgs): Omit<AirflowFacts, "secretsRevision" | "taskVariables"> {
  const { address, image, signIn, storageClass } = args;
  return {
    namespace,
    executor: args.executor,
    workers: { namespace: workerNamespace(args), dagPodNamespace, localSettings },
    schedulers: args.schedulers,
    apiServers: args.apiServers,
    workerCpu: args.workerCpu,
    workerMemoryMiB: args.workerMemoryMiB,
    dags: args.dags,
    ...(args.platformDags === undefined
      ? {}
      : { platformDags: platformDagsConfigMaps(Object.keys(args.platformDags).length + 1) }),
    secretNames: airflowSecretNames,
    environmentConfigMap,
    logKeys: args.s3 !== undefined,
    serviceAccounts,
    placement: args.placement,
    workerPlacement: args.workerPlacement,
    ...(image === undefined ? {} : { image }),
    ...(address === undefined ? {} : { url: address.url }),
    ...(signIn === undefined ? {} : { signIn }),
    ...(storageClass === undefined ? {} : { storageClass }),
  };
}
