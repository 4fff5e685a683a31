/** Namespace of the operator, as its own documentation calls it. */
export const cloudNativePgNamespace = "cnpg-system";

/** Where the operator runs. */
export interface CloudNativePgFacts {
  nodeSelector: Record<string, string>;
  tolerations: object[];
  /** Whether the cluster has the definitions of its kinds already. */
  defined: boolean;
}

/** Its definitions of kinds carry `helm.sh/resource-policy: keep`: they stay, so that no server goes with the operator. */
export function cloudNativePgValues(facts: CloudNativePgFacts) {
  return {
    crds: { create: !facts.defined },
    config: { clusterWide: true },
    monitoring: { podMonitorEnabled: false },
    nodeSelector: facts.nodeSelector,
    tolerations: facts.tolerations,
    // The chart ends the operator after half a minute; on a busy node it has not begun by then.
    webhook: { startupProbe: { failureThreshold: 60, periodSeconds: 5 } },
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  };
}
