import { instanceFamilies, instanceTypeFacts } from "../../lib/instanceTypes";
import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

const tooSmall = ["nano", "micro", "small"];

/** Instance types that exist but make no node of this platform. */
export function nodeTypeRules({ foundation }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind !== "aws" || foundation.cluster.kind !== "create") return [];
  return Object.entries(foundation.cluster.nodeGroups).flatMap(([name, { instanceTypes }]) =>
    instanceTypes.flatMap((type, at) => {
      const fault = nodeFault(type);
      const path: Path = ["foundation", "cluster", "nodeGroups", name, "instanceTypes", at];
      return fault === undefined ? [] : [{ path, value: type, ...fault }];
    }),
  );
}

/** Pods get their addresses by prefix delegation, 110 of them on each node. https://docs.aws.amazon.com/eks/latest/userguide/cni-increase-ip-addresses.html */
function nodeFault(type: string): { allowed: string; remedy: string } | undefined {
  const facts = instanceTypeFacts(type);
  if (facts === undefined) return undefined;
  const { family, size, gpu, architecture } = facts;
  if (facts.accelerator === "neuron") {
    return {
      allowed: `families without Inferentia or Trainium: the device plugin that ${family} needs is not supported yet`,
      remedy: "use CPU types such as c7i.2xlarge, or a GPU group with g6.xlarge",
    };
  }
  if (facts.xen === true && !size.startsWith("metal")) {
    const xen = Object.keys(instanceFamilies).filter((name) => instanceFamilies[name]?.xen);
    return {
      allowed: `Nitro types: pods get addresses by prefix delegation, which Xen families lack: ${xen.join(", ")}`,
      remedy: `use a newer family: write ${gpu ? "g6.xlarge" : "m7i.large"}`,
    };
  }
  if (tooSmall.includes(size)) {
    return {
      allowed: `medium and larger: ${size} has too few network interfaces for the 110 pods that a node is told it may hold`,
      remedy: `write ${architecture === "arm64" ? "t4g.medium" : "t3.medium"}`,
    };
  }
  return undefined;
}
