import { type GrafanaFacts, grafanaValues } from "./grafana";

/** What the values depend on. */
export interface MonitoringFacts {
  retentionDays: number;
  /** Volume of Prometheus. */
  storageGiB: number;
  /** Of Prometheus; request and limit. */
  memoryMiB: number;
  scrapeSeconds: number;
  /** Whether scheduler, controller manager, etcd and proxy can be scraped; managed clusters hide them. */
  controlPlaneMetrics: boolean;
  /** Namespace of node-exporter, which sees the host. */
  nodeNamespace: string;
  /** Secret with the key `alertmanager.yaml`. */
  alertmanagerSecretName: string;
  /** Secrets whose keys Alertmanager finds as files below `/etc/alertmanager/secrets/<name>/`. */
  receiverSecretNames: string[];
  alertmanagerServiceAccount: string;
  prometheusServiceAccount: string;
  /** Absent: the cluster's default class. */
  storageClass?: string;
  nodeSelector: Record<string, string>;
  tolerations: object[];
  grafana: Omit<GrafanaFacts, "storageClass" | "nodeSelector" | "tolerations">;
}

/** Names and ports of what the chart makes, for those who reach it. */
export const prometheusName = "kps-prometheus";
export const prometheusPort = 9090;
export const alertmanagerName = "kps-alertmanager";
export const alertmanagerPort = 9093;

const fullName = "kps";
/** Of the operator's Deployment and of its rights, with `cleanPrometheusOperatorObjectNames`. */
const operatorName = `${fullName}-operator`;

/**
 * By which the operator knows what is its own: one that others run on the same cluster leaves alone what names another operator, and
 * this one all that does not name it. https://prometheus-operator.dev/docs/platform/operator/
 */
const controllerId = `mlplatform/${operatorName}`;
const ofThisOperator = { "operator.prometheus.io/controller-id": controllerId };

/** Part of the volume that blocks may fill; the rest is for the write-ahead log and for compaction. */
const blocksShareOfVolume = 0.8;

function volume(facts: MonitoringFacts, sizeGiB: number) {
  return {
    volumeClaimTemplate: {
      spec: {
        ...(facts.storageClass === undefined ? {} : { storageClassName: facts.storageClass }),
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: `${sizeGiB}Gi` } },
      },
    },
  };
}

/** Volumes go when the thing they belong to goes; a restart keeps them. */
const claims = { whenDeleted: "Delete", whenScaled: "Retain" };

/** Rules that make no sense where the control plane cannot be scraped: they would fire for ever. */
function rulesOn(controlPlaneMetrics: boolean) {
  return {
    etcd: controlPlaneMetrics,
    kubeControllerManager: controlPlaneMetrics,
    kubeSchedulerAlerting: controlPlaneMetrics,
    kubeSchedulerRecording: controlPlaneMetrics,
    kubeProxy: controlPlaneMetrics,
    windows: false,
  };
}

/**
 * Values of kube-prometheus-stack under which it has no Helm hook. Its CRDs come from a chart of their own, so that whatever
 * makes a ServiceMonitor can wait for them and for nothing else.
 */
export function monitoringValues(facts: MonitoringFacts) {
  const { nodeSelector, tolerations, controlPlaneMetrics } = facts;
  const placement = { nodeSelector, tolerations };
  return {
    fullnameOverride: fullName,
    cleanPrometheusOperatorObjectNames: true,
    crds: { enabled: false },
    kubeControllerManager: { enabled: controlPlaneMetrics },
    kubeScheduler: { enabled: controlPlaneMetrics },
    kubeEtcd: { enabled: controlPlaneMetrics },
    kubeProxy: { enabled: controlPlaneMetrics },
    defaultRules: { create: true, rules: rulesOn(controlPlaneMetrics) },
    prometheusOperator: {
      // It looks once, at its start, what it may do, and leaves out for ever what it may not: its rights come first.
      annotations: {
        "config.kubernetes.io/depends-on": ["ClusterRole", "ClusterRoleBinding"]
          .map((kind) => `rbac.authorization.k8s.io/${kind}/${operatorName}`)
          .join(", "),
      },
      // Both come with Jobs that are Helm hooks; without them a wrong rule is refused by the operator instead of the API.
      admissionWebhooks: { enabled: false },
      extraArgs: [`--controller-id=${controllerId}`],
      tls: { enabled: false },
      prometheusConfigReloader: {
        resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
      },
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      ...placement,
    },
    prometheus: {
      annotations: ofThisOperator,
      serviceAccount: { create: true, name: facts.prometheusServiceAccount },
      prometheusSpec: {
        retention: `${facts.retentionDays}d`,
        retentionSize: `${Math.floor(facts.storageGiB * 1024 * blocksShareOfVolume)}MB`, // Prometheus means MiB by it.
        scrapeInterval: `${facts.scrapeSeconds}s`,
        evaluationInterval: `${facts.scrapeSeconds}s`,
        walCompression: true,
        // Monitors and rules of every app count, whoever made them.
        ruleSelectorNilUsesHelmValues: false,
        serviceMonitorSelectorNilUsesHelmValues: false,
        podMonitorSelectorNilUsesHelmValues: false,
        probeSelectorNilUsesHelmValues: false,
        scrapeConfigSelectorNilUsesHelmValues: false,
        resources: {
          requests: { cpu: "250m", memory: `${facts.memoryMiB}Mi` },
          limits: { memory: `${facts.memoryMiB}Mi` },
        },
        storageSpec: volume(facts, facts.storageGiB),
        persistentVolumeClaimRetentionPolicy: claims,
        ...placement,
      },
    },
    alertmanager: {
      annotations: ofThisOperator,
      serviceAccount: { create: true, name: facts.alertmanagerServiceAccount },
      alertmanagerSpec: {
        replicas: 1,
        useExistingSecret: true,
        configSecret: facts.alertmanagerSecretName,
        secrets: facts.receiverSecretNames,
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
        storage: volume(facts, 2),
        persistentVolumeClaimRetentionPolicy: claims,
        ...placement,
      },
    },
    "prometheus-node-exporter": {
      namespaceOverride: facts.nodeNamespace,
      resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "96Mi" } },
    },
    "kube-state-metrics": {
      // What a node is for and what it costs; all labels would be a series for each of them.
      metricLabelsAllowlist: ["nodes=[mlplatform/purpose,node.kubernetes.io/instance-type]"],
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      ...placement,
    },
    grafana: grafanaValues({
      ...facts.grafana,
      ...(facts.storageClass === undefined ? {} : { storageClass: facts.storageClass }),
      ...placement,
    }),
  };
}
