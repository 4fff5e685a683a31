import type * as k8s from "@pulumi/kubernetes";
import { toNamespace } from "./egress";

/** Where packages of models come from. */
export interface IndexFacts {
  indexUrl: string;
  extraIndexUrls: string[];
  /** Blocks in which the indexes are. */
  egressCidrs: string[];
  sourceBuilds: boolean;
  timeoutMinutes: number;
  maxSizeMiB: number;
}

/** Variables of the model server's image that say so. */
export function indexVariables(facts: IndexFacts): { name: string; value: string }[] {
  return [
    { name: "MODEL_SERVER_INDEX_URL", value: facts.indexUrl },
    { name: "MODEL_SERVER_EXTRA_INDEX_URLS", value: facts.extraIndexUrls.join(" ") },
    { name: "MODEL_SERVER_SOURCE_BUILDS", value: String(facts.sourceBuilds) },
    { name: "MODEL_SERVER_BUILD_SECONDS", value: String(facts.timeoutMinutes * 60) },
    { name: "MODEL_SERVER_MAX_ENVIRONMENT_MIB", value: String(facts.maxSizeMiB) },
  ];
}

/** Ways out to the indexes: blocks by the indexes' ports, and the namespace of an index that is a Service. */
export function toIndexes({
  indexUrl,
  extraIndexUrls,
  egressCidrs,
}: Pick<
  IndexFacts,
  "indexUrl" | "extraIndexUrls" | "egressCidrs"
>): k8s.types.input.networking.v1.NetworkPolicyEgressRule[] {
  const found = [indexUrl, ...extraIndexUrls].map((url) => {
    const { hostname, port, protocol } = new URL(url);
    const [, namespace] = /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(hostname) ?? [];
    return { namespace, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
  });
  const outside = [...new Set(found.filter((each) => each.namespace === undefined).map(({ port }) => port))];
  const services = found.filter((each): each is { namespace: string; port: number } => each.namespace !== undefined);
  return [
    ...(outside.length === 0 || egressCidrs.length === 0
      ? []
      : [
          {
            to: egressCidrs.map((cidr) => ({ ipBlock: { cidr } })),
            ports: outside.sort((a, b) => a - b).map((port) => ({ port, protocol: "TCP" })),
          },
        ]),
    // Policies know a pod by its own port, which is not the Service's.
    ...[...new Set(services.map(({ namespace }) => namespace))].sort().map((namespace) => {
      const { to } = toNamespace({ namespace, portNumber: 0 });
      return { to: to! };
    }),
  ];
}
