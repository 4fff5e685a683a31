import { at, list, number, type PlanIndex, text } from "../planIndex";
import { onShare } from "./offHours";
import type { PriceList } from "./prices";
import type { Charge, Rule } from "./rules";
import { gibibytes } from "./volumes";

/** The first of a group's types that has a price, else its first. AWS tries those of an on-demand group in their order. */
export function pricedType(types: readonly string[], { prices }: PriceList): string {
  return types.find((type) => prices[`ec2/${type}`] !== undefined) ?? types[0] ?? "";
}

const noted = (notes: string[]) => (notes.length > 0 ? { note: notes.join("; ") } : {});

function charges(
  { types, idle, most, diskGiB, spot }: { types: string[]; idle: number; most: number; diskGiB: number; spot: boolean },
  prices: PriceList,
  more: string[],
): Charge[] {
  const type = pricedType(types, prices);
  const notes = [
    ...(type === types[0] ? [] : [`${types[0]} has no known price, so ${type} of the same group is counted`]),
    ...(spot ? ["spot: at most this, as the price on demand"] : []),
    ...more,
  ];
  return [
    { price: `ec2/${type}`, what: "machines", idle, most, ...noted(notes) },
    { price: "ebs/gp3", what: "disks", idle: idle * diskGiB, most: most * diskGiB },
  ];
}

/** Machines of a group that EKS manages, with their disks. */
export const nodeGroup: Rule = ({ name, inputs }, index, prices) => {
  const on = onShare(index, `nodes-${name.replace(/^.*-nodes-/, "")}`);
  const count = (key: string) => number(at(inputs, "scalingConfig", key)) * on.share;
  const template = index.named("aws:ec2/launchTemplate:LaunchTemplate", name);
  const diskGiB = list(at(template?.inputs, "blockDeviceMappings")).reduce<number>(
    (sum, mapping) => sum + number(at(mapping, "ebs", "volumeSize")),
    0,
  );
  const types = list(inputs.instanceTypes).map(text);
  const spot = inputs.capacityType === "SPOT";
  const group = { types, idle: count("minSize"), most: count("maxSize"), diskGiB, spot };
  return charges(group, prices, on.note === undefined ? [] : [on.note]);
};

const nodePoolType = "kubernetes:karpenter.sh/v1:NodePool";
const nodeClassType = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass";

/** Types of a pool's machines, and whether they are spare capacity. */
function requirementsOf(inputs: Record<string, unknown>): { types: string[]; spot: boolean } {
  const asked = list(at(inputs, "spec", "template", "spec", "requirements"));
  const values = (key: string) =>
    list(
      at(
        asked.find((each) => at(each, "key") === key),
        "values",
      ),
    ).map(text);
  return {
    types: values("node.kubernetes.io/instance-type"),
    spot: values("karpenter.sh/capacity-type").includes("spot"),
  };
}

/** Machines that Karpenter starts where pods wait, up to its limit of nodes. It keeps none for nobody. */
export const nodePool: Rule = ({ inputs }, index, prices) => {
  const spec = (...keys: string[]) => at(inputs, "spec", ...keys);
  const wanted = text(spec("template", "spec", "nodeClassRef", "name"));
  const nodeClass = index.all(nodeClassType).find((each) => at(each.inputs, "metadata", "name") === wanted);
  const diskGiB = list(at(nodeClass?.inputs, "spec", "blockDeviceMappings")).reduce<number>(
    (sum, mapping) => sum + gibibytes(at(mapping, "ebs", "volumeSize")),
    0,
  );
  const most = Number(text(spec("limits", "nodes")));
  return charges({ ...requirementsOf(inputs), idle: 0, most, diskGiB }, prices, [
    "Karpenter starts them for pods that wait",
  ]);
};

/** A group of machines as the model's share of one is counted. */
interface MachineGroup {
  purpose: string;
  accelerated: boolean;
  types: string[];
}

/** All groups of machines of a plan, whoever starts them. */
export function machineGroups(index: PlanIndex): MachineGroup[] {
  const accelerated = (taints: unknown) => list(taints).some((taint) => at(taint, "key") === "nvidia.com/gpu");
  return [
    ...index.all("aws:eks/nodeGroup:NodeGroup").map(({ inputs }) => ({
      purpose: text(at(inputs, "labels", "mlplatform/purpose")),
      accelerated: accelerated(inputs.taints),
      types: list(inputs.instanceTypes).map(text),
    })),
    ...index.all(nodePoolType).map(({ inputs }) => ({
      purpose: text(at(inputs, "spec", "template", "metadata", "labels", "mlplatform/purpose")),
      accelerated: accelerated(at(inputs, "spec", "template", "spec", "taints")),
      types: requirementsOf(inputs).types,
    })),
  ];
}
