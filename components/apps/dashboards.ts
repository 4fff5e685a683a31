import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { dashboardFolderAnnotation, dashboardLabel } from "../../charts/values/grafana";
import { after, type Dependency } from "../lib/dependencies";
import type { Dashboard } from "../observability/dashboards/dashboard";

/** The dashboards of a stack that belong together. */
export interface DashboardsArgs {
  /** Of Grafana: it looks nowhere else. */
  namespace: string;
  dashboards: Dashboard[];
  /** Depend on these, the namespace among them. */
  after: Dependency[];
}

/** Dashboards as ConfigMaps, which Grafana's sidecar finds by their label: each comes and goes alone. */
export class Dashboards extends pulumi.ComponentResource {
  constructor(name: string, args: DashboardsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:Dashboards", name, {}, opts);
    for (const dashboard of args.dashboards) {
      dashboardConfigMap(`${name}-${dashboard.name}`, args.namespace, dashboard, {
        parent: this,
        dependsOn: after(...args.after),
      });
    }
    this.registerOutputs();
  }
}

/** The ConfigMap of one dashboard. */
export function dashboardConfigMap(
  name: string,
  namespace: string,
  dashboard: Pick<Dashboard, "name" | "folder"> & { json: pulumi.Input<string> },
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  return new k8s.core.v1.ConfigMap(
    name,
    {
      metadata: {
        name: `dashboard-${dashboard.name}`,
        namespace,
        labels: dashboardLabel,
        annotations: { [dashboardFolderAnnotation]: dashboard.folder },
      },
      data: { [`${dashboard.name}.json`]: dashboard.json },
    },
    opts,
  );
}
