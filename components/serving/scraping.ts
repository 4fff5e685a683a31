import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { modelServer } from "../../charts/values/modelServer";
import { after, type Dependency } from "../lib/dependencies";

/** Lets Prometheus in, and nobody else of its namespace's neighbours. */
export function scrapedFrom(namespace: string): k8s.types.input.networking.v1.NetworkPolicyIngressRule {
  return {
    from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }],
    ports: [{ port: modelServer.metricsPortNumber, protocol: "TCP" }],
  };
}

/** Has Prometheus read the metrics of a Deployment's pods. */
export function scrapedPods(
  name: string,
  metadata: { name: string; namespace: string; labels: Record<string, string> },
  monitors: Dependency[],
  opts: pulumi.CustomResourceOptions & { dependsOn: pulumi.Resource[] },
): pulumi.Resource[] {
  const service = new k8s.core.v1.Service(
    name,
    {
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        selector: metadata.labels,
        ports: [{ name: "metrics", port: modelServer.metricsPortNumber, targetPort: modelServer.metricsPortNumber }],
      },
    },
    opts,
  );
  const monitor = new k8s.apiextensions.CustomResource(
    `${name}-metrics`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: metadata.name, namespace: metadata.namespace },
      spec: {
        selector: { matchLabels: metadata.labels },
        endpoints: [{ port: "metrics", path: "/metrics", interval: "30s" }],
      },
    },
    { ...opts, dependsOn: after(service, ...monitors) },
  );
  return [service, monitor];
}
