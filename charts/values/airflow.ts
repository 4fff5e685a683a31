import { bundleValues } from "./airflowBundles";
import { airflowDagsValues } from "./airflowDags";
import { executorValues } from "./airflowExecutor";
import { type AirflowFacts, logConnectionVariable } from "./airflowFacts";
import { statsdMappings } from "./airflowMetrics";
import {
  askedSlowly,
  begunWithinMinutes,
  containerSecurity,
  disruption,
  fromSecret,
  imageParts,
  plainJob,
  podSecurity,
  resources,
  restarting,
  withoutTaskLogs,
  withoutToken,
} from "./airflowPods";
import { signInVariables, webserverConfig } from "./airflowSignIn";

/** Version of the official image, which the chart is written for. */
export const airflowVersion = "3.2.2";

/** Port of the API server, of its Service and of its pods. */
export const airflowApiPort = 8080;

/**
 * Values of the Airflow chart under which it renders no hook, no random value and no `databaseCleanup`, whose empty role the
 * cluster never gives back as it was asked for. Buckets and other facts only the cloud knows come through the ConfigMap.
 * @see https://airflow.apache.org/docs/helm-chart/stable/parameters-ref.html
 */
export function airflowValues(facts: AirflowFacts) {
  const { secretNames: secret, serviceAccounts } = facts;
  const bundle = bundleValues(facts.platformDags);
  const logConnection = facts.logKeys ? [logConnectionVariable] : [];
  const groomed = { logGroomerSidecar: { retentionDays: 7, resources: resources("10m", 64, 256) } };
  return {
    fullnameOverride: "airflow",
    useStandardNaming: true,
    airflowVersion,
    defaultAirflowRepository: "docker.io/apache/airflow", // A node may know no registry to look in by itself.
    defaultAirflowTag: airflowVersion,
    images: {
      migrationsWaitTimeout: 300, // Seconds; a large history takes a while to migrate.
      ...(facts.image === undefined ? {} : { airflow: imageParts(facts.image), pod_template: imageParts(facts.image) }),
    },
    enableServiceLinks: false,
    rbac: { create: true },
    allowPodLaunching: false, // The chart's role covers the namespace with Airflow's keys; tasks have rights elsewhere.
    webserver: { enabled: false, allowPodLogReading: false },
    flower: { enabled: false },
    postgresql: { enabled: false },
    networkPolicies: { enabled: false }, // The namespace has its own, which the chart's could only widen.
    securityContexts: { pod: podSecurity(50000), containers: containerSecurity },
    ...facts.placement,

    fernetKeySecretName: secret.fernetKey,
    apiSecretKeySecretName: secret.apiSecretKey,
    jwtSecretName: secret.jwtSecret,
    data: { metadataSecretName: secret.metadata, brokerUrlSecretName: secret.brokerUrl },
    extraEnvFrom: `- configMapRef:\n    name: ${facts.environmentConfigMap}\n- secretRef:\n    name: ${secret.environment}\n`,

    ...executorValues(facts),
    migrateDatabaseJob: { ...plainJob, serviceAccount: withoutToken, resources: resources("200m", 512, 1024) },
    createUserJob: facts.signIn === undefined ? firstUser(facts) : { enabled: false },
    apiServer: {
      ...restarting(facts),
      replicas: facts.apiServers,
      args: ["bash", "-c", `exec airflow api-server${facts.url === undefined ? "" : " --proxy-headers"}`],
      env: [
        ...(facts.url === undefined ? [] : [{ name: "FORWARDED_ALLOW_IPS", value: "*" }]),
        ...(facts.signIn === undefined ? [] : signInEnvironment(secret.signIn)),
        ...fromSecret(secret.taskLogsReading, logConnection),
      ],
      ...(facts.signIn === undefined ? {} : { apiServerConfig: webserverConfig(facts.signIn, facts.signIn.groups) }),
      allowPodLogReading: false, // Likewise.
      podDisruptionBudget: disruption(facts.apiServers),
      serviceAccount: { create: true, name: serviceAccounts.apiServer },
      startupProbe: { ...begunWithinMinutes, timeoutSeconds: 20 },
      resources: resources("250m", 1024, 2048),
    },
    scheduler: {
      ...restarting(facts),
      ...askedSlowly,
      startupProbe: { ...begunWithinMinutes, timeoutSeconds: 60 },
      replicas: facts.schedulers,
      podDisruptionBudget: disruption(facts.schedulers),
      serviceAccount: { create: true, name: serviceAccounts.scheduler },
      resources: resources("500m", 1024, 2048),
      ...groomed,
    },
    dagProcessor: {
      ...restarting(facts),
      ...askedSlowly,
      ...bundle.dagProcessor,
      enabled: true,
      replicas: 1,
      serviceAccount: { create: true, name: serviceAccounts.dagProcessor, ...withoutToken },
      resources: resources("250m", 512, 1024),
      ...groomed,
    },
    triggerer: {
      ...restarting(facts),
      ...askedSlowly,
      ...bundle.mounted,
      enabled: true,
      replicas: 1,
      env: fromSecret(secret.taskLogs, logConnection),
      persistence: { enabled: false },
      serviceAccount: { create: true, name: serviceAccounts.triggerer },
      resources: resources("100m", 512, 1024),
      ...groomed,
    },
    cleanup: {
      enabled: true,
      schedule: "*/15 * * * *",
      args: ["bash", "-c", cleaning(facts)],
      env: withoutTaskLogs,
      serviceAccount: { create: true, name: serviceAccounts.cleanup },
      resources: resources("50m", 256, 512),
    },
    dags: airflowDagsValues(facts.dags),
    logs: { persistence: { enabled: false } },
    statsd: {
      enabled: true,
      extraMappings: statsdMappings,
      serviceAccount: withoutToken,
      securityContexts: { pod: podSecurity(65534), container: { ...containerSecurity, readOnlyRootFilesystem: true } },
      resources: resources("10m", 64, 256),
    },
    config: {
      core: {
        load_examples: "False",
        auth_manager: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
      },
      api: { expose_config: "False", ...(facts.url === undefined ? {} : { base_url: facts.url }) },
      fab: {
        cookie_secure: facts.url?.startsWith("https://") ? "True" : "False",
        // Addresses that people are sent back to are those the proxy was asked for.
        enable_proxy_fix: facts.url === undefined ? "False" : "True",
      },
      logging: {
        remote_logging: "True",
        remote_log_conn_id: "aws_default",
        delete_local_logs: "True",
        encrypt_s3_logs: "False", // The bucket encrypts by itself, with a key of its own.
      },
      // Tasks that are elsewhere find neither by its name alone.
      metrics: { statsd_host: `airflow-statsd.${facts.namespace}.svc` },
      kubernetes_executor: {
        namespace: facts.workers.namespace,
        delete_worker_pods: "True",
        delete_worker_pods_on_failure: "False", // Kept for a look; `cleanup` takes them away.
        worker_pods_creation_batch_size: 16,
        task_publish_max_retries: -1, // A task beyond the quota waits; else it would fail.
      },
    },
  };
}

