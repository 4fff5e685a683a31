import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/events";
import type { Changes } from "./observation";
import type { Plan } from "./plan";
import type { Progress } from "./progress";
import type { Command, RunResult } from "./runOptions";

const symbols: Record<string, string> = {
  create: "+",
  update: "~",
  delete: "-",
  replace: "±",
  "create-replacement": "±",
  "delete-replaced": "±",
  refresh: "~",
  import: "=",
};

/** Kinds of steps that make no line of their own: nothing changes, or another step of the same resource tells it. */
const quiet = new Set(["same", "read", "create-replacement", "delete-replaced", "discard-replaced"]);

const maxListed = 60;

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Follows a run's events: how many resources are done, and which are under way. */
export class LiveDisplay {
  private readonly started = Date.now();
  private readonly underWay = new Map<string, string>();
  private readonly steps: StepEventMetadata[] = [];
  private done = 0;
  private wanted = 0;

  constructor(
    private readonly progress: Progress,
    private readonly command: Command,
    private readonly stack: string,
    private readonly expected: number | undefined,
  ) {}

  /** `wanted` is how many resources the program has asked for so far: the total of a first run. */
  see(event: EngineEvent, wanted = 0): void {
    this.wanted = wanted;
    const begun = event.resourcePreEvent?.metadata;
    const ended = (event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
    if (begun) {
      this.underWay.set(begun.urn, nameOf(begun.urn));
      if (!quiet.has(begun.op)) this.steps.push(begun);
    }
    if (ended && this.underWay.delete(ended.urn)) this.done += 1;
    if (begun || ended) this.show();
  }

  private show(): void {
    const names = [...this.underWay.values()];
    const now = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
    const expected = Math.max(this.expected ?? 0, this.wanted);
    const total = expected >= this.done && expected > 0 ? ` of ${expected}` : "";
    const seconds = Math.round((Date.now() - this.started) / 1000);
    const width = (process.stderr.columns ?? 120) - 4;
    const line = `${this.command} ${this.stack} (simulated): ${this.done}${total} resources, ${seconds} s${now ? ` · ${now}` : ""}`;
    this.progress.update(line.length > width ? `${line.slice(0, width - 1)}…` : line);
  }

  /** One line for each resource that changes, with the properties that make it change. */
  changeLines(): string[] {
    const lines = this.steps.map(({ op, type, urn, diffs, keys }) => {
      const properties = op === "replace" ? keys : op === "update" ? diffs : undefined;
      return `  ${symbols[op] ?? op} ${type} ${nameOf(urn)}${properties?.length ? ` [${properties.join(", ")}]` : ""}`;
    });
    if (lines.length <= maxListed) return lines;
    return [...lines.slice(0, maxListed), `  … and ${lines.length - maxListed} more`];
  }
}

/** How many resources the stack's last plan had, to measure progress against. */
export function lastPlanSize(planFile: string): number | undefined {
  if (!existsSync(planFile)) return undefined;
  try {
    return (JSON.parse(readFileSync(planFile, "utf8")) as Plan).resources.length;
  } catch {
    return undefined; // Cut off by a kill; progress does without a total.
  }
}

/** Counts as a sentence, such as `12 created, 3 unchanged`. */
export function changesText(changes: Changes, command: Command): string {
  const words: Record<keyof Changes, [string, string]> = {
    create: ["created", "to create"],
    update: ["updated", "to update"],
    replace: ["replaced", "to replace"],
    delete: ["deleted", "to delete"],
    same: ["unchanged", "unchanged"],
  };
  const parts = (Object.keys(words) as (keyof Changes)[])
    .filter((kind) => changes[kind] > 0)
    .map((kind) => `${changes[kind]} ${words[kind][command === "preview" ? 1 : 0]}`);
  return parts.length > 0 ? parts.join(", ") : "nothing to do";
}

function cell(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Stack outputs as two columns. */
export function outputsTable(outputs: Record<string, unknown>): string[] {
  const names = Object.keys(outputs).sort();
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}  ${cell(outputs[name])}`);
}

/** What the program does without a simulator, by `foundation.kind`. */
const realThing: Record<string, string> = {
  aws: "the same program on real AWS, with your credentials",
  existing: "the same program on your cluster, by your kubeconfig; docs/local-cluster.md",
};

/** What to do after a run, with commands that can be copied. */
export function nextSteps(result: RunResult, command: Command): string[] {
  const suffix = result.stack === "dev" ? "" : ` STACK=${result.stack}`;
  const plan = relative(process.cwd(), result.planFile);
  const lines: [string, string][] = [[plan, "every resource with its inputs, as the engine was asked for it"]];
  if (command === "up") lines.push([`make preview${suffix}`, "shows no change until the settings change"]);
  else if (command !== "destroy") lines.push([`make up${suffix}`, "makes it so, on the simulated cloud"]);
  lines.push([`Pulumi.${result.stack}.yaml`, "the settings; docs/settings.md explains each"]);
  if (command !== "destroy") lines.push([`make destroy${suffix}`, "removes it all again"]);
  else lines.push([`make up${suffix}`, "builds it again"]);
  lines.push([`npx pulumi up -s ${result.stack}`, realThing[result.foundation ?? ""] ?? "the same program for real"]);
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
