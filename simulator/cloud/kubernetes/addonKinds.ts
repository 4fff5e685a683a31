/** Custom kinds that EKS add-ons bring into a cluster: no program and no chart makes their definitions. */
import type { Account } from "../account";
import { clusterScope } from "../aws/eks";
import type { Kind } from "./kinds";

const groups: Record<string, readonly string[]> = {
  // https://cert-manager.io/docs/reference/api-docs/
  "cert-manager": ["cert-manager.io", "acme.cert-manager.io"],
  // https://github.com/kubernetes-csi/external-snapshotter
  "snapshot-controller": ["snapshot.storage.k8s.io"],
  // https://github.com/aws/amazon-vpc-cni-k8s
  "vpc-cni": ["crd.k8s.amazonaws.com", "networking.k8s.aws", "vpcresources.k8s.aws"],
};

/** Whether an add-on that the cluster has serves objects of this kind. */
export function servedByAddon(kind: Kind, scope: string, account: Account): boolean {
  return account
    .ofType("aws:eks/addon:Addon")
    .some(
      ({ outputs }) =>
        clusterScope(outputs.clusterName) === scope && groups[outputs.addonName]?.includes(kind.group) === true,
    );
}
