/** What the values depend on. */
export interface ClusterAutoscalerFacts {
  clusterName: string;
  region: string;
  /** Kubernetes minor version of the cluster, such as `1.35`: the autoscaler should be of the same, or the newest there is. */
  kubernetesVersion: string;
  serviceAccount: string;
  nodeSelector: Record<string, string>;
}

/** Newest patch known of each minor version. @see https://github.com/kubernetes/autoscaler/releases */
const imageTags: Record<string, string> = { "1.33": "v1.33.0", "1.34": "v1.34.0", "1.35": "v1.35.0" };
const newestImageTag = "v1.35.0";

export function clusterAutoscalerValues(facts: ClusterAutoscalerFacts) {
  return {
    fullnameOverride: "cluster-autoscaler",
    cloudProvider: "aws",
    autoDiscovery: { clusterName: facts.clusterName },
    awsRegion: facts.region,
    image: { tag: imageTags[facts.kubernetesVersion] ?? newestImageTag },
    extraArgs: {
      "balance-similar-node-groups": true,
      "skip-nodes-with-local-storage": false, // Scratch space does not keep a node alive.
      expander: "least-waste",
    },
    rbac: { create: true, serviceAccount: { create: true, name: facts.serviceAccount } },
    nodeSelector: facts.nodeSelector,
    securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
    containerSecurityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
  };
}
