import type { Settings } from "./settings";
import { training } from "./training";

/** Folders of the data bucket that runs fill and that nobody needs for long. Models and records of runs are not among them. */
export const passingFolders = ["extracts/", "checkpoints/", "outputs/"] as const;

/** Those that runs in the cluster fill; they keep no checkpoints. */
export const passingInCluster = ["extracts/", "outputs/"] as const satisfies readonly (typeof passingFolders)[number][];

/**
 * Days that what a run has prepared is kept at least: longer than from its preparation to its evaluation, both and the training in
 * between tried twice, with the longest waits for spare capacity.
 */
export const leastDays = 30;

/** Days that objects stay, by folder of the data bucket; none where nothing is trained. */
export function expiringFolders(settings: Pick<Settings, "models" | "training">): Record<string, number> {
  const trained = Object.values(settings.models ?? {}).some((model) => model.training !== undefined);
  if (!trained) return {};
  const { logRetentionDays } = settings.training ?? training.parse({});
  return Object.fromEntries(passingFolders.map((folder) => [folder, Math.max(leastDays, logRetentionDays)]));
}
