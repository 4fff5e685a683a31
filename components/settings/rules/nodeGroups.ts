import { instanceFamilies, instanceTypeFacts } from "../../lib/instanceTypes";
import type { NodeGroupSettings } from "../nodeGroups";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

const gpuFamilies = Object.keys(instanceFamilies).filter((family) => instanceFamilies[family]?.gpu);

/** Groups of nodes that contradict themselves, and clusters that could not start. */
export function nodeGroupRules({ foundation }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind !== "aws" || foundation.cluster.kind !== "create") return [];
  const { nodeGroups, scaling } = foundation.cluster;
  const path: Path = ["foundation", "cluster", "nodeGroups"];
  const problems = Object.entries(nodeGroups).flatMap(([name, group]) => [
    ...groupProblems(group, [...path, name]),
    ...(scaling.kind === "karpenter" && group.purpose !== "system" && group.minNodes > 0
      ? [
          {
            path: [...path, name, "minNodes"],
            value: group.minNodes,
            allowed: "0 with Karpenter, which starts nodes only for pods that wait",
            remedy: "write minNodes: 0",
            restsOn: [["foundation", "cluster", "scaling"]],
          },
        ]
      : []),
  ]);
  if (!Object.values(nodeGroups).some((group) => group.purpose === "system")) {
    problems.push({
      path,
      value: Object.keys(nodeGroups),
      allowed: "at least one group with the purpose system: the controllers that start every other node run there",
      remedy: "add system: { purpose: system, instanceTypes: [m7i.large], minNodes: 2, maxNodes: 4 }",
    });
  }
  const system = Object.entries(nodeGroups).filter(([, { purpose }]) => purpose === "system");
  const [only] = system;
  // Fewer than one is refused for the group itself.
  if (scaling.kind === "karpenter" && system.length === 1 && only?.[1].minNodes === 1) {
    problems.push({
      path: [...path, only[0], "minNodes"],
      value: 1,
      allowed:
        "at least 2 over all system groups with Karpenter: its two replicas keep apart, and nothing resizes system groups then",
      remedy: "write minNodes: 2",
      restsOn: [["foundation", "cluster", "scaling"]],
    });
  }
  return problems;
}

function groupProblems(group: NodeGroupSettings, path: Path): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const at = (key: keyof NodeGroupSettings, allowed: string, remedy: string, restsOn: string[] = []) =>
    problems.push({
      path: [...path, key],
      value: group[key],
      allowed,
      remedy,
      restsOn: restsOn.map((other) => [...path, other]),
    });

  if (group.maxNodes < group.minNodes) {
    at("maxNodes", `at least minNodes, ${group.minNodes}`, `write maxNodes: ${group.minNodes}`, ["minNodes"]);
  }
  if (group.purpose === "system") {
    if (group.spot)
      at(
        "spot",
        "false for the purpose system: an interruption would take the controllers along",
        "write spot: false",
        ["purpose"],
      );
    if (group.gpu) at("gpu", "false for the purpose system", "write gpu: false, or another purpose", ["purpose"]);
    if (group.minNodes < 1) at("minNodes", "at least 1 for the purpose system", "write minNodes: 2", ["purpose"]);
  }

  group.taints.forEach(({ key, effect }, index) => {
    if (group.purpose !== "system" || effect === "PreferNoSchedule") return;
    problems.push({
      path: [...path, "taints", index],
      value: `${key}:${effect}`,
      allowed: "no taint that keeps pods away, for the purpose system: the controllers do not tolerate it",
      remedy: "remove it, or move it to a group with another purpose",
      restsOn: [[...path, "purpose"]],
    });
  });

  for (const label of Object.keys(group.labels)) {
    const reserved = /^mlplatform\//.test(label)
      ? "the platform's own"
      : /^(?!(node|kubelet)\.kubernetes\.io\/)([a-z0-9.-]+\.)?(kubernetes|k8s)\.io\//.test(label)
        ? "kept for Kubernetes; a node may not give them to itself"
        : /^(eks\.amazonaws\.com|karpenter\.sh|karpenter\.k8s\.aws)\//.test(label)
          ? "kept for who starts the nodes, and refused by it"
          : undefined;
    if (reserved === undefined) continue;
    problems.push({
      path: [...path, "labels", label],
      value: group.labels[label],
      allowed: `labels other than mlplatform/… and kubernetes.io/…: this one is ${reserved}`,
      remedy: "choose a prefix of your own, such as example.com/",
    });
  }

  group.taints.forEach(({ key, effect }, index, all) => {
    const refuse = (allowed: string, remedy: string) =>
      problems.push({ path: [...path, "taints", index], value: `${key}:${effect}`, allowed, remedy });
    if (/(^|\.)((kubernetes|k8s)\.io|eks\.amazonaws\.com)\//.test(key))
      refuse(
        "taints other than kubernetes.io/… and eks.amazonaws.com/…: EKS refuses them, and controllers give and take them",
        "choose a prefix of your own, such as example.com/",
      );
    else if (all.findIndex((each) => each.key === key && each.effect === effect) < index)
      refuse("each key once with an effect", "remove it");
  });
  if (group.taints.length > 50) {
    at("taints", "at most 50, as EKS takes for a group", "remove some", []);
  }

  const known = group.instanceTypes.flatMap((type, index) => {
    const facts = instanceTypeFacts(type);
    return facts === undefined ? [] : [{ type, index, ...facts }];
  });
  for (const { type, index, gpu, family } of known) {
    if (gpu === group.gpu) continue;
    problems.push({
      path: [...path, "instanceTypes", index],
      value: type,
      allowed: group.gpu
        ? `a GPU family, since gpu is true: ${gpuFamilies.join(", ")}`
        : `no GPU family such as ${family}, since gpu is false`,
      remedy: group.gpu
        ? "write a GPU type such as g6.xlarge, or gpu: false"
        : "write gpu: true, or a type without GPU",
      restsOn: [[...path, "gpu"]],
    });
  }
  const [first] = known;
  for (const { type, index, architecture } of known) {
    if (first === undefined || architecture === first.architecture) continue;
    problems.push({
      path: [...path, "instanceTypes", index],
      value: type,
      allowed: `one CPU architecture in a group; ${first.type} is ${first.architecture}, ${type} is ${architecture}`,
      remedy: `move ${architecture} types to a group of their own`,
    });
  }
  group.instanceTypes.forEach((type, index, all) => {
    if (all.indexOf(type) < index) {
      problems.push({
        path: [...path, "instanceTypes", index],
        value: type,
        allowed: "each type once",
        remedy: "remove it",
      });
    }
  });
  return problems;
}
