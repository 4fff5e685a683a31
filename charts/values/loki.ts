import { stringify } from "yaml";

/** Names and ports that others must know. */
export const loki = {
  /** Release, StatefulSet and Service. */
  name: "loki",
  namespace: "logs",
  host: "loki.logs.svc",
  portNumber: 3100,
  metricsPort: "http-metrics",
  podLabels: { "app.kubernetes.io/name": "loki", "app.kubernetes.io/component": "single-binary" },
  /** Its own, within where the stack keeps logs. */
  folder: "pods/",
  /** Where the store is, and the keys that open it, by variable. */
  storeSecret: "loki-store",
} as const;

/** Variables of the pod, which stand in its configuration where their values are known to the foundation only. */
export const lokiVariables = {
  endpoint: "STORE_ENDPOINT",
  insecure: "STORE_INSECURE",
  bucket: "STORE_BUCKET",
  prefix: "STORE_PREFIX",
  accessKeyId: "STORE_ACCESS_KEY_ID",
  secretAccessKey: "STORE_SECRET_ACCESS_KEY",
} as const;

/** What the values depend on. */
export interface LokiFacts {
  retentionDays: number;
  /** Starts the pod anew when it changes, since a pod reads its variables once. Absent where they stay as they were made. */
  storeRevision?: string;
  /** Absent: the cluster's default class. */
  storageClass?: string;
  nodeSelector: Record<string, string>;
  tolerations: object[];
}

const variable = (name: keyof typeof lokiVariables) => `\${${lokiVariables[name]}}`;
const path = "/var/loki";
const schema = {
  configs: [
    {
      from: "2024-04-01",
      store: "tsdb",
      object_store: "s3",
      schema: "v13",
      index: { prefix: "index_", period: "24h" },
    },
  ],
};

/** Values of the chart `loki` under which it is one pod and has no Helm hook. */
export function lokiValues(facts: LokiFacts) {
  const { storageClass, storeRevision, nodeSelector, tolerations } = facts;
  const off = { enabled: false };
  return {
    fullnameOverride: loki.name,
    deploymentMode: "Monolithic",
    loki: { config: stringify(lokiConfig(facts), { lineWidth: 0 }), schemaConfig: schema },
    defaults: { automountServiceAccountToken: false },
    singleBinary: {
      replicas: 1,
      extraEnvFrom: [{ secretRef: { name: loki.storeSecret } }],
      ...(storeRevision === undefined ? {} : { podAnnotations: { "mlplatform/store-revision": storeRevision } }),
      podDisruptionBudget: off, // Of one pod it would hold up every drain.
      persistence: {
        enabled: true,
        size: "10Gi",
        enableStatefulSetAutoDeletePVC: true,
        ...(storageClass === undefined ? {} : { storageClass }),
      },
      resources: { requests: { cpu: "100m", memory: "384Mi" }, limits: { memory: "1Gi" } },
      nodeSelector,
      tolerations,
    },
    ...{ read: { replicas: 0 }, write: { replicas: 0 }, backend: { replicas: 0 } },
    ...{ gateway: off, chunksCache: off, resultsCache: off, ruler: off, lokiCanary: off, test: off },
    ...{ memcached: off, sidecar: { rules: off } },
    rbac: { namespaced: true }, // Otherwise a ClusterRole without rules, which the API server stores otherwise than it is sent.
  };
}

/**
 * What Loki is told.
 * @see https://grafana.com/docs/loki/latest/configure/
 */
export function lokiConfig({ retentionDays }: Pick<LokiFacts, "retentionDays">) {
  return {
    auth_enabled: false, // A network policy says who comes here: Fluent Bit, Grafana and Prometheus.
    server: { http_listen_port: loki.portNumber, grpc_listen_port: 9095, log_level: "warn" },
    common: {
      path_prefix: path,
      replication_factor: 1,
      ring: { instance_addr: "127.0.0.1", kvstore: { store: "inmemory" } },
    },
    schema_config: schema,
    storage_config: {
      aws: {
        bucketnames: variable("bucket"),
        endpoint: variable("endpoint"),
        insecure: variable("insecure"),
        access_key_id: variable("accessKeyId"),
        secret_access_key: variable("secretAccessKey"),
        region: "us-east-1", // Something to sign with; no other store than Amazon's has any.
        s3forcepathstyle: true,
      },
      object_prefix: variable("prefix"),
      tsdb_shipper: { active_index_directory: `${path}/index`, cache_location: `${path}/index-cache` },
    },
    ingester: { wal: { flush_on_shutdown: true, replay_memory_ceiling: "256MB" } },
    limits_config: {
      retention_period: `${retentionDays * 24}h`,
      reject_old_samples: false, // The first lines of a pod are read when the stack asks for logs, and it may have run for long.
      max_line_size_truncate: true, // Of 256 KB; what is longer it refuses otherwise, and Fluent Bit counts all that it sent with it as lost.
      ingestion_rate_mb: 16,
      ingestion_burst_size_mb: 32,
      per_stream_rate_limit: "8MB",
      per_stream_rate_limit_burst: "32MB",
      max_global_streams_per_user: 20_000, // Each pod that writes is one, and tasks are many.
      discover_service_name: [],
    },
    compactor: {
      working_directory: `${path}/compactor`,
      retention_enabled: true,
      delete_request_store: "s3",
    },
    analytics: { reporting_enabled: false },
  };
}
