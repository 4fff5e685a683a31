import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { seaweedfs } from "../../../charts/values/seaweedfs";
import { databasePods } from "../../foundation/existing/createdDatabases";
import { platformNamespace } from "../../foundation/existing/space";
import { after, type Dependency } from "../../lib/dependencies";

/** What the cluster keeps of the stack's data, where it keeps it. */
export interface StoreMonitorsArgs {
  /** PostgreSQL of CloudNativePG. */
  database: boolean;
  /** SeaweedFS. */
  objectStore: boolean;
  /** Namespace of the monitors. */
  namespace: string;
  /** The namespace, and the definitions of the operator's kinds. */
  after: Dependency[];
}

/** Has Prometheus read the metrics of what holds the platform's data. The `job` of each is `<namespace>/<its name>`. */
export function storeMonitors(
  name: string,
  args: StoreMonitorsArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const monitor = (role: string, labels: Record<string, string>, portNumber: number) =>
    new k8s.apiextensions.CustomResource(
      `${name}-${role}`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: { name: role, namespace: args.namespace },
        spec: {
          namespaceSelector: { matchNames: [platformNamespace] },
          selector: { matchLabels: labels },
          podMetricsEndpoints: [{ portNumber, path: "/metrics", interval: "30s" }],
        },
      },
      { ...opts, dependsOn: after(...args.after) },
    );
  return [
    ...(args.database ? [monitor("database", databasePods.labels, databasePods.metricsPortNumber)] : []),
    ...(args.objectStore ? [monitor("object-store", { ...seaweedfs.podLabels }, seaweedfs.metricsPortNumber)] : []),
  ];
}
