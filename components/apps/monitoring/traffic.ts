import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { grafanaName, grafanaPort } from "../../../charts/values/grafana";
import { prometheusPort } from "../../../charts/values/monitoring";

/** Pods of any namespace with this label may query Prometheus, which asks nobody who they are. */
export const metricsReaderLabel = { "mlplatform/reads-metrics": "true" } as const;

/**
 * Who may open connections into the namespace: its own pods, anyone to Grafana, which asks who they are, and readers of metrics
 * to Prometheus. What pods open themselves is not restricted: Prometheus scrapes any port of any pod, and where receivers of
 * alerts are, the platform is not told.
 * @param nodeNamespace of node-exporter, whose pods use the network of the host and are not held by it: it is for whatever else comes to be there
 */
export function monitoringTraffic(
  name: string,
  { namespace, nodeNamespace }: { namespace: string; nodeNamespace: string },
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy[] {
  const policy = (
    role: string,
    spec: k8s.types.input.networking.v1.NetworkPolicySpec,
    { logicalName, inside } = { logicalName: `${name}-${role}`, inside: namespace },
  ) =>
    new k8s.networking.v1.NetworkPolicy(
      logicalName,
      { metadata: { name: role, namespace: inside }, spec: { ...spec, policyTypes: ["Ingress"] } },
      opts,
    );
  const pods = (app: string) => ({ matchLabels: { "app.kubernetes.io/name": app } });
  return [
    policy("closed", { podSelector: {} }),
    policy("closed", { podSelector: {} }, { logicalName: `${name}-nodes-closed`, inside: nodeNamespace }),
    policy("among-themselves", { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }),
    policy("grafana", {
      podSelector: pods(grafanaName),
      ingress: [{ ports: [{ port: grafanaPort, protocol: "TCP" }] }],
    }),
    policy("metrics", {
      podSelector: pods("prometheus"),
      ingress: [
        {
          from: [{ namespaceSelector: {}, podSelector: { matchLabels: metricsReaderLabel } }],
          ports: [{ port: prometheusPort, protocol: "TCP" }],
        },
      ],
    }),
  ];
}
