import { scryptSync } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartSource } from "../../../charts/source";
import { fluentBit } from "../../../charts/values/fluentBit";
import { loki, lokiValues, lokiVariables } from "../../../charts/values/loki";
import type { Placement } from "../../contracts/app";
import type { CompatibleStore, ObjectStore, StoreKey } from "../../contracts/foundation";
import { after, type Dependency } from "../../lib/dependencies";
import { stableJson } from "../../lib/json";

/** Where lines are kept, and for how long. */
export interface LokiArgs {
  retentionDays: number;
  store: Pick<ObjectStore, "uri"> & { compatible: Pick<CompatibleStore, "endpoint" | "portNumber" | "namespace"> };
  /** Opens the folder of Loki in the store. */
  key: StoreKey;
  /** Whether whoever keeps the store may give another key. */
  keyMayChange: boolean;
  placement: Placement;
  storageClass?: string;
  monitoringNamespace: string;
  /** Depend on these before making a PodMonitor. */
  monitors: Dependency[];
  /** Depend on these before scheduling a pod. */
  ready: Dependency[];
}

/**
 * Loki as one pod over the stack's object store. It asks nobody who they are: Fluent Bit, Grafana and Prometheus reach it, and
 * nobody else does. Its volume holds what is not in the store yet, and goes with it.
 */
export class Loki extends pulumi.ComponentResource {
  /** Depend on these before writing to it. */
  readonly ready: Dependency[];

  constructor(name: string, args: LokiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:apps:Loki", name, {}, opts);
    const child = { parent: this };
    const { retentionDays, placement, storageClass } = args;
    const facts = { retentionDays, ...placement, ...(storageClass === undefined ? {} : { storageClass }) };
    const variables = storeVariables(args);
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name: loki.namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
      { ...child, dependsOn: after(...args.ready) },
    );
    const inside = { ...child, dependsOn: [namespace] };
    const secret = new k8s.core.v1.Secret(
      `${name}-store`,
      { metadata: { name: loki.storeSecret, namespace: loki.namespace }, stringData: variables },
      inside,
    );
    const traffic = lokiTraffic(`${name}-traffic`, args, inside);
    const chart = new k8s.helm.v4.Chart(
      name,
      {
        ...chartSource("loki"),
        name: loki.name,
        namespace: loki.namespace,
        // The stack's own key is not known in the first preview, which shows no object of a chart with unknown values.
        values: args.keyMayChange
          ? revision(variables).apply((storeRevision) => lokiValues({ ...facts, storeRevision }))
          : lokiValues(facts),
      },
      { ...child, dependsOn: after(secret, traffic) },
    );
    const monitor = new k8s.apiextensions.CustomResource(
      `${name}-metrics`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: { name: loki.name, namespace: loki.namespace },
        spec: {
          selector: { matchLabels: { ...loki.podLabels } },
          podMetricsEndpoints: [{ port: loki.metricsPort, path: "/metrics", interval: "30s" }],
        },
      },
      { ...child, dependsOn: after(namespace, ...args.monitors) },
    );
    this.ready = [chart, chart.resources, monitor];
    this.registerOutputs();
  }
}

/** Values of the variables that stand in Loki's configuration. */
function storeVariables({ store, key }: Pick<LokiArgs, "store" | "key">): Record<string, pulumi.Output<string>> {
  const endpoint = store.compatible.endpoint.apply((url) => new URL(url));
  const place = store.uri.apply((uri) => new URL(uri));
  return {
    [lokiVariables.endpoint]: endpoint.apply(({ host }) => host),
    [lokiVariables.insecure]: endpoint.apply(({ protocol }) => String(protocol === "http:")),
    [lokiVariables.bucket]: place.apply(({ host }) => host),
    [lokiVariables.prefix]: place.apply(({ pathname }) => `${pathname}/${loki.folder}`.replace(/^\/+/, "")),
    [lokiVariables.accessKeyId]: key.accessKeyId,
    [lokiVariables.secretAccessKey]: key.secretAccessKey,
  };
}

/** Changes with the store or its key, and tells neither: it is hashed as passwords are, so that guesses are slow. */
function revision(variables: Record<string, pulumi.Output<string>>): pulumi.Output<string> {
  const digest = pulumi.output(variables).apply((all) => scryptSync(stableJson(all), "loki-store", 8).toString("hex"));
  return pulumi.unsecret(digest);
}

/** Who reaches Loki, and whom it reaches: the store. */
function lokiTraffic(
  name: string,
  { store, monitoringNamespace }: Pick<LokiArgs, "store" | "monitoringNamespace">,
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  const tcp = (port: number) => ({ port, protocol: "TCP" });
  const within = (namespace: string) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  });
  const { namespace, portNumber } = store.compatible;
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: loki.name, namespace: loki.namespace },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [fluentBit.namespace, monitoringNamespace].map(within), ports: [tcp(loki.portNumber)] }],
        egress: [
          { ports: [{ port: 53, protocol: "UDP" }, tcp(53)] },
          { ...(namespace === undefined ? {} : { to: [within(namespace)] }), ports: [tcp(portNumber)] },
        ],
      },
    },
    opts,
  );
}
