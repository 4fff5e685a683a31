import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { after, type Dependency } from "../lib/dependencies";
import { stableJson } from "../lib/json";
import { scrapedFrom, scrapedPods } from "./scraping";

/** A Deployment of one pod that works for all models, by a file of its own. */
export interface LonePodArgs {
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  /** Name and content of the file in its ConfigMap, which the running pod reads when it changes. */
  config: { file: string; content: pulumi.Inputs };
  egress: k8s.types.input.networking.v1.NetworkPolicyEgressRule[];
  pod: k8s.types.input.core.v1.PodSpec;
  /** Absent: a new pod is there before the old one goes. */
  strategy?: { type: "Recreate" };
  /** Depend on these before making anything: the namespace and what is in it. */
  ready: Dependency[];
  /** What the pod needs besides. */
  after: Dependency[];
  /** Depend on these before making a ServiceMonitor; absent where nothing monitors. */
  monitors?: Dependency[] | undefined;
  monitoringNamespace?: string | undefined;
}

/**
 * Its ConfigMap, its traffic, its Deployment and, where something monitors, what reads its metrics. The Deployment is not waited for, since the
 * first update comes before the first push of images.
 * @returns what to depend on to come after it, and to be destroyed before it
 */
export function lonePod(name: string, args: LonePodArgs, child: { parent: pulumi.Resource }): Dependency[] {
  const { metadata, config, egress, monitors, monitoringNamespace } = args;
  const { labels } = metadata;
  const inside = { ...child, dependsOn: after(...args.ready) };
  const file = new k8s.core.v1.ConfigMap(
    name,
    { metadata, data: { [config.file]: pulumi.output(config.content).apply(stableJson) } },
    inside,
  );
  const traffic = new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata,
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Ingress", "Egress"],
        ingress: monitoringNamespace === undefined ? [] : [scrapedFrom(monitoringNamespace)],
        egress,
      },
    },
    inside,
  );
  const deployment = new k8s.apps.v1.Deployment(
    name,
    {
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        replicas: 1,
        ...(args.strategy ? { strategy: args.strategy } : {}),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: args.pod },
      },
    },
    { ...child, dependsOn: after(...args.ready, file, traffic, ...args.after) },
  );
  return [deployment, ...(monitors ? scrapedPods(name, metadata, monitors, inside) : [])];
}
