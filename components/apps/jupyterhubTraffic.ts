import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  notebookIdleSeconds as idleSeconds,
  jupyterhubSecrets,
  metricsTokenKey,
} from "../../charts/values/jupyterhubNames";
import { after, type Dependency } from "../lib/dependencies";
import type { Address } from "./facts";
import { publishedService } from "./publishedService";

/** Largest file that people upload through the browser. */
const uploadMiB = 512;

/** Shuts the namespace in both directions; the chart's own policies open what its pods need. */
export function jupyterhubClosed(name: string, namespace: string, opts: pulumi.CustomResourceOptions) {
  return new k8s.networking.v1.NetworkPolicy(
    `${name}-closed`,
    { metadata: { name: "closed", namespace }, spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } },
    opts,
  );
}

export function jupyterhubIngress(
  name: string,
  args: { namespace: string; address: Address; after: Dependency[] },
  opts: pulumi.CustomResourceOptions,
) {
  return publishedService(
    name,
    {
      ...args,
      service: "proxy-public",
      objectName: "jupyterhub",
      portNumber: 80,
      healthPath: "/hub/health",
      maxBodyMiB: uploadMiB,
      timeoutSeconds: idleSeconds,
      annotations: websocketAnnotations,
    },
    opts,
  );
}

/** By class of ingress; others, such as Traefik, leave a websocket open as it is. The foundation tells a load balancer that many share. */
const websocketAnnotations = {
  nginx: { "nginx.ingress.kubernetes.io/proxy-send-timeout": String(idleSeconds) },
};

/** The chart has none. Only the bearer of the token may read the metrics. */
export function jupyterhubMonitor(
  name: string,
  { namespace, after: first }: { namespace: string; after: Dependency[] },
  opts: pulumi.CustomResourceOptions,
) {
  const credentials = { name: jupyterhubSecrets.keys, key: metricsTokenKey };
  return new k8s.apiextensions.CustomResource(
    `${name}-metrics`,
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: "hub", namespace },
      spec: {
        selector: { matchLabels: { component: "hub", release: "jupyterhub" } },
        endpoints: [
          { port: "hub", path: "/hub/metrics", interval: "30s", authorization: { type: "Bearer", credentials } },
        ],
      },
    },
    { ...opts, dependsOn: after(...first) },
  );
}
