import type * as k8s from "@pulumi/kubernetes";

/** Ways out that pods of the namespace of models have, each as a rule of a network policy. */
type Rule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

const tcp = (port: number) => ({ port, protocol: "TCP" });

/** To DNS, wherever it is. */
export const toDns: Rule = { ports: [{ port: 53, protocol: "UDP" }, tcp(53)] };

/** To the agent of EKS Pod Identity, which hands out credentials for AWS. */
export const toPodIdentity: Rule = { to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [tcp(80)] };

/** To anything that listens on these ports: addresses of AWS, of the API server or of a store are nobody's to know here. */
export const toPorts = (...ports: number[]): Rule => ({ ports: ports.map(tcp) });

/** To pods of another namespace, by the pods' own port. */
export const toNamespace = ({ namespace, portNumber }: { namespace: string; portNumber: number }): Rule => ({
  to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }],
  ports: [tcp(portNumber)],
});

/** To pods of the same namespace with these labels. */
export const toPods = (matchLabels: Record<string, string>, portNumber: number): Rule => ({
  to: [{ podSelector: { matchLabels } }],
  ports: [tcp(portNumber)],
});
