import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace, type PulumiFn, Stack } from "@pulumi/pulumi/automation";
import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import { chartCacheDirectory } from "../charts/source";
import { parseSettings } from "../components/settings/parse";
import { type FailureRule, type Operation, startSimulatedCloud } from "./cloud";
import { type Engine, findEngine } from "./engine";
import { EngineCommand, EngineFailed } from "./engineCommand";
import { typeAndName } from "./failureRules";
import { installedHelm } from "./helm";
import { type Changes, explain, Observation } from "./observation";
import { PlanRecorder } from "./plan";
import { tryLock } from "./processLock";
import { type Progress, silentProgress } from "./progress";
import { defaultOutDir, projectDir } from "./project";
import { recover } from "./recovery";
import { recordRegistrations } from "./registrations";
import { readProject, readStackConfig, type StackConfig, sectionsOf } from "./stackConfig";
import { StackHome } from "./stackHome";
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
  /** Kills the engine after this many operations of the cloud. */
  killAfter?: number;
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
  progress?: Progress;
  /** Time that each operation of the simulated cloud takes. Default 0. */
  latencyMillis?: number;
  onEvent?: (event: EngineEvent) => void;
  /** Things the user should know that are no errors. */
  onNotice?: (text: string) => void;
  /** Aborting cancels the run as Ctrl-C would: operations under way are finished, nothing new is begun. */
  signal?: AbortSignal;
  /** Called when the engine is there, with a way to send it a second interrupt, which stops it at once. */
  onEngine?: (engine: EngineCommand) => void;
}

