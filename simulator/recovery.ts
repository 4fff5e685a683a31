import type { Stack } from "@pulumi/pulumi/automation";
import type { SimulatedCloud } from "./cloud";
import type { Deployment, StackHome, StateResource } from "./stackHome";

type Account = Pick<SimulatedCloud["account"], "find">;

/** What a killed run left open, and what is to be done about it. */
export interface Recovery {
  /** The stack's record without open ends. */
  deployment: Deployment;
  /** Resources whose real condition is to be read back before anything else happens. */
  readBack: string[];
  /** One sentence for each thing that was healed. */
  notes: string[];
}

function shortName(resource: StateResource): string {
  return `${resource.type} "${resource.urn.split("::").slice(3).join("::")}"`;
}

/**
 * Decides about each operation that a killed run left open. A resource that the cloud did make is adopted, as
 * `pulumi refresh` would after asking; one that it did not make is forgotten, so that the next update makes it. A resource
 * whose update or deletion was cut short is read back.
 */
export function planRecovery(deployment: Deployment, account: Account): Recovery | undefined {
  const pending = deployment.pending_operations ?? [];
  if (pending.length === 0) return undefined;
  const resources = [...(deployment.resources ?? [])];
  const readBack: string[] = [];
  const notes: string[] = [];
  for (const { resource, type } of pending) {
    if (type !== "creating") {
      if (resources.some(({ urn }) => urn === resource.urn)) readBack.push(resource.urn);
      notes.push(
        `${shortName(resource)} was being changed (${type}) when the run was killed; read back from the account.`,
      );
      continue;
    }
    const made = account.find(resource.urn);
    const recorded = resources.find(({ urn }) => urn === resource.urn);
    if (!made || made.id === recorded?.id) {
      if (resource.custom)
        notes.push(`${shortName(resource)} had not been made when the run was killed; will be made.`);
      continue;
    }
    const adopted: StateResource = {
      ...resource,
      id: made.id,
      outputs: { ...resource.outputs, ...(made.outputs as object) },
    };
    if (recorded) {
      // A half-finished replacement: the next run deletes this copy and replaces the recorded one again.
      resources.push({ ...adopted, delete: true });
      notes.push(`${shortName(resource)} was being replaced when the run was killed; the new copy will be deleted.`);
    } else {
      resources.push(adopted);
      readBack.push(resource.urn);
      notes.push(`${shortName(resource)} had been made but not recorded when the run was killed; adopted.`);
    }
  }
  return { deployment: { ...deployment, resources, pending_operations: [] }, readBack, notes };
}

/** Heals a stack after a killed run. Returns what was done; nothing when there was nothing to do. */
export async function recover(home: StackHome, stack: Stack, account: Account): Promise<string[]> {
  const recovery = planRecovery(home.deployment(), account);
  if (!recovery) return [];
  await stack.importStack({ version: 3, deployment: recovery.deployment });
  // Reading back also lets the provider say which outputs are secret.
  if (recovery.readBack.length > 0) await stack.refresh({ target: recovery.readBack, runProgram: false });
  return recovery.notes;
}
