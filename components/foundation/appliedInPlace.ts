/**
 * How every Kubernetes provider of the platform writes. Without the second and third a changed text or password would delete its
 * ConfigMap or Secret and make it anew, and pods that start in between would not find it.
 * https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/
 */
export const appliedInPlace = {
  enableServerSideApply: true,
  enableConfigMapMutable: true,
  enableSecretMutable: true,
} as const;
