import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { fluentBit, type LogDestination } from "../../../charts/values/fluentBit";
import { loki } from "../../../charts/values/loki";

const tcp = (port: number) => ({ port, protocol: "TCP" });
const ofNamespace = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });

/**
 * Who reaches Fluent Bit, and whom it reaches: Prometheus reads its metrics, and it writes to one place. Addresses of CloudWatch are
 * nobody's to know here, so it is the port of HTTPS that is open, and with it the agent that hands out credentials.
 */
export function podLogsTraffic(
  name: string,
  { destination, monitoringNamespace }: { destination: LogDestination; monitoringNamespace: string },
  opts: pulumi.CustomResourceOptions,
): k8s.networking.v1.NetworkPolicy {
  const written =
    destination.kind === "loki"
      ? [{ to: [ofNamespace(loki.namespace)], ports: [tcp(destination.portNumber)] }]
      : [{ to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [tcp(80)] }, { ports: [tcp(443)] }];
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: { name: fluentBit.name, namespace: fluentBit.namespace },
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [ofNamespace(monitoringNamespace)], ports: [tcp(fluentBit.portNumber)] }],
        egress: [{ ports: [{ port: 53, protocol: "UDP" }, tcp(53)] }, ...written],
      },
    },
    opts,
  );
}