/** Takes away pods that have ended, of tasks and of those that DAGs started. */
function cleaning({ workers }: AirflowFacts): string {
  const namespaces = [...new Set([workers.namespace, workers.dagPodNamespace])];
  return namespaces.map((namespace) => `airflow kubernetes cleanup-pods --namespace=${namespace}`).join(" && ");
}

/** Variables, not text: the password is put in by the kubelet. */
function firstUser(facts: AirflowFacts) {
  return {
    enabled: true,
    ...plainJob,
    serviceAccount: withoutToken,
    defaultUser: {
      role: "Admin",
      username: "admin",
      email: "admin@example.com",
      firstName: "Platform",
      lastName: "Admin",
      password: "$(AIRFLOW_ADMIN_PASSWORD)",
    },
    jobAnnotations: {
      "config.kubernetes.io/depends-on": `batch/namespaces/${facts.namespace}/Job/airflow-run-airflow-migrations`,
    },
    env: [
      ...plainJob.env,
      {
        name: "AIRFLOW_ADMIN_PASSWORD",
        valueFrom: { secretKeyRef: { name: facts.secretNames.admin, key: "password" } },
      },
    ],
    resources: resources("100m", 512, 1024),
  };
}

function signInEnvironment(secretName: string) {
  return [
    { name: signInVariables.clientId, valueFrom: { secretKeyRef: { name: secretName, key: "client-id" } } },
    { name: signInVariables.clientSecret, valueFrom: { secretKeyRef: { name: secretName, key: "client-secret" } } },
  ];
}
