import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { grafanaName, grafanaPort } from "../../charts/values/grafana";
import { prometheusPort } from "../../charts/values/monitoring";

/** Pods of any namespace with this label may query Prometheus, which asks nobody who they are. */
export const metricsReaderLabel = { "mlplatform/reads-metrics": "true" } as const;

/**
 * Who may open connections into the namespace: its own pods, anyone to Grafana, which asks who they are, and readers of metrics
 * to Prometheus. What pods open themselves is not restricted: Prometheus scrapes any port of any pod, and where receivers of
 * alerts are, the platform is not told.
 */
export function monitoringTraffic(
  name: string,
  namespace: string,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy[] {
  const policy = (role: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec) =>
    new k8s.networking.v1.NetworkPolicy(
      `${name}-${role}`,
      { metadata: { name: role, namespace }, spec: { ...spec, policyTypes: ["Ingress"] } },
      opts,
    );
  const pods = (app: string) => ({ matchLabels: { "app.kubernetes.io/name": app } });
  return [
    policy("closed", { podSelector: {} }),
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
