import type { ExistingFoundationSettings } from "../settings/existingFoundation";
import { type KubeconfigContext, readContext } from "./existing/kubeconfig";

/** What must be known of the cluster before the first resource is made, in plain values. */
export interface ExistingGround {
  context: KubeconfigContext;
}

/**
 * Looks at the kubeconfig of the cluster the stack is going to be built on; the cluster itself is not asked.
 * @throws SettingsProblems when there is no such file or context.
 */
export function lookAtExisting({ kubeconfig, context }: ExistingFoundationSettings): ExistingGround {
  return { context: readContext({ kubeconfig, context }) };
}
