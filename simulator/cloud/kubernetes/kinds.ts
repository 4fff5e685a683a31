/** What the simulated API server knows of kinds: which live in no namespace, and which properties it never changes. */
import type { Properties } from "../values";

const clusterWide = new Set(
  "Namespace Node PersistentVolume ClusterRole ClusterRoleBinding CustomResourceDefinition StorageClass VolumeAttributesClass CSIDriver CSINode IngressClass PriorityClass RuntimeClass APIService MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding MutatingAdmissionPolicy MutatingAdmissionPolicyBinding CertificateSigningRequest FlowSchema PriorityLevelConfiguration ClusterTrustBundle DeviceClass ResourceSlice".split(
    " ",
  ),
);

/** API groups that each cluster serves by itself; others need a CustomResourceDefinition. */
const builtIn = new Set([
  "",
  "apps",
  "batch",
  "autoscaling",
  "policy",
  "networking.k8s.io",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "admissionregistration.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "scheduling.k8s.io",
  "certificates.k8s.io",
  "node.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "resource.k8s.io",
]);

export interface Kind {
  group: string;
  version: string;
  kind: string;
}

/** Reads `apps/v1` and `Deployment` into their parts. */
export function kindOf(object: Properties): Kind {
  const apiVersion = String(object.apiVersion ?? "");
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  return {
    group: group === "core" ? "" : group,
    version: slash < 0 ? apiVersion : apiVersion.slice(slash + 1),
    kind: String(object.kind ?? ""),
  };
}

export function isBuiltIn({ group }: Kind): boolean {
  return builtIn.has(group);
}

export function isClusterWide({ group, kind }: Kind): boolean {
  return builtIn.has(group) && clusterWide.has(kind);
}

const workload = ["spec.selector"];
const never: Record<string, string[]> = {
  "apps/Deployment": workload,
  "apps/DaemonSet": workload,
  "apps/ReplicaSet": workload,
  "apps/StatefulSet": [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  "batch/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "/Service": ["spec.clusterIP"],
  "/Pod": ["spec"],
  "rbac.authorization.k8s.io/RoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": ["roleRef"],
  "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
};

/** Properties that cannot change: the provider replaces the object instead. */
export function forcesOf(
  kind: Kind,
  settings: { configMapMutable: boolean; secretMutable: boolean },
  object: Properties,
): string[] {
  const forces = [
    "apiVersion",
    "kind",
    "metadata.name",
    "metadata.namespace",
    ...(never[`${kind.group}/${kind.kind}`] ?? []),
  ];
  const immutable = object.immutable === true;
  if (kind.group === "" && kind.kind === "ConfigMap" && (!settings.configMapMutable || immutable))
    forces.push("data", "binaryData");
  if (kind.group === "" && kind.kind === "Secret") {
    forces.push("type");
    if (!settings.secretMutable || immutable) forces.push("data", "stringData");
  }
  return forces;
}
