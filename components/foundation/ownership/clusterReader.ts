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

/** Looks at a running cluster, and changes nothing in it. */
export interface ClusterReader {
  /** @throws where the cluster cannot be asked, or does not answer. */
  find(key: ObjectKey): Promise<ObjectMark | undefined>;
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
