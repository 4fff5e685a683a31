import type { Placement } from "../../components/contracts/app";
import { gpuResource } from "../../components/lib/labels";

/** What people may choose when they start a server. */
export interface NotebookProfile {
  /** What people read. Absent: the profile's name. */
  title?: string;
  /** CPU of each server, as Kubernetes writes it: `500m` or `2`. */
  cpu: string;
  /** Memory of each server; a kernel that takes more is killed. */
  memoryMiB: number;
  gpus: number;
  /** Image of the servers. Absent: the hub's own. */
  image?: string;
  /** Hours after which a server is stopped even while busy. */
  maxAgeHours?: number;
}

/** Pinned by date; the two of one date share what they are built from, so a GPU node pulls little more than a CPU node. */
export const defaultNotebookImages = {
  cpu: "quay.io/jupyter/scipy-notebook:2026-08-03",
  gpu: "quay.io/jupyter/pytorch-notebook:cuda12-2026-08-03",
};

/** Profiles as the hub offers them: those asked for, else a small and a large one, and one with a GPU where nodes are said to have them. */
export function planProfiles(
  asked: Record<string, NotebookProfile>,
  gpuNodes: boolean,
): Record<string, NotebookProfile> {
  if (Object.keys(asked).length > 0) return asked;
  return {
    small: { title: "Small", cpu: "1", memoryMiB: 4096, gpus: 0 },
    large: { title: "Large", cpu: "3", memoryMiB: 12288, gpus: 0 },
    ...(gpuNodes ? { gpu: { title: "GPU", cpu: "3", memoryMiB: 12288, gpus: 1 } } : {}),
  };
}

/** Image of a profile's servers, as far as it differs from the hub's. */
export function profileImage(profile: NotebookProfile, hubImage?: string): string | undefined {
  return profile.image ?? (profile.gpus > 0 && hubImage === undefined ? defaultNotebookImages.gpu : undefined);
}

/** Placement as KubeSpawner spells it. */
export function spawnerPlacement({ nodeSelector, tolerations }: Placement) {
  return { node_selector: nodeSelector, tolerations };
}

/**
 * One entry of `singleuser.profileList`. What a server is promised is also its limit, so that one person's work does not
 * slow another's. The age limit is the pod's own deadline: the idle culler knows only one age for all.
 */
export function profileEntry(
  slug: string,
  profile: NotebookProfile,
  first: boolean,
  placement: Placement,
  override: Record<string, unknown>,
) {
  const cpu = cores(profile.cpu);
  const memory = `${profile.memoryMiB}M`; // The spawner's M is a MiB.
  const gpus = profile.gpus > 0 ? `, ${profile.gpus} GPU` : "";
  const age = profile.maxAgeHours === undefined ? "" : `, stopped after ${profile.maxAgeHours} h`;
  return {
    slug,
    display_name: profile.title ?? slug,
    description: `${cpu} CPU, ${Math.round(profile.memoryMiB / 102.4) / 10} GiB${gpus}${age}`,
    default: first,
    kubespawner_override: {
      cpu_guarantee: cpu,
      cpu_limit: cpu,
      mem_guarantee: memory,
      mem_limit: memory,
      ...spawnerPlacement(placement),
      ...(profile.gpus > 0 ? { extra_resource_limits: { [gpuResource]: String(profile.gpus) } } : {}),
      ...(profile.maxAgeHours === undefined
        ? {}
        : { extra_pod_config: { activeDeadlineSeconds: profile.maxAgeHours * 3600 } }),
      ...override,
    },
  };
}

/** `500m` is half a core; the spawner counts in cores. */
function cores(quantity: string): number {
  return quantity.endsWith("m") ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
}
