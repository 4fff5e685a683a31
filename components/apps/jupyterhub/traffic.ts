import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  notebookIdleSeconds as idleSeconds,
  jupyterhubSecrets,
  metricsTokenKey,
} from "../../../charts/values/jupyterhubNames";
import type { Address } from "../../contracts/app";
import { after, type Dependency } from "../../lib/dependencies";
import { publishedService } from "../publishedService";

/** What the chart puts on servers of people. */
export const notebookLabels = { app: "jupyterhub", component: "singleuser-server", release: "jupyterhub" };

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

/** Lets notebooks reach a store outside of the cluster. Its blocks are known to the cloud only, and so are no value of the chart. */
export function notebooksToStore(
  name: string,
  namespace: string,
  cidrs: pulumi.Input<string[]>,
  opts: pulumi.CustomResourceOptions,
) {
  const to = pulumi.output(cidrs).apply((blocks) => blocks.map((cidr) => ({ ipBlock: { cidr } })));
  return new k8s.networking.v1.NetworkPolicy(
    `${name}-store`,
    {
      metadata: { name: "notebooks-to-store", namespace },
      spec: {
        podSelector: { matchLabels: notebookLabels },
        policyTypes: ["Egress"],
        egress: [{ to, ports: [{ port: 443, protocol: "TCP" }] }],
      },
    },
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
    },
    opts,
  );
}

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
