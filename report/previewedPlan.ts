import { readable } from "../simulator/mask";
import type { Plan, PlannedResource } from "../simulator/plan";
import { UsageError } from "../simulator/usageError";

interface State {
  urn: string;
  type: string;
  parent?: string;
  provider?: string;
  dependencies?: string[];
  protect?: boolean;
  retainOnDelete?: boolean;
  inputs?: Record<string, unknown>;
}

interface Step {
  op: string;
  urn: string;
  newState?: State;
}

function resource({
  urn,
  type,
  parent,
  provider,
  dependencies,
  protect,
  retainOnDelete,
  inputs,
}: State): PlannedResource {
  return {
    ...{ urn, type, name: urn.split("::").slice(3).join("::") },
    parent: parent ?? "",
    provider: provider ?? "",
    dependencies: [...(dependencies ?? [])].sort(),
    protect: protect ?? false,
    retainOnDelete: retainOnDelete ?? false,
    inputs: readable(inputs ?? {}) as Record<string, unknown>,
  };
}

/**
 * The plan that `pulumi preview --json` printed, of a stack anywhere: with it a report needs no simulated cloud, and what is known only
 * after the update is not known to it.
 * @throws UsageError where the text is no such preview
 */
export function previewedPlan(stack: string, text: string): Plan {
  let steps: Step[] | undefined;
  try {
    steps = (JSON.parse(text) as { steps?: Step[] }).steps;
  } catch {
    steps = undefined;
  }
  if (!Array.isArray(steps)) throw new UsageError("--preview: not what `pulumi preview --json` prints");
  // Both halves of a replacement have a step; the resource is there once.
  const states = new Map(steps.flatMap(({ urn, newState }) => (newState === undefined ? [] : [[urn, newState]])));
  return { stack, command: "preview", resources: [...states.values()].map(resource) };
}
