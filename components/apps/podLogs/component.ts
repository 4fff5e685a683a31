import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartSource } from "../../../charts/source";
import { fluentBit, fluentBitValues, type LogDestination } from "../../../charts/values/fluentBit";
import { after, type Dependency } from "../../lib/dependencies";
import type { Dashboard } from "../../observability/dashboards/dashboard";
import { dashboardConfigMap } from "../dashboards";
import { podLogsTraffic } from "./traffic";

/** Whose lines are sent where. */
export interface PodLogsArgs {
  /** Namespaces whose pods' lines are kept; at least one. */
  namespaces: readonly string[];
  /** What is read of one node in an hour, at most. */
  maxHourlyMiB: number;
  destination: LogDestination;
  /** What takes the lines, and the right to write there: depended on by who writes. */
  kept: Dependency[];
  dashboard: Dashboard;
  monitoringNamespace: string;
  /** Depend on these before making a ServiceMonitor or a dashboard. */
  watching: Dependency[];
  /** Depend on these before scheduling a pod. */
  ready: Dependency[];
}

/** Fluent Bit on each node, which sends what the stack's pods write to where it can be searched once they are gone. */
export class PodLogs extends pulumi.ComponentResource {
  /** Depend on these to come after everything of it, and to be destroyed before any of it. */
  readonly ready: Dependency[];

  constructor(name: string, args: PodLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:PodLogs", name, {}, opts);
    const child = { parent: this };
    const { namespaces, destination, maxHourlyMiB } = args;
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: fluentBit.namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } } },
      { ...child, dependsOn: after(...args.ready) },
    );
    const traffic = podLogsTraffic(
      `${name}-traffic`,
      { destination, monitoringNamespace: args.monitoringNamespace },
      { ...child, dependsOn: [namespace] },
    );
    const chart = new k8s.helm.v4.Chart(
      name,
      {
        ...chartSource("fluent-bit"),
        name: fluentBit.name,
        namespace: fluentBit.namespace,
        values: fluentBitValues({ namespaces, destination, maxHourlyMiB }),
      },
      { ...child, dependsOn: after(namespace, traffic, ...args.kept) },
    );
    const watched = { ...child, dependsOn: after(namespace, ...args.watching) };
    const monitor = new k8s.apiextensions.CustomResource(
      `${name}-metrics`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: { name: fluentBit.name, namespace: fluentBit.namespace },
        spec: {
          selector: { matchLabels: { "app.kubernetes.io/name": fluentBit.name } },
          endpoints: [{ port: "http", path: fluentBit.metricsPath, interval: "30s" }],
        },
      },
      watched,
    );
    const dashboard = dashboardConfigMap(`${name}-dashboard`, args.monitoringNamespace, args.dashboard, watched);
    this.ready = [chart, chart.resources, monitor, dashboard];
    this.registerOutputs();
  }
}
