import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { jupyterhubSecrets, metricsTokenKey } from "../../charts/values/jupyterhubNames";
import { after, type Dependency } from "../lib/dependencies";
import type { Address } from "./facts";

/** Kernels talk over websockets, which are silent while a cell runs. */
const idleSeconds = 3600;
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

/** An Ingress of our own: what the ingress controller is told is known to the cloud only, and so no value of a chart. */
export function jupyterhubIngress(
  name: string,
  { namespace, address, after: first }: { namespace: string; address: Address; after: Dependency[] },
  opts: pulumi.CustomResourceOptions,
) {
  const { host, ingress, tlsSecretName } = address;
  const backend = { service: { name: "proxy-public", port: { name: "http" } } };
  return new k8s.networking.v1.Ingress(
    name,
    {
      metadata: {
        name: "jupyterhub",
        namespace,
        annotations: { ...ingress.annotations, ...websocketAnnotations[ingress.className] },
      },
      spec: {
        ingressClassName: ingress.className,
        ...(tlsSecretName === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
      },
    },
    { ...opts, dependsOn: after(...first, ...ingress.ready) },
  );
}

/** By class of ingress; others, such as Traefik, leave a websocket open as it is. */
const websocketAnnotations: Record<string, Record<string, string>> = {
  alb: {
    "alb.ingress.kubernetes.io/healthcheck-path": "/hub/health",
    "alb.ingress.kubernetes.io/load-balancer-attributes": `idle_timeout.timeout_seconds=${idleSeconds}`,
  },
  nginx: {
    "nginx.ingress.kubernetes.io/proxy-read-timeout": String(idleSeconds),
    "nginx.ingress.kubernetes.io/proxy-send-timeout": String(idleSeconds),
    "nginx.ingress.kubernetes.io/proxy-body-size": `${uploadMiB}m`,
  },
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
