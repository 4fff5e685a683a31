import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { airflowApiPort } from "../../../charts/values/airflow";
import type { Address } from "../../contracts/app";
import { after, type Dependency } from "../../lib/dependencies";
import { publishedService } from "../publishedService";

/** Port of the exporter, of its Service and of its pods. */
const metricsPort = 9102;
/** To which Airflow sends what it counts. */
const statsdPort = 9125;

/**
 * Who may open connections into the namespace: its own pods, anyone to the API server, which asks who they are, and what
 * monitors to the metrics. What pods open themselves is not restricted: tasks are there to reach things.
 */
export function airflowTraffic(
  name: string,
  args: { namespace: string; workerNamespace: string; monitoringNamespace?: string },
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy[] {
  const policy = (role: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec) =>
    new k8s.networking.v1.NetworkPolicy(
      `${name}-${role}`,
      { metadata: { name: role, namespace: args.namespace }, spec },
      opts,
    );
  const pods = (component: string) => ({ matchLabels: { tier: "airflow", component, release: "airflow" } });
  const closed = policy("closed", { podSelector: {}, policyTypes: ["Ingress"] });
  const among = policy("among-themselves", {
    podSelector: {},
    policyTypes: ["Ingress"],
    ingress: [{ from: [{ podSelector: {} }] }],
  });
  const api = policy("api", {
    podSelector: pods("api-server"),
    policyTypes: ["Ingress"],
    ingress: [{ ports: [{ port: airflowApiPort, protocol: "TCP" }] }],
  });
  const always = [closed, among, api];
  if (args.workerNamespace !== args.namespace) {
    const ofTasks = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": args.workerNamespace } } };
    always.push(
      policy("task-metrics", {
        podSelector: pods("statsd"),
        policyTypes: ["Ingress"],
        ingress: [{ from: [ofTasks], ports: [{ port: statsdPort, protocol: "UDP" }] }],
      }),
    );
  }
  if (args.monitoringNamespace === undefined) return always;
  const metrics = policy("metrics", {
    podSelector: pods("statsd"),
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": args.monitoringNamespace } } }],
        ports: [{ port: metricsPort, protocol: "TCP" }],
      },
    ],
  });
  return [...always, metrics];
}

/** An Ingress of our own: what the ingress controller is told is known to the cloud only, and so no value of a chart. */
export function airflowIngress(
  name: string,
  { namespace, address, after: first }: { namespace: string; address: Address; after: Dependency[] },
  opts: pulumi.CustomResourceOptions,
): void {
  publishedService(
    name,
    {
      namespace,
      service: "airflow-api-server",
      objectName: "airflow",
      portNumber: airflowApiPort,
      healthPath: "/api/v2/monitor/health",
      address,
      after: first,
    },
    opts,
  );
}

/** The chart has none. What it selects is the Service of the StatsD exporter. */
export function airflowMonitor(
  name: string,
  { namespace, after: first }: { namespace: string; after: Dependency[] },
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.apiextensions.CustomResource(
    `${name}-metrics`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: "airflow", namespace },
      spec: {
        selector: { matchLabels: { tier: "airflow", component: "statsd", release: "airflow" } },
        endpoints: [{ port: "statsd-scrape", interval: "30s" }],
      },
    },
    { ...opts, dependsOn: after(...first) },
  );
}
