import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartSource } from "../../../charts/source";
import { grafanaHealthPath, grafanaName, grafanaRole } from "../../../charts/values/grafana";
import { monitoringValues, prometheusName, prometheusPort } from "../../../charts/values/monitoring";
import type { AwsAccount } from "../../contracts/account";
import type { AppSurroundings, SignIn } from "../../contracts/app";
import type { WorkloadIdentity } from "../../contracts/foundation";
import { publishAlerts, readCloudWatch } from "../../identity/policies/monitoring";
import { after, type Dependency } from "../../lib/dependencies";
import { merge } from "../../lib/merge";
import { monitoringNamespace } from "../../lib/monitoringNames";
import { modelRates } from "../../observability/alerts/modelRates";
import { type AlertRulesFacts, alertRules } from "../../observability/alerts/platform";
import type { RuleContext } from "../../observability/alerts/rule";
import type { Dashboard } from "../../observability/dashboards/dashboard";
import { Dashboards } from "../dashboards";
import { publishedService } from "../publishedService";
import { defaultOwner } from "./alertmanager";
import {
  type AlertReceiver,
  MonitoringSecrets,
  receiverAddresses,
  monitoringSecretNames as secretNames,
} from "./secrets";
import { storeMonitors } from "./storeMonitors";
import { monitoringTraffic } from "./traffic";

/** What monitoring needs of the rest of the platform. */
export interface MonitoringArgs extends Omit<AppSurroundings, "monitors" | "keepData"> {
  retentionDays: number;
  /** Volume of Prometheus; when full the oldest metrics go first. */
  storageGiB: number;
  /** Of Prometheus. */
  memoryMiB: number;
  scrapeSeconds: number;
  /** Whether the cluster lets scheduler, controller manager, etcd and proxy be scraped; managed clusters do not. */
  controlPlaneMetrics: boolean;
  /** By owner. */
  receivers: Record<string, AlertReceiver>;
  /** Owner who gets what no owner claims. Without it the first of `receivers`. */
  defaultReceiver?: string;
  /** Owner whose target is a dead-man's switch. */
  watchdogReceiver?: string;
  /** Pieces whose alerts are wanted. */
  tools: AlertRulesFacts;
  /** Objectives of the models that answer from the cluster, milliseconds: what their rates are recorded by. */
  modelP99Millis: number[];
  /** Address, or path in the repository, below which alerts find `<Alert>.md`. */
  runbooks: string;
  /** Of the platform; those of models are made beside them. */
  dashboards: Dashboard[];
  /** CloudWatch as a source of Grafana: of which account, which log groups may be queried, and whether the bill is shown. */
  cloudWatch?: { account: AwsAccount; logGroups: string[]; bill: boolean };
  /** Address of Loki, a source of Grafana; absent where there is none. */
  lokiUrl?: string;
  identity: WorkloadIdentity;
  /** Whether the cluster has the definitions of ServiceMonitor and its like already, from somebody else. */
  defined: boolean;
}

/** Of node-exporter alone: it sees processes, network and disks of the host, which only this Pod Security level lets it. */
const nodeNamespace = "monitoring-nodes";
const serviceAccounts = { grafana: "grafana", alertmanager: "alertmanager", prometheus: "prometheus" };

/**
 * Prometheus, Alertmanager and Grafana. Nothing of it outlives the stack: what is worth keeping of a dashboard is kept as a
 * ConfigMap, and metrics are for weeks, not for ever.
 */
