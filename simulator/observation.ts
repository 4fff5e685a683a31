import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import type { EngineFailed } from "./engineCommand";
import { readable } from "./mask";
import type { StateResource } from "./stackHome";

/** How the engine counts the resources of a run. */
export interface Changes {
  create: number;
  update: number;
  replace: number;
  delete: number;
  same: number;
}

/** What a rule of a policy pack found. */
export interface PolicyFinding {
  rule: string;
  /** A mandatory one fails the run. */
  level: "mandatory" | "advisory";
  urn: string;
  message: string;
}

const noChanges: Changes = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };

/** The engine's words for the counts, after an update and before it. */
const countWords: Record<string, keyof Changes> = {
  created: "create",
  "to create": "create",
  updated: "update",
  "to update": "update",
  replaced: "replace",
  "to replace": "replace",
  deleted: "delete",
  "to delete": "delete",
  unchanged: "same",
};

/** Counts as the engine prints them at the end of what it says; nothing where it printed none. */
export function printedChanges(stdout: string): Changes | undefined {
  const summary = /^Resources:\s*\n((?: {4}.*\n?)+)/m.exec(stdout)?.[1];
  if (summary === undefined) return undefined;
  const changes = { ...noChanges };
  for (const [, count, word = ""] of summary.matchAll(/(\d+) (to \w+|\w+)/g)) {
    const kind = countWords[word];
    if (kind !== undefined) changes[kind] = Number(count);
  }
  return changes;
}

/** What one run of the engine shows through its events. */
export class Observation {
  changes: Changes = noChanges;
  stackOutputs: Record<string, unknown> = {};
  /** Whether the engine's summary came; without it, the rest may be missing too. */
  complete = false;
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  readonly findings: PolicyFinding[] = [];

  see(event: EngineEvent): void {
    if (event.summaryEvent) {
      this.complete = true;
      const counts = event.summaryEvent.resourceChanges as Record<string, number>;
      this.changes = Object.fromEntries(
        Object.keys(noChanges).map((kind) => [kind, counts[kind] ?? 0]),
      ) as unknown as Changes;
    }
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "error") this.errors.push(describeDiagnostic(diagnostic.message, diagnostic.urn));
    if (diagnostic?.severity === "warning") this.warnings.push(describeDiagnostic(diagnostic.message, diagnostic.urn));
    const policy = event.policyEvent;
    if (policy)
      this.findings.push({
        rule: policy.policyName,
        level: policy.enforcementLevel === "mandatory" ? "mandatory" : "advisory",
        urn: policy.resourceUrn ?? "",
        message: withoutColours(policy.message),
      });
    const state = event.resOutputsEvent?.metadata.new;
    if (state?.type === "pulumi:pulumi:Stack") this.keepOutputs(state.outputs);
  }

  /** Fills in what events that never came would have told, from what the engine printed and wrote down. */
  complement(stdout: string, recorded: readonly StateResource[]): void {
    if (this.complete) return;
    this.changes = printedChanges(stdout) ?? this.changes;
    const stack = recorded.find(({ type }) => type === "pulumi:pulumi:Stack");
    if (stack) this.keepOutputs(stack.outputs);
  }

  private keepOutputs(outputs: Record<string, unknown> = {}): void {
    this.stackOutputs = readable(outputs) as Record<string, unknown>;
  }
}

const withoutColours = (message: string) => message.replace(/<\{%[^%]*%\}>/g, "").trim();

export function describeDiagnostic(message: string, urn: string | undefined): string {
  const plain = withoutColours(message);
  if (!urn || urn.includes("::pulumi:pulumi:Stack::")) return plain;
  const [, , types = "", ...name] = urn.split("::");
  return `${types.split("$").at(-1)} "${name.join("::")}": ${plain}`;
}

/** Why a run failed: what the engine reported, or its last words where it reported nothing. */
export function explain(failure: EngineFailed, reported: string[], cancelled: boolean): string[] {
  const general = /^(update|preview|destroy|refresh) failed$/;
  const errors = [...new Set(reported)].filter((text) => !general.test(text));
  if (cancelled)
    errors.unshift("Cancelled. What was under way has been finished; run the same command again to go on.");
  return errors.length > 0 ? errors : [failure.message];
}
