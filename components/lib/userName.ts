/** How Kubernetes calls a service account that asks it for something. */
export const userName = (namespace: string, serviceAccount: string) =>
  `system:serviceaccount:${namespace}:${serviceAccount}`;