export interface RunResult {
  stack: string;
  result: "succeeded" | "failed";
  changes: Changes;
  /** Stack outputs; secrets are `[secret]`. */
  outputs: Record<string, unknown>;
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

/** The project's program, loaded when the engine calls it: its modules read config, which exists only then. */
function programOf(dir: string): PulumiFn {
  return async () => {
    const program = require(join(dir, "index.ts")) as PulumiFn;
    return program();
  };
}

/** Charts expand into their objects where both helm and the charts are at hand; otherwise they stay one resource. */
async function helmWithCharts(): Promise<{ binary: string; chartCacheDir: string } | undefined> {
  const helm = await installedHelm();
  return helm && { binary: helm.path, chartCacheDir: chartCacheDirectory() };
}

async function execute(stack: Stack, command: Command, onEvent: (event: EngineEvent) => void): Promise<void> {
  const options = { onEvent, color: "never" as const };
  if (command === "up") await stack.up(options);
  else if (command === "preview") await stack.preview(options);
  else if (command === "refresh") await stack.refresh(options);
  else await stack.destroy(options);
}

/**
 * Runs one command on a stack of the simulated cloud, with Pulumi's own engine.
 * A run that the engine reports as failed is a result, not an exception.
 * @throws SettingsProblems or UsageError before anything is started; Killed where it was told to be killed.
 */
export async function runStack(options: RunOptions): Promise<RunResult> {
  const started = Date.now();
  const progress = options.progress ?? silentProgress;
  const notice = options.onNotice ?? (() => undefined);
  const config = readRunConfig(options);
  const project = readProject(options.project ?? projectDir);
  const home = new StackHome(project, options.stack, options.outDir ?? defaultOutDir);
  const engine = new EngineCommand(options.engine ?? (await findEngine(progress)));

  const helm = await helmWithCharts();

  const lock = tryLock(home.lockFile);
  if ("heldBy" in lock) {
    throw new UsageError(
      `Stack "${options.stack}" is in use by process ${lock.heldBy} on ${lock.host}. Wait for it to end; ` +
        `if there is no such process, delete ${home.lockFile}.`,
    );
  }
  const abort = () => engine.signal("SIGINT");
  options.signal?.addEventListener("abort", abort);
  const registrations = recordRegistrations();
  let killed = false;
  const cloud = await startSimulatedCloud({
    stateFile: home.cloudFile,
    failures: options.failures ?? [],
    ...(options.killAfter === undefined ? {} : { killAfterOperations: options.killAfter }),
    onKill: () => {
      killed = true;
      engine.signal("SIGKILL");
      options.onKill?.();
    },
    ...(helm ? { helm } : {}),
    latencyMillis: options.latencyMillis ?? 0,
    onNotice: notice,
  }).catch((error) => {
    registrations.stop();
    lock.release();
    throw error;
  });

  try {
    home.prepare(config);
    options.onEngine?.(engine);
    const workspace = await LocalWorkspace.create({
      workDir: home.projectDir,
      pulumiCommand: engine.asPulumiCommand(),
      program: options.program ?? programOf(project.dir),
      envVars: home.environment(cloud.debugProviders),
    });
    // Every engine command names its stack, and outputs come from the events: without these calls of the Automation API,
    // which start the engine four times more, a run is a second shorter.
    workspace.selectStack = async () => undefined;
    workspace.stackOutputs = async () => ({});
    for (const pid of home.removeStaleEngineLocks()) {
      notice(`The last run (process ${pid}) was killed and had left the stack locked; its lock was removed.`);
    }
    progress.update(`stack ${options.stack}: preparing`);
    const stack = home.exists()
      ? await Stack.select(options.stack, workspace)
      : await Stack.create(options.stack, workspace);
    stack.info = async () => undefined;
    for (const path of config.secretPaths) {
      await stack.setConfig(configPath(path), { value: simulatedValue(config, path), secret: true }, true);
    }
    for (const note of await recover(home, stack, cloud.account)) notice(note);

    const recorder = new PlanRecorder(home.deployment().resources ?? []);
    const observed = new Observation();
    registrations.all.clear();
    let failure: EngineFailed | undefined;
    try {
      if (options.signal?.aborted) throw new EngineFailed(options.command, "", "cancelled before it began");
      await execute(stack, options.command, (event) => {
        recorder.see(event);
        observed.see(event);
        options.onEvent?.(event);
      });
    } catch (error) {
      if (killed) throw new Killed(`killed after ${options.killAfter} operations, as asked`);
      if (!(error instanceof EngineFailed)) throw error;
      failure = error;
    }

    writeFileSync(
      home.planFile,
      `${JSON.stringify(recorder.plan(options.stack, options.command, registrations.all), null, 2)}\n`,
    );
    if (options.killAfter !== undefined && !killed) {
      notice(`Not killed: there were only ${cloud.operations.length} operations, ${options.killAfter} were asked for.`);
    }
    const errors = failure ? explain(failure, observed.errors, options.signal?.aborted ?? false) : [];
    for (const { type, name } of cloud.unmatchedFailures()) {
      errors.push(
        `Nothing matched the failure asked for: ${typeAndName(type, name)}. See the types in ${home.planFile}.`,
      );
    }
    return {
      stack: options.stack,
      result: errors.length === 0 ? "succeeded" : "failed",
      changes: observed.changes,
      outputs: observed.stackOutputs,
      seconds: Math.round((Date.now() - started) / 100) / 10,
      ...(errors.length === 0 ? {} : { error: errors.join("\n") }),
      planFile: home.planFile,
      operations: [...cloud.operations],
    };
  } finally {
    options.signal?.removeEventListener("abort", abort);
    registrations.stop();
    await cloud.close();
    lock.release();
  }
}

/** A path the way `pulumi config set --path` reads it. */
function configPath(path: (string | number)[]): string {
  const [key, ...steps] = path;
  return `${key}${steps.map((step) => (typeof step === "number" ? `[${step}]` : `["${step}"]`)).join("")}`;
}

function simulatedValue(config: StackConfig, path: (string | number)[]): string {
  return String(
    path.reduce<unknown>((value, step) => (value as Record<string | number, unknown>)[step], config.values),
  );
}
