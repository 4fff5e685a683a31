import { readable } from "../simulator/mask";
import type { Plan, PlannedResource } from "../simulator/plan";
import { UsageError } from "../simulator/usageError";
import type { Change } from "./risk/lost";

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

interface Step extends Change {
  oldState?: State;
  newState?: State;
}

/** What `pulumi preview --json` says of a stack: how it would be, how it is, and what the update does. */
export interface Previewed {
  plan: Plan;
  warnings: string[];
  before: { name: string; plan: Plan; changes: Change[] };
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
export function previewedPlan(stack: string, text: string): Previewed {
  let preview: { steps?: Step[]; diagnostics?: { severity: string; message: string }[] };
  try {
    preview = JSON.parse(text);
  } catch {
    preview = {};
  }
  const { steps, diagnostics = [] } = preview;
  if (!Array.isArray(steps)) throw new UsageError("--preview: not what `pulumi preview --json` prints");
  const plan = (states: (State | undefined)[]): Plan => {
    // Both halves of a replacement have a step; the resource is there once.
    const byUrn = new Map(states.flatMap((state) => (state === undefined ? [] : [[state.urn, resource(state)]])));
    return { stack, command: "preview", resources: [...byUrn.values()] };
  };
  return {
    plan: plan(steps.map(({ newState }) => newState)),
    warnings: diagnostics.filter(({ severity }) => severity === "warning").map(({ message }) => message.trim()),
    before: {
      name: "what exists",
      plan: plan(steps.map(({ oldState }) => oldState)),
      changes: steps.filter(({ op }) => !op.includes("-")).map(({ op, urn }) => ({ op, urn })),
    },
  };
}
