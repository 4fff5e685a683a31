import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { shortened } from "./http";

export function isReady({ metadata, status }: V1Pod): boolean {
  const { conditions = [] } = status ?? {};
  return !metadata?.deletionTimestamp && conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
}

/** Whether it has done what it was for, or has failed for good and who owns it counts another in its place: one that was evicted stays for a while. */
export const isDone = ({ metadata, status }: V1Pod) =>
  status?.phase === "Succeeded" || (status?.phase === "Failed" && (metadata?.ownerReferences ?? []).length > 0);

/** Reasons for which a container is waited for and that are no faults. */
const usual = new Set(["ContainerCreating", "PodInitializing"]);

/** Why a pod is not ready; nothing where it is, or is done. */
export function brokenPod(pod: V1Pod): string | undefined {
  if (isReady(pod) || isDone(pod)) return undefined;
  const { metadata, status } = pod;
  const name = `${metadata?.namespace}/${metadata?.name}`;
  const placed = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (placed?.status === "False") return `${name} finds no node: ${placed.message ?? placed.reason}`;
  return container(pod, name) ?? `${name} is not ready`;
}

/** Of the first container that has a reason. */
function container({ spec, status }: V1Pod, name: string): string | undefined {
  const containers: V1Container[] = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  for (const each of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting, terminated } = each.state ?? {};
    const image = containers.find((one) => one.name === each.name)?.image ?? each.image;
    const ended = each.lastState?.terminated;
    if (waiting?.reason !== undefined && !usual.has(waiting.reason)) {
      const last = ended ? `, ended by ${ended.reason ?? "itself"} (${ended.exitCode})` : "";
      const said = waiting.message ? `: ${shortened(waiting.message, 160)}` : "";
      return `${name}, container ${each.name}, image ${image}: ${waiting.reason}${last}${said}`;
    }
    if (terminated && terminated.exitCode !== 0) {
      return `${name}, container ${each.name}, image ${image}: ended by ${terminated.reason ?? "itself"} (${terminated.exitCode})`;
    }
  }
  return undefined;
}
