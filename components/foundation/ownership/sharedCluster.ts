import type { ClusterAccess } from "./clusterReader";

/** A cluster that others use beside the stack. */
export interface SharedCluster {
  access: ClusterAccess;
  /** What settings name as to be used though somebody else made it, such as `namespace/monitoring`. */
  adopted: readonly string[];
  /** Namespaces that people are told to make beforehand, and that the platform then shares with what they put there. */
  joined: readonly string[];
  /** Where the setting is. */
  path: string;
}

/** API groups of custom resources whose definitions are adopted, of `["crds/monitoring.coreos.com"]`. */
export function definedGroups(adopted: readonly string[]): string[] {
  return adopted.flatMap((each) => (each.startsWith("crds/") ? [each.slice("crds/".length)] : []));
}
