import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { modelServer } from "../../charts/values/modelServer";
import { ignoreDisruption } from "../lib/undisturbed";
import { toDns, toNamespace, toPodIdentity, toPods, toPorts } from "./egress";

/** User of the image. */
const userId = 10001;
const httpsPort = 443;

/** Who a pod of the image `release` is, and what it may do in its namespace. */
export interface ReleaseRights {
  /** Of ServiceAccount, Role and RoleBinding. */
  account: string;
  namespace: string;
  rules: k8s.types.input.rbac.v1.PolicyRule[];
}

/** A service account with a role of its own, bound in one namespace. */
export function releaseAccount(
  name: string,
  { account, namespace, rules }: ReleaseRights,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const metadata = { name: account, namespace };
  const serviceAccount = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, opts);
  const role = new k8s.rbac.v1.Role(name, { metadata, rules }, opts);
  const binding = new k8s.rbac.v1.RoleBinding(
    name,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account },
      subjects: [{ kind: "ServiceAccount", name: account, namespace }],
    },
    { ...opts, dependsOn: [serviceAccount, role] },
  );
  return [serviceAccount, role, binding];
}

/** Where such a pod may go beside DNS and what is reached by HTTPS. */
export interface ReleaseReach {
  /** Ports of the Kubernetes API; absent: it is not asked. */
  apiServerPorts?: number[];
  /** Metrics of model servers. */
  modelServers?: boolean;
  mlflow?: { namespace: string; portNumber: number };
  /** Port of a store that is not Amazon's. */
  storePort?: number;
  podIdentity?: boolean;
}

/** Egress of a pod of the image `release`. */
export function releaseEgress(reach: ReleaseReach): k8s.types.input.networking.v1.NetworkPolicyEgressRule[] {
  const { apiServerPorts = [], modelServers, mlflow, storePort, podIdentity } = reach;
  return [
    toDns,
    toPorts(...new Set([httpsPort, ...apiServerPorts])),
    ...(modelServers ? [toPods({ "app.kubernetes.io/name": "model-server" }, modelServer.metricsPortNumber)] : []),
    ...(mlflow ? [toNamespace(mlflow)] : []),
    ...(storePort === undefined ? [] : [toPorts(storePort)]),
    ...(podIdentity ? [toPodIdentity] : []),
  ];
}

/** What every pod of the image is held to. */
export const releasePodSecurity = {
  runAsNonRoot: true,
  runAsUser: userId,
  runAsGroup: userId,
  fsGroup: userId,
  seccompProfile: { type: "RuntimeDefault" },
};

/** What every container of the image is held to. */
export const releaseContainerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** Of Jobs: exit code 1 is what the command has to say about the model; a pod that was evicted before that has said nothing. */
export const verdictIsFinal = {
  rules: [
    { action: "FailJob", onExitCodes: { containerName: "release", operator: "In", values: [1] } },
    ignoreDisruption,
  ],
};
