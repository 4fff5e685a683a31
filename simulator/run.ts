import { writeFileSync } from "node:fs";
import type { Stack } from "@pulumi/pulumi/automation";
import type { EngineEvent } from "@pulumi/pulumi/automation/events";
import { chartCacheDirectory } from "../charts/source";
import { startSimulatedCloud } from "./cloud";
import { readSimulatedCluster } from "./cloud/kubernetes/reader";
import { findEngine } from "./engine";
import { EngineCommand, EngineFailed } from "./engineCommand";
import { endingAsFailed } from "./failedPrograms";
import { typeAndName } from "./failureRules";
import { installedHelm } from "./helm";
import { describeDiagnostic, explain, Observation } from "./observation";
import { openStack } from "./openStack";
import { PlanRecorder } from "./plan";
import { tryLock } from "./processLock";
import { loadAhead, programOf } from "./program";
import { silentProgress } from "./progress";
import { defaultOutDir, projectDir } from "./project";
import { recover } from "./recovery";
import { recordRegistrations } from "./registrations";
import { type Command, Killed, type RunOptions, type RunResult, readRunConfig } from "./runOptions";
import { readProject, type StackConfig, sectionsOf } from "./stackConfig";
import { StackHome } from "./stackHome";
import { UsageError } from "./usageError";

/** Charts expand into their objects where both helm and the charts are at hand; otherwise they stay one resource. */
async function helmWithCharts(): Promise<{ binary: string; chartCacheDir: string } | undefined> {
  const helm = await installedHelm();
  return helm && { binary: helm.path, chartCacheDir: chartCacheDirectory() };
}

function foundationOf(config: StackConfig, project: string): { foundation?: string } {
  const { foundation } = sectionsOf(config, project) as { foundation?: { kind?: string } };
  return foundation?.kind === undefined ? {} : { foundation: foundation.kind };
}

const runsProgram: ReadonlySet<Command> = new Set(["up", "preview"]);

/** Time the engine has, after it refused to delete what is protected, to finish what else was under way. */
const graceMillis = 5_000;

/**
 * After such a refusal engine 3.259 follows every path through the dependencies of what it did not delete, one by one, which for a
 * large stack takes longer than anybody waits. Nothing is under way by then, so it is ended.
 */
function refusesDestroy({ diagnosticEvent }: EngineEvent): boolean {
  return diagnosticEvent?.severity === "error" && /because it is protected/.test(diagnosticEvent.message);
}

/** Time a program has to end once its engine has, of which it hears with the next thing that it asks. */
const lingerMillis = 30_000;

/** Whether the engine may be killed before it ends: as asked, or as above. */
function mayBeKilled({ command, killAfter }: RunOptions, home: StackHome): boolean {
  if (killAfter !== undefined) return true;
  return command === "destroy" && (home.deployment().resources ?? []).some(({ protect }) => protect);
}

