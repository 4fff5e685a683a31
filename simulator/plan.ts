import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/events";
import { readable } from "./mask";
import type { Registration } from "./registrations";

/** One resource of `plan.json`. */
export interface PlannedResource {
  urn: string;
  type: string;
  name: string;
  /** URN of the resource it belongs to; empty for the stack. */
  parent: string;
  /** URN of the provider that makes it; empty for components. */
  provider: string;
  /** URNs, sorted. */
  dependencies: string[];
  protect: boolean;
  retainOnDelete: boolean;
  /** As the program gave them. Secrets are `[secret]`, what is known only later is `[unknown]`. */
  inputs: Record<string, unknown>;
}

/** What a run wants to exist: the content of `out/<stack>/plan.json`. */
export interface Plan {
  stack: string;
  command: string;
  resources: PlannedResource[];
}

/** A provider reference without the id behind it, which a preview does not know. */
function providerUrn(reference: string): string {
  const parts = reference.split("::");
  return parts.length > 4 ? parts.slice(0, -1).join("::") : reference;
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Collects the engine's steps and turns them, with the registrations, into a plan. */
export class PlanRecorder {
  private readonly steps = new Map<string, StepEventMetadata>();
  private readonly recordedDependencies: ReadonlyMap<string, string[]>;

  /** `recorded` is the stack before the run: the source of dependencies for commands that run no program. */
  constructor(recorded: readonly { urn: string; dependencies?: string[] }[] = []) {
    this.recordedDependencies = new Map(recorded.map(({ urn, dependencies }) => [urn, dependencies ?? []]));
  }

  /** To be called with every engine event. */
  see(event: EngineEvent): void {
    const metadata = (event.resourcePreEvent ?? event.resOpFailedEvent)?.metadata;
    if (metadata) this.steps.set(metadata.urn, this.prefer(this.steps.get(metadata.urn), metadata));
  }

  /** The step that says what shall be; deleting an old copy says less than making the new one. */
  private prefer(before: StepEventMetadata | undefined, now: StepEventMetadata): StepEventMetadata {
    return before?.new && !now.new ? before : now;
  }

  /** Everything the program describes; for a command that runs no program, everything the engine visited. */
  plan(stack: string, command: string, registrations: ReadonlyMap<string, Registration>): Plan {
    const ranProgram = command === "up" || command === "preview";
    const urns = new Set(registrations.keys());
    for (const [urn, step] of this.steps) if (step.new || !ranProgram) urns.add(urn);
    return { stack, command, resources: [...urns].sort().map((urn) => this.resource(urn, registrations.get(urn))) };
  }

  private resource(urn: string, asked: Registration | undefined): PlannedResource {
    const step = this.steps.get(urn);
    const state = step?.new ?? step?.old;
    return {
      urn,
      type: state?.type ?? asked?.type ?? "",
      name: asked?.name ?? nameOf(urn),
      parent: state?.parent ?? asked?.parent ?? "",
      provider: providerUrn(state?.provider || asked?.provider || ""),
      dependencies: [...(asked?.dependencies ?? this.recordedDependencies.get(urn) ?? [])].sort(),
      protect: state?.protect ?? asked?.protect ?? false,
      retainOnDelete: state?.retainOnDelete ?? asked?.retainOnDelete ?? false,
      inputs: asked?.inputs ?? (readable(state?.inputs ?? {}) as Record<string, unknown>),
    };
  }
}
