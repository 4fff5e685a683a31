/** What the values depend on. */
export interface KarpenterFacts {
  clusterName: string;
  /** Name of the queue that receives interruption notices. */
  queueName: string;
  serviceAccount: string;
  nodeSelector: Record<string, string>;
}

export function karpenterValues(facts: KarpenterFacts) {
  return {
    settings: { clusterName: facts.clusterName, interruptionQueue: facts.queueName },
    serviceAccount: { create: true, name: facts.serviceAccount },
    replicas: 2,
    nodeSelector: facts.nodeSelector,
    controller: { resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "1Gi" } } },
  };
}