export class Monitoring extends pulumi.ComponentResource {
  readonly namespace = monitoringNamespace;
  /** Depend on these before making a ServiceMonitor, a PodMonitor or a PrometheusRule. */
  readonly crds: Dependency[];
  /** Where people reach Grafana; absent where it is reached by port forwarding only. */
  readonly grafanaUrl?: string;
  /** For pods with `metricsReaderLabel`, such as `http://kps-prometheus.monitoring.svc:9090`. */
  readonly prometheusUrl = `http://${prometheusName}.${monitoringNamespace}.svc:${prometheusPort}`;
  /** Depend on these before making a dashboard or a PrometheusRule in its namespace. */
  readonly watching: Dependency[];
  /** Whom alerts of the platform and of models without an owner are labelled with, and where their runbooks are. */
  readonly ruleContext: RuleContext;
  /** Secret with `admin-user` and `admin-password` of Grafana. */
  readonly adminSecretName = secretNames.admin;
  /** Depend on these to come after everything of monitoring, and to be destroyed before any of it. */
  readonly ready: Dependency[];

  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:Monitoring", name, {}, opts);
    const child = { parent: this };
    const space = (logicalName: string, namespace: string, level: "restricted" | "privileged") =>
      new k8s.core.v1.Namespace(
        logicalName,
        { metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": level } } },
        { ...child, dependsOn: after(...args.ready) },
      );
    const namespace = space(name, monitoringNamespace, "restricted");
    const nodes = space(`${name}-nodes`, nodeNamespace, "privileged");

    this.crds = args.defined ? [] : this.define(name, args);
    this.watching = [namespace, ...this.crds];
    const { receivers: targets, defaultReceiver, watchdogReceiver } = args;
    this.ruleContext = {
      runbooks: args.runbooks,
      owner: defaultOwner({
        targets,
        ...(defaultReceiver === undefined ? {} : { defaultOwner: defaultReceiver }),
        ...(watchdogReceiver === undefined ? {} : { watchdogOwner: watchdogReceiver }),
      }),
    };

    const inside = { ...child, dependsOn: [namespace] };
    // A callback needs an address that the provider knows.
    const signIn = args.address === undefined ? undefined : args.signIn;
    const secrets = new MonitoringSecrets(
      `${name}-secrets`,
      {
        namespace: monitoringNamespace,
        receivers: args.receivers,
        ...(args.defaultReceiver === undefined ? {} : { defaultReceiver: args.defaultReceiver }),
        ...(args.watchdogReceiver === undefined ? {} : { watchdogReceiver: args.watchdogReceiver }),
        ...(args.address === undefined ? {} : { grafanaUrl: args.address.url }),
        ...(signIn === undefined ? {} : { signIn }),
        after: [namespace],
      },
      child,
    );
    const granted = this.grant(name, args);
    const reads = new k8s.rbac.v1.Role(
      `${name}-grafana`,
      {
        metadata: { name: grafanaRole, namespace: monitoringNamespace },
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }],
      },
      inside,
    );
    const policies = monitoringTraffic(
      name,
      { namespace: monitoringNamespace, nodeNamespace },
      { ...child, dependsOn: [namespace, nodes] },
    );
    const rules = new k8s.apiextensions.CustomResource(
      `${name}-rules`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: { name: "mlplatform", namespace: monitoringNamespace },
        spec: { groups: [...alertRules(args.tools, this.ruleContext), ...modelRates(args.modelP99Millis)] },
      },
      { ...child, dependsOn: after(...this.watching) },
    );
    const stores = storeMonitors(
      name,
      {
        database: args.tools.database === true,
        objectStore: args.tools.objectStore === true,
        namespace: monitoringNamespace,
        after: this.watching,
      },
      child,
    );
    const dashboards = new Dashboards(
      `${name}-dashboards`,
      { namespace: monitoringNamespace, dashboards: args.dashboards, after: [namespace] },
      child,
    );

    const chart = new k8s.helm.v4.Chart(
      name,
      {
        ...chartSource("kube-prometheus-stack"),
        name: "kps",
        namespace: monitoringNamespace,
        values: merge(values(args, signIn), args.values),
      },
      // Pods started before the grant run without credentials.
      { ...child, dependsOn: after(namespace, nodes, ...this.crds, ...secrets.ready, ...granted, ...policies, reads) },
    );
    const installed: Dependency[] = [chart, chart.resources];
    this.ready = [rules, dashboards, ...stores, ...installed];
    if (args.address !== undefined) {
      const published = publishedService(
        name,
        {
          namespace: monitoringNamespace,
          service: grafanaName,
          portNumber: 80, // Of the Service; the pod listens on another.
          healthPath: grafanaHealthPath,
          address: args.address,
          after: installed,
        },
        child,
      );
      this.ready.push(published);
      this.grafanaUrl = args.address.url;
    }
    this.registerOutputs({ prometheusUrl: this.prometheusUrl });
  }

  /** The definitions of the operator's kinds. */
  private define(name: string, args: MonitoringArgs): Dependency[] {
    const crds = new k8s.helm.v4.Chart(
      `${name}-crds`,
      {
        ...chartSource("prometheus-operator-crds"),
        name: "prometheus-operator-crds",
        namespace: monitoringNamespace,
      },
      { parent: this, dependsOn: after(...args.ready) },
    );
    return [crds, crds.resources];
  }

  private grant(name: string, args: MonitoringArgs): pulumi.Resource[] {
    const { cloudWatch, identity } = args;
    const to = (role: "grafana" | "alertmanager", statements: Parameters<WorkloadIdentity["grant"]>[1]["statements"]) =>
      identity.grant(
        `${name}-${role}`,
        { namespace: monitoringNamespace, serviceAccount: serviceAccounts[role], statements },
        { parent: this },
      );
    const topics = Object.values(args.receivers).flatMap((each) => (each.kind === "sns" ? [each.topicArn] : []));
    return [
      ...(cloudWatch ? [to("grafana", readCloudWatch(cloudWatch.account, cloudWatch.logGroups, cloudWatch.bill))] : []),
      ...(topics.length > 0 ? [to("alertmanager", pulumi.all(topics).apply(publishAlerts))] : []),
    ];
  }
}

function values(args: MonitoringArgs, signIn: SignIn | undefined) {
  const { address, storageClass } = args;
  return monitoringValues({
    retentionDays: args.retentionDays,
    storageGiB: args.storageGiB,
    memoryMiB: args.memoryMiB,
    scrapeSeconds: args.scrapeSeconds,
    controlPlaneMetrics: args.controlPlaneMetrics,
    nodeNamespace,
    alertmanagerSecretName: secretNames.alertmanager,
    receiverSecretNames: Object.keys(receiverAddresses(args.receivers)).length === 0 ? [] : [secretNames.receivers],
    alertmanagerServiceAccount: serviceAccounts.alertmanager,
    prometheusServiceAccount: serviceAccounts.prometheus,
    ...(storageClass === undefined ? {} : { storageClass }),
    ...args.placement,
    grafana: {
      adminSecretName: secretNames.admin,
      serviceAccount: serviceAccounts.grafana,
      rootUrl: address?.url ?? "http://localhost:3000", // As port forwarding shows it.
      ...(signIn === undefined ? {} : { signIn: withoutSecret(signIn) }),
      ...(args.cloudWatch === undefined ? {} : { cloudWatchRegion: args.cloudWatch.account.region }),
      ...(args.lokiUrl === undefined ? {} : { lokiUrl: args.lokiUrl }),
    },
  });
}

function withoutSecret({ clientSecret: _, ...signIn }: SignIn) {
  return { ...signIn, secretName: secretNames.signIn };
}
