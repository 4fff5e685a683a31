/** Whether pods find a node. */
import { type Existing, Refusal } from "../account";
import { appliedUnseen } from "../unexpandedCharts";
import type { Surroundings } from "./surroundings";

const workloads = new Set(["kubernetes:apps/Deployment", "kubernetes:apps/StatefulSet", "kubernetes:batch/Job"]);
const nodePool = "kubernetes:karpenter.sh/NodePool";
const karpenter = "karpenter";

/** Whether the cluster has anything that pods can run on. */
export function hasNodes({ account, eks, scope }: Surroundings): boolean {
  if (eks.outputs.computeConfig?.enabled === true) return true;
  const ofCluster = ({ inputs }: Existing) => inputs.clusterName === eks.id;
  const groups = [
    ...account.ofType("aws:eks/nodeGroup:NodeGroup"),
    ...account.ofType("aws:eks/fargateProfile:FargateProfile"),
  ];
  if (groups.some((group) => ofCluster(group) && (group.inputs.scalingConfig?.maxSize ?? 1) > 0)) return true;
  return account.ofType(nodePool).some((pool) => pool.scope === scope) && deployed(karpenter, { account, eks, scope });
}

/** Whether a controller's Deployment exists, by the label its chart gives it or by its name. */
export function deployed(controller: string, { account, scope }: Surroundings): boolean {
  if (appliedUnseen(account, scope, controller)) return true;
  return account.ofType("kubernetes:apps/Deployment").some(({ scope: where, inputs }) => {
    const { name, labels } = inputs.metadata ?? {};
    return where === scope && (labels?.["app.kubernetes.io/name"] === controller || name === controller);
  });
}

/** Whether a controller acts: deployed, and with nodes to run on. */
export function acts(controller: string, surroundings: Surroundings): boolean {
  return deployed(controller, surroundings) && hasNodes(surroundings);
}

/** @throws a refusal, as the provider's timeout would be, when the object has pods and nothing runs them. */
export function mustRun(object: Existing, surroundings: Surroundings): void {
  if (!workloads.has(object.type)) return;
  const wanted = Number(object.inputs.spec?.replicas ?? 1);
  if (wanted === 0 || object.inputs.spec?.suspend === true || hasNodes(surroundings)) return;
  throw new Refusal(
    "Timeout",
    `${object.type.split("/").pop()} ${object.id}: 0 of ${wanted} pods became ready: no nodes available to schedule pods in ${surroundings.eks.id}. Make a node group first and depend on it`,
  );
}
