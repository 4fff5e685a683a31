/** What the values depend on. */
export interface LoadBalancerControllerFacts {
  clusterName: string;
  region: string;
  /** How the controller finds its VPC: nodes' metadata, where it would look otherwise, is closed to pods. */
  vpc: { id: string } | { tags: Record<string, string> };
  serviceAccount: string;
  /** Put on every load balancer and security group the controller makes. */
  tags: Record<string, string>;
  nodeSelector: Record<string, string>;
}

/** Certificate of the webhooks by cert-manager: the chart's own would be made anew at each render. */
export function loadBalancerControllerValues(facts: LoadBalancerControllerFacts) {
  return {
    clusterName: facts.clusterName,
    region: facts.region,
    ...("id" in facts.vpc ? { vpcId: facts.vpc.id } : { vpcTags: facts.vpc.tags }),
    replicaCount: 2,
    serviceAccount: { create: true, name: facts.serviceAccount },
    enableCertManager: true,
    // Of each load balancer it would ask what Shield and WAF say, which its role may not and nothing here asks for.
    enableShield: false,
    enableWaf: false,
    enableWafv2: false,
    enableServiceMutatorWebhook: false, // Else no Service can be made anywhere while the controller is not ready.
    podDisruptionBudget: { maxUnavailable: 1 },
    defaultTags: facts.tags,
    nodeSelector: facts.nodeSelector,
    securityContext: {
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  };
}
