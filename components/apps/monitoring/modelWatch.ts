import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../../lib/dependencies";
import { modelRules } from "../../observability/alerts/model";
import type { RuleContext } from "../../observability/alerts/rule";
import type { LogPlace } from "../../observability/dashboards/cloudWatch";
import { modelsFolder, type ToolLinks } from "../../observability/dashboards/dashboard";
import { modelDashboard, modelDashboardName } from "../../observability/dashboards/model";
import type { WatchedModel } from "../../observability/watchedModel";
import { dashboardConfigMap } from "../dashboards";

/** What is watched of a model, and by whom. */
export interface ModelWatchArgs extends Omit<WatchedModel, "sagemaker"> {
  /** Absent where it is not served on SageMaker. */
  sagemaker?: { endpointName: pulumi.Input<string>; region: string; logs: LogPlace };
  /** Namespace of monitoring: Grafana looks for dashboards nowhere else. */
  monitoringNamespace: string;
  /** Where alerts of a model without an owner go, and where runbooks are. */
  context: RuleContext;
  /** Where the dashboard links to. */
  links: ToolLinks;
  /** Depend on these: the namespace, and the CRDs of the Prometheus operator. */
  after: Dependency[];
}

/** The dashboard and the alerts of one model, which come and go with it. */
export class ModelWatch extends pulumi.ComponentResource {
  /** Depend on these to come after everything of it. */
  readonly ready: Dependency[];

  constructor(name: string, args: ModelWatchArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:ModelWatch", name, {}, opts);
    const { monitoringNamespace: namespace, context, links, after: before, sagemaker, ...plain } = args;
    const options = { parent: this, dependsOn: after(...before) };
    // Only the dashboard asks for the endpoint's name, which may be known only once the endpoint is there.
    const json = pulumi
      .output(sagemaker)
      .apply((endpoint) => modelDashboard({ ...plain, ...(endpoint ? { sagemaker: endpoint } : {}) }, links).json);
    const dashboard = dashboardConfigMap(
      name,
      namespace,
      { name: modelDashboardName(plain.name), folder: modelsFolder, json },
      options,
    );
    const rules = new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: { name: `model-${plain.name}`, namespace },
        spec: { groups: modelRules(plain, context) },
      },
      options,
    );
    this.ready = [dashboard, rules];
    this.registerOutputs();
  }
}
