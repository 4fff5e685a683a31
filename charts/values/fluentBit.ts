import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** Names and ports that others must know. */
export const fluentBit = {
  /** Release, DaemonSet, Service, service account and, in Prometheus, `job`. */
  name: "fluent-bit",
  /** Its pods see files of the node, which only the Pod Security level `privileged` lets them. */
  namespace: "logs-nodes",
  /** Of its metrics. */
  portNumber: 2020,
  metricsPath: "/api/v2/metrics/prometheus",
} as const;

/** Where lines go. */
export type LogDestination =
  /** A log group for each namespace, called `<groupPrefix><namespace>`. */
  { kind: "cloudWatch"; region: string; groupPrefix: string } | { kind: "loki"; host: string; portNumber: number };

/** What the values depend on. */
export interface FluentBitFacts {
  /** Whose pods' lines are kept; at least one. */
  namespaces: readonly string[];
  destination: LogDestination;
  /** What is read of one node in an hour, at most. */
  maxHourlyMiB: number;
}

/** How much waits on a node's disk while lines cannot be delivered; then the oldest go. */
const bufferMiB = 1024;
/** Chunks of at most 2 MB that are held in memory; others wait on disk. */
const chunksInMemory = 32;
/** Of one line of a file. Container runtimes divide a longer one into pieces of 16 KiB or less, which are joined: mask.lua cuts what that makes. */
const longestPieceKiB = 128;

const folder = "/var/log";
const files = ["containers", "pods"].map((name) => ({ name, path: `${folder}/${name}` }));
const bufferPath = "/buffer";

/** Values of the chart `fluent-bit`: one pod on each node, which reads and sends, and may do nothing else. */
export function fluentBitValues(facts: FluentBitFacts) {
  return {
    fullnameOverride: fluentBit.name,
    testFramework: { enabled: false },
    // Namespace, pod and container are read off the names of files, so the API server is never asked.
    serviceAccount: { create: true, name: fluentBit.name, automountServiceAccountToken: false },
    rbac: { create: false },
    podSecurityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 0, // Files of logs are of root, and readable by its group.
      seccompProfile: { type: "RuntimeDefault" },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    tolerations: [{ operator: "Exists" }], // On every node, whatever it is set aside for.
    resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } },
    terminationGracePeriodSeconds: 45,
    // Whether lines are delivered is told by alerts; a pod that waits for CloudWatch must not hold up an update.
    readinessProbe: { httpGet: { path: "/", port: "http" } },
    daemonSetVolumes: files.map(({ name, path }) => ({ name, hostPath: { path } })),
    daemonSetVolumeMounts: files.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
    extraVolumes: [{ name: "buffer", emptyDir: { sizeLimit: `${bufferMiB + 256}Mi` } }],
    extraVolumeMounts: [{ name: "buffer", mountPath: bufferPath }],
    luaScripts: { "mask.lua": maskScript() },
    args: ["--workdir=/fluent-bit/etc", "--config=/fluent-bit/etc/conf/fluent-bit.yaml"],
    config: {
      // The chart's own configuration, in the format that YAML takes the place of.
      ...{ service: "", inputs: "", filters: "", outputs: "", customParsers: "" },
      extraFiles: { "fluent-bit.yaml": stringify(fluentBitConfig(facts), { lineWidth: 0 }) },
    },
  };
}

/** Program by which secrets in lines are masked. */
export function maskScript(): string {
  return readFileSync(join(__dirname, "..", "..", "workloads", "fluent-bit", "mask.lua"), "utf8");
}

/**
 * What Fluent Bit is told.
 * @see https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/yaml
 */
export function fluentBitConfig({ namespaces, destination, maxHourlyMiB }: FluentBitFacts) {
  const lines = { match: "kube.*" };
  return {
    service: {
      flush: 5,
      grace: 30,
      log_level: "info",
      http_server: true,
      http_listen: "0.0.0.0",
      http_port: fluentBit.portNumber,
      "storage.path": `${bufferPath}/chunks`,
      "storage.sync": "normal",
      "storage.max_chunks_up": chunksInMemory,
      "storage.backlog.mem_limit": "16M",
      "storage.metrics": true,
      "scheduler.base": 5,
      "scheduler.cap": 60,
    },
    pipeline: {
      inputs: [
        {
          name: "tail",
          tag: "kube.*",
          // Files are called `<pod>_<namespace>_<container>-<id>.log`: nobody else's on a shared cluster are opened.
          path: namespaces.map((namespace) => `${folder}/containers/*_${namespace}_*.log`).join(","),
          "multiline.parser": "cri",
          db: `${bufferPath}/tail.db`,
          "db.locking": true,
          // The first words of a pod that starts with its node count; a new pod of Fluent Bit reads a node's files again.
          read_from_head: true,
          refresh_interval: 5,
          rotate_wait: 30,
          buffer_chunk_size: "32K",
          buffer_max_size: `${longestPieceKiB}K`,
          truncate_long_lines: true,
          "storage.type": "filesystem",
          rate_window: "10s",
          rate_gate: true,
          "rate_gate.max_bytes": Math.floor((maxHourlyMiB * 1024 * 1024) / 3600), // A second, over each window.
          "rate_gate.backpressure": false, // While lines cannot be delivered they are safer in the buffer than in files that rotate.
        },
      ],
      filters: [
        {
          ...{ name: "kubernetes", ...lines },
          kube_tag_prefix: "kube.var.log.containers.",
          use_tag_for_meta: true,
          ...{ labels: false, annotations: false },
        },
        { ...{ name: "lua", ...lines }, script: "/fluent-bit/scripts/mask.lua", call: "mask" },
      ],
      outputs: [
        {
          ...lines,
          ...output(destination, namespaces),
          retry_limit: "no_limits",
          "storage.total_limit_size": `${bufferMiB}M`,
        },
      ],
    },
  };
}

const pod = "$kubernetes['pod_name']";
const container = "$kubernetes['container_name']";
const namespace = "$kubernetes['namespace_name']";

function output(destination: LogDestination, namespaces: readonly string[]) {
  if (destination.kind === "loki") {
    return {
      name: "loki",
      host: destination.host,
      port: destination.portNumber,
      labels: `job=pods, namespace=${namespace}, pod=${pod}, container=${container}`,
      remove_keys: "kubernetes, stream, time, _p",
      drop_single_key: "raw",
      line_format: "json",
      compress: "gzip",
    };
  }
  const { region, groupPrefix } = destination;
  return {
    name: "cloudwatch_logs",
    region,
    log_group_template: `${groupPrefix}${namespace}`,
    log_stream_template: `${pod}.${container}`,
    // Both are asked for, and taken where a line has no namespace or pod, which none has that is read here.
    log_group_name: `${groupPrefix}${namespaces[0]}`,
    log_stream_prefix: "unnamed-",
    log_key: "log",
    auto_create_group: false, // Groups are the stack's, and go with it.
  };
}
