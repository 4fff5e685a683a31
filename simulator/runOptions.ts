import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import { parseSettings } from "../components/settings/parse";
import type { EachTypeOnce, FailureRule, Operation } from "./cloud";
import type { Engine } from "./engine";
import type { EngineCommand } from "./engineCommand";
import type { Changes, PolicyFinding } from "./observation";
import type { Progress } from "./progress";
import { projectDir } from "./project";
import { readProject, readStackConfig, type StackConfig, sectionsOf } from "./stackConfig";
import { UsageError } from "./usageError";

export const commands = ["up", "preview", "refresh", "destroy"] as const;
export type Command = (typeof commands)[number];

export interface RunOptions {
  command: Command;
  stack: string;
  /** Stack file to use in place of `Pulumi.<stack>.yaml`. */
  configFile?: string;
  /** `path=value` texts, applied in order. */
  overrides?: readonly string[];
  /** What the simulated cloud is told to fail. */
  failures?: FailureRule[];
  /** Makes the first operation on each type fail, counted over the runs that share it. */
  eachTypeOnce?: EachTypeOnce;
  /** After an error `up` and `destroy` go on with all that does not need what failed. */
  continueOnError?: boolean;
  /** How many operations go on at once. Default: as many as the engine thinks right for the machine. */
  parallel?: number;
  /** Kills the engine after this many operations of the cloud. */
  killAfter?: number;
  /**
   * The engine records the stack once, as the run ends, and not after each operation too, which takes it most of its time. A run that is
   * killed meanwhile leaves no record of what it made; where a run is to be killed, or protection may end it, each operation is recorded.
   */
  recordsAtEnd?: boolean;
  /** Called instead of ending with `Killed`: the command ends its own process here. */
  onKill?: () => void;
  /** Folder below which everything is written. Default `out/` of the project. */
  outDir?: string;
  /** Folder with Pulumi.yaml and index.ts. Default: this project, the only one whose settings are validated first. */
  project?: string;
  /** Program to run in place of the project's `index.ts`. Its settings are not validated beforehand. */
  program?: PulumiFn;
  /** Engine to use in place of the one that would be found. */
  engine?: Engine;
  /** Rules that the stack is held to: a pack, or a program that serves one. */
  policyPack?: { path: string; configFile?: string };
  /** Gets what charts are rendered with, once settings are known to be right. Without it what is on this machine is used. */
  getTools?: () => Promise<void>;
  progress?: Progress;
  /** Time that each operation of the simulated cloud takes. Default 0. */
  latencyMillis?: number;
  /** `wanted` is how many resources the program has asked for so far. */
  onEvent?: (event: EngineEvent, wanted: number) => void;
  /** Things the user should know that are no errors. */
  onNotice?: (text: string) => void;
  /** Aborting cancels the run as Ctrl-C would: operations under way are finished, nothing new is begun. */
  signal?: AbortSignal;
  /** Called when the engine is there, with a way to send it a second interrupt, which stops it at once. */
  onEngine?: (engine: EngineCommand) => void;
}

export interface RunResult {
  stack: string;
  /** `foundation.kind` of its settings; absent where another project was run. */
  foundation?: string;
  result: "succeeded" | "failed";
  changes: Changes;
  /** Stack outputs; secrets are `[secret]`. */
  outputs: Record<string, unknown>;
  /** What the program, or the engine, warned of. */
  warnings: string[];
  /** What rules found; absent where there were none to hold it to. */
  findings?: PolicyFinding[];
  seconds: number;
  /** Why it failed, as text for people. */
  error?: string;
  planFile: string;
  /** What the simulated cloud did, in order. */
  operations: Operation[];
}

/** The run was killed as it was told to be (`killAfter`). */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** Reads the config of a run and, for the project's own program, checks its settings: nothing has been started then. */
export function readRunConfig(options: RunOptions): StackConfig {
  const changesNothing = options.command === "preview" || options.command === "refresh";
  if (changesNothing && (options.failures?.length || options.killAfter)) {
    throw new UsageError(`A ${options.command} asks the cloud for no operation that could fail; use up or destroy.`);
  }
  const project = readProject(options.project ?? projectDir);
  const config = readStackConfig(project, options.stack, options.configFile, options.overrides ?? []);
  if (!options.program && project.dir === projectDir) {
    parseSettings(sectionsOf(config, project.name), options.configFile ? {} : { stackName: options.stack });
  }
  return config;
}
