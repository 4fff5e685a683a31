/** Namespace of cert-manager, as its own documentation calls it. */
export const certManagerNamespace = "cert-manager";

/** Where cert-manager runs. */
export interface CertManagerFacts {
  nodeSelector: Record<string, string>;
  tolerations: object[];
  /** Whether the cluster has the definitions of its kinds already. */
  defined: boolean;
}

/** Its check after installation is a hook, and so is left out; an issuer that becomes ready shows the same. */
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
    startupapicheck: { enabled: false },
    enableCertificateOwnerRef: true, // The Secret goes with its Certificate.
    resources: resources("256Mi"),
    ...placement,
    webhook: { resources: resources("128Mi"), ...placement },
    cainjector: { resources: resources("384Mi"), ...placement },
  };
}
