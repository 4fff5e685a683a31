/** Which object of a cluster is meant. */
export interface ObjectKey {
  /** Such as `v1` or `apps/v1`. */
  apiVersion: string;
  kind: string;
  /** Of a kind that lives in one; the API server leaves it out of account for others. */
  namespace?: string;
  name: string;
}

/** What an object says of itself. */
export interface ObjectMark {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Who wrote fields of it, as the API server recorded it. */
  managers: string[];
}

/** Whom the API server asks about objects of some groups: whoever keeps them. */
export interface Webhooks {
  name: string;
  labels: Record<string, string>;
  /** API groups of the objects, such as `cert-manager.io`. */
  groups: string[];
}

/** Looks at a running cluster, and changes nothing in it. */
export interface ClusterReader {
  /** @throws where the cluster cannot be asked, or does not answer. */
  find(key: ObjectKey): Promise<ObjectMark | undefined>;
  /** Every object of one of the two kinds. @throws as above */
  webhooks(kind: WebhookKind): Promise<Webhooks[]>;
}

const webhookKinds = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] as const;
export type WebhookKind = (typeof webhookKinds)[number];

export function isWebhooks(key: ObjectKey): key is ObjectKey & { kind: WebhookKind } {
  return groupOf(key) === "admissionregistration.k8s.io" && webhookKinds.some((kind) => kind === key.kind);
}

/** API groups that webhooks name in their rules; the core group and `*` are everybody's. */
export function groupsOfWebhooks(webhooks: unknown): string[] {
  const rules = ((webhooks ?? []) as { rules?: { apiGroups?: string[] }[] }[]).flatMap((each) => each.rules ?? []);
  const groups = rules.flatMap(({ apiGroups }) => apiGroups ?? []);
  return [...new Set(groups)].filter((group) => group !== "" && group !== "*");
}

/** How a cluster is reached. */
export interface ClusterAccess {
  /** Kubeconfig with one context. */
  kubeconfig: string;
  /** What tells the cluster from others, whatever its address. */
  identifier: string;
}

export type ReadCluster = (access: ClusterAccess) => ClusterReader;

/** `kubernetes:apps/v1:Deployment` as the API server writes it; the SDK spells out the core group. */
export function kindOfToken(token: string): Pick<ObjectKey, "apiVersion" | "kind"> {
  const [, version = "", kind = ""] = token.split(":");
  return { apiVersion: version.replace(/^core\//, ""), kind };
}

/** `monitoring.coreos.com` of `monitoring.coreos.com/v1`; the core group is empty. */
export function groupOf({ apiVersion }: Pick<ObjectKey, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}
