/** Namespace of cert-manager, as its own documentation calls it. */
export const certManagerNamespace = "cert-manager";

/** Where cert-manager runs. */
export interface CertManagerFacts {
  nodeSelector: Record<string, string>;
  tolerations: object[];
  /** Whether the cluster has the definitions of its kinds already. */
  defined: boolean;
}

/** Of the chart, which makes hooks of its check by them. */
const noHook = {
  "helm.sh/hook": null,
  "helm.sh/hook-weight": null,
  "helm.sh/hook-delete-policy": null,
};

/**
 * Its check is made with everything else, and waited for: until the webhook has its certificate and the API server knows whose that is,
 * which may be seconds after all pods are ready, every issuer is refused.
 */
export function certManagerValues(facts: CertManagerFacts) {
  const resources = (memory: string) => ({ requests: { cpu: "20m", memory: "64Mi" }, limits: { memory } });
  const placement = {
    nodeSelector: { "kubernetes.io/os": "linux", ...facts.nodeSelector },
    tolerations: facts.tolerations,
  };
  return {
    crds: { enabled: !facts.defined, keep: false },
    // In its own namespace: some managed clusters refuse leases in kube-system.
    global: { leaderElection: { namespace: certManagerNamespace } },
    startupapicheck: {
      timeout: "5m", // It asks again until then; a node may have to start.
      jobAnnotations: noHook,
      rbac: { annotations: noHook },
      serviceAccount: { annotations: noHook },
      resources: resources("64Mi"),
      ...placement,
    },
    enableCertificateOwnerRef: true, // The Secret goes with its Certificate.
    resources: resources("256Mi"),
    ...placement,
    webhook: { resources: resources("128Mi"), ...placement },
    cainjector: { resources: resources("384Mi"), ...placement },
  };
}
