import { Address4 } from "ip-address";

/** Something in the cluster that notebooks connect to: pods of a namespace, by the pods' own port. */
export interface NotebookPeer {
  namespace: string;
  /** Port of the pods; a Service's own port may be another, and policies see only this one. */
  portNumber: number;
}

const metadataService = "169.254.169.254";
const podIdentityAgent = "169.254.170.23/32";

const openNamespace = (namespace: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
});

/**
 * Egress of notebooks beside hub, proxy and DNS, which the chart allows itself. The cloud's metadata service stays shut whatever
 * the blocks say: a node's credentials are behind it.
 */
export function notebookEgress(peers: NotebookPeer[], cidrs: string[], podIdentity: boolean) {
  return [
    ...peers.map(({ namespace, portNumber }) => ({
      to: [openNamespace(namespace)],
      ports: [{ port: portNumber, protocol: "TCP" }],
    })),
    ...cidrs
      .filter((cidr) => cidr !== `${metadataService}/32`)
      .map((cidr) => ({
        to: [{ ipBlock: { cidr, ...(covers(cidr) ? { except: [`${metadataService}/32`] } : {}) } }],
      })),
    ...(podIdentity ? [{ to: [{ ipBlock: { cidr: podIdentityAgent } }], ports: [{ port: 80, protocol: "TCP" }] }] : []),
  ];
}

function covers(cidr: string): boolean {
  return new Address4(metadataService).isInSubnet(new Address4(cidr));
}

/** Lets pods of a namespace read the hub's metrics. */
export function metricsIngress(namespace: string) {
  return [{ from: [openNamespace(namespace)], ports: [{ port: "http", protocol: "TCP" }] }];
}

/** What the chart opens by flags, for pods that need only DNS from them. */
export const onlyDns = {
  cloudMetadataServer: false,
  dnsPortsCloudMetadataServer: true,
  dnsPortsKubeSystemNamespace: true,
  dnsPortsPrivateIPs: true,
  nonPrivateIPs: false,
  privateIPs: false,
};
