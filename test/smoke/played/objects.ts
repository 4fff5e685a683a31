import type { KubernetesObject, V1Pod } from "@kubernetes/client-node";
import { dashboardLabel } from "../../../charts/values/grafana";

/** A pod that is ready, of one container. */
export function pod(namespace: string, name: string, labels: Record<string, string> = {}): V1Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels },
    spec: { containers: [{ name: "main", image: `registry.test/${name}:1` }] },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        { name: "main", image: "", imageID: "", ready: true, restartCount: 0, state: { running: {} } },
      ],
    },
  };
}

/** A dashboard of one panel. */
export function dashboard(name: string, expr: string): KubernetesObject {
  const metadata = { namespace: "monitoring", name: `dashboard-${name}`, labels: dashboardLabel };
  const json = JSON.stringify({ panels: [{ targets: [{ expr }] }] });
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [`${name}.json`]: json } } as KubernetesObject;
}