/** Runs the command to its end. Returns what the engine printed. */
async function execute(
  stack: Stack,
  { command, policyPack, parallel, continueOnError }: RunOptions,
  onEvent: (event: EngineEvent) => void,
): Promise<string> {
  const options = { onEvent, color: "never" as const, ...(parallel === undefined ? {} : { parallel }) };
  const held = {
    ...(policyPack === undefined ? {} : { policyPacks: [policyPack.path] }),
    ...(policyPack?.configFile === undefined ? {} : { policyPackConfigs: [policyPack.configFile] }),
  };
  const goingOn = continueOnError === undefined ? {} : { continueOnError };
  if (command === "up") return (await stack.up({ ...options, ...held, ...goingOn })).stdout;
  if (command === "preview") return (await stack.preview({ ...options, ...held })).stdout;
  if (command === "refresh") return (await stack.refresh(options)).stdout;
  return (await stack.destroy({ ...options, ...goingOn })).stdout;
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
  const found = options.engine ?? findEngine(progress);
  if (!options.program && runsProgram.has(options.command)) loadAhead(project.dir);
  const engine = new EngineCommand(await found);

  await options.getTools?.();
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
  const ending = endingAsFailed();
  let killed = false;
  const cloud = await startSimulatedCloud({
    stateFile: home.cloudFile,
    failures: options.failures ?? [],
    ...(options.eachTypeOnce === undefined ? {} : { eachTypeOnce: options.eachTypeOnce }),
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
    ending.stop();
    lock.release();
    throw error;
  });

  try {
    home.prepare(config);
    options.onEngine?.(engine);
    for (const pid of home.removeStaleEngineLocks()) {
      notice(`The last run (process ${pid}) was killed and had left the stack locked; its lock was removed.`);
    }
    progress.update(`stack ${options.stack}: preparing`);
    const stack = await openStack({
      home,
      config,
      engine,
      program: ending.follow(
        options.program ?? programOf(project.dir, { readCluster: readSimulatedCluster(cloud.account) }),
      ),
      debugProviders: cloud.debugProviders,
      recordsAtEnd: options.recordsAtEnd === true && !mayBeKilled(options, home),
    });
    for (const note of await recover(home, stack, cloud.account)) notice(note);

    const recorder = new PlanRecorder(home.deployment().resources ?? []);
    const observed = new Observation();
    registrations.clear();
    let failure: EngineFailed | undefined;
    let printed = "";
    try {
      if (options.signal?.aborted) throw new EngineFailed(options.command, "", "cancelled before it began");
      printed = await execute(stack, options, (event) => {
        recorder.see(event);
        observed.see(event);
        options.onEvent?.(event, registrations.wanted());
        if (options.command === "destroy" && refusesDestroy(event)) {
          setTimeout(() => engine.signal("SIGKILL"), graceMillis).unref();
        }
      });
    } catch (error) {
      if (killed) throw new Killed(`killed after ${options.killAfter} operations, as asked`);
      if (!(error instanceof EngineFailed)) throw error;
      failure = error;
      printed = error.stdout;
    }
    // A preview records nothing: its stack is the one before it.
    observed.complement(printed, options.command === "preview" ? [] : (home.deployment().resources ?? []));
    if (!observed.complete && printed !== "") {
      notice("The engine's events did not all arrive; counts and outputs are from what it printed and recorded.");
    }

    writeFileSync(
      home.planFile,
      `${JSON.stringify(recorder.plan(options.stack, options.command, registrations.all), null, 2)}\n`,
    );
    if (options.killAfter !== undefined && !killed) {
      notice(`Not killed: there were only ${cloud.operations.length} operations, ${options.killAfter} were asked for.`);
    }
    const broken = observed.findings.filter(({ level }) => level === "mandatory");
    const told = [
      ...observed.errors,
      ...broken.map(({ rule, urn, message }) => `${describeDiagnostic(message, urn)} (${rule})`),
    ];
    const errors = failure ? explain(failure, told, options.signal?.aborted ?? false) : [];
    for (const { type, name } of cloud.unmatchedFailures()) {
      errors.push(
        `Nothing matched the failure asked for: ${typeAndName(type, name)}. See the types in ${home.planFile}.`,
      );
    }
    return {
      stack: options.stack,
      ...foundationOf(config, project.name),
      result: errors.length === 0 ? "succeeded" : "failed",
      changes: observed.changes,
      outputs: observed.stackOutputs,
      warnings: [...new Set(observed.warnings)],
      ...(options.policyPack === undefined ? {} : { findings: observed.findings }),
      seconds: Math.round((Date.now() - started) / 100) / 10,
      ...(errors.length === 0 ? {} : { error: errors.join("\n") }),
      planFile: home.planFile,
      operations: [...cloud.operations],
    };
  } finally {
    options.signal?.removeEventListener("abort", abort);
    if (!(await ending.ended(lingerMillis))) {
      notice(
        "The program goes on though its engine has ended. What it still asks may fail the next run of this process.",
      );
    }
    registrations.stop();
    ending.stop();
    await cloud.close();
    lock.release();
  }
}
