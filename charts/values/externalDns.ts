/** What the values depend on. */
export interface ExternalDnsFacts {
  /** The only domain whose records it touches. */
  domain: string;
  /** The only zone it may write to. */
  zoneId: string;
  /** Marks the records it made, so that two stacks on one zone leave each other's alone. */
  ownerId: string;
  /** Whether the zone answers the whole internet or a VPC. */
  zoneType: "public" | "private";
  region: string;
  serviceAccount: string;
  nodeSelector: Record<string, string>;
}

export function externalDnsValues(facts: ExternalDnsFacts) {
  return {
    provider: { name: "aws" },
    sources: ["ingress", "service"],
    policy: "sync", // Records go with their Ingress; `upsert-only` would leave them behind on destroy.
    registry: "txt",
    txtOwnerId: facts.ownerId,
    domainFilters: [facts.domain],
    extraArgs: [
      `--aws-zone-type=${facts.zoneType}`,
      "--aws-zone-match-parent", // The domain may lie below the zone, which is then no match by name.
      `--zone-id-filter=${facts.zoneId}`,
    ],
    env: [{ name: "AWS_DEFAULT_REGION", value: facts.region }],
    serviceAccount: { create: true, name: facts.serviceAccount },
    nodeSelector: facts.nodeSelector,
    resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "128Mi" } },
  };
}
