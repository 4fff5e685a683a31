import { Command as Commander, InvalidArgumentError } from "commander";
import { SettingsProblems } from "../components/settings/problems";
import { getChartTools } from "./chartTools";
import { isUnexpandedNotice } from "./cloud/unexpandedCharts";
import { changesText, LiveDisplay, lastPlanSize, nextSteps, outputsTable } from "./display";
import type { EngineCommand } from "./engineCommand";
import { parseFailure, parseTakenBack } from "./failureRules";
import { describeDiagnostic } from "./observation";
import { startProgress } from "./progress";
import { defaultOutDir, ownPack, projectDir } from "./project";
import { runStack } from "./run";
import { type Command, commands, type RunOptions, type RunResult } from "./runOptions";
import { serve } from "./serve";
import { readProject } from "./stackConfig";
import { StackHome } from "./stackHome";
import { UsageError } from "./usageError";

interface Flags {
  stack: string;
  set: string[];
  config?: string;
  json?: boolean;
  policy?: string | true;
  policyConfig?: string;
  fail: string[];
  failOnce: string[];
  takeBack: string[];
  continueOnError?: boolean;
  killAfter?: number;
  latency: number;
  out: string;
  project: string;
}

const collect = (value: string, before: string[]) => [...before, value];

function positiveInteger(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("A whole number from 1 up is needed.");
  return Number(text);
}

/** First interrupt: cancel. Second: stop the engine at once. Third: end this process too. */
function cancelOnInterrupt(): { signal: AbortSignal; setEngine: (engine: EngineCommand) => void; stop: () => void } {
  const controller = new AbortController();
  let engine: EngineCommand | undefined;
  let times = 0;
  const interrupt = () => {
    times += 1;
    if (times === 1) {
      process.stderr.write("\nCancelling: what is under way is finished first. Interrupt again to stop at once.\n");
      controller.abort();
    } else if (times === 2 && engine) engine.signal("SIGKILL");
    else process.exit(130);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    setEngine: (running) => {
      engine = running;
    },
    stop: () => {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

/** What is printed for an error that ended the command before the engine had a result. */
function errorText(error: unknown): string {
  if (error instanceof SettingsProblems || error instanceof UsageError) return error.message;
  if (error instanceof Error) return process.env.DEBUG ? (error.stack ?? error.message) : error.message;
  return String(error);
}

/** The pack that a run is held to. */
function policyPackOf({ policy, policyConfig }: Flags): RunOptions["policyPack"] {
  if (policy === undefined) return undefined;
  const path = policy === true ? ownPack : policy;
  return { path, ...(policyConfig === undefined ? {} : { configFile: policyConfig }) };
}

async function run(command: Command, flags: Flags): Promise<number> {
  const started = Date.now();
  const json = flags.json === true;
  const policyPack = policyPackOf(flags);
  // With --json, stdout carries the one result line; whatever the program prints goes where progress goes.
  if (json) console.log = console.info = console.error;
  const progress = startProgress();
  const interrupts = cancelOnInterrupt();
  // Of all charts that are not here one line tells, before the run.
  const notice = (text: string) => {
    if (!isUnexpandedNotice(text)) progress.note(`  note: ${text}`);
  };
  process.stderr.write(`Simulated cloud, stack ${flags.stack}: the real Pulumi engine, made-up resources, no cost.\n`);
  let result: Omit<RunResult, "planFile" | "operations">;
  try {
    const home = new StackHome(readProject(flags.project), flags.stack, flags.out);
    const display = new LiveDisplay(progress, command, flags.stack, lastPlanSize(home.planFile));
    const finished = await runStack({
      command,
      stack: flags.stack,
      outDir: flags.out,
      project: flags.project,
      ...(flags.config === undefined ? {} : { configFile: flags.config }),
      overrides: flags.set,
      failures: [
        ...flags.fail.map((text) => parseFailure(text, Number.POSITIVE_INFINITY)),
        ...flags.failOnce.map((text) => parseFailure(text, 1)),
        ...flags.takeBack.map(parseTakenBack),
      ],
      ...(flags.continueOnError === undefined ? {} : { continueOnError: flags.continueOnError }),
      ...(flags.killAfter === undefined ? {} : { killAfter: flags.killAfter }),
      ...(policyPack === undefined ? {} : { policyPack }),
      onKill: () => process.kill(process.pid, "SIGKILL"),
      latencyMillis: flags.latency,
      progress,
      onEvent: (event, wanted) => display.see(event, wanted),
      onNotice: notice,
      getTools: async () => {
        const rendersCharts = (command === "up" || command === "preview") && flags.project === projectDir;
        const lacking = rendersCharts ? await getChartTools(progress) : undefined;
        if (lacking !== undefined) progress.note(`  note: ${lacking}`);
      },
      onEngine: interrupts.setEngine,
      signal: interrupts.signal,
    });
    result = finished;
    const summary = `${command} ${flags.stack} (simulated): ${changesText(finished.changes, command)}, ${finished.seconds} s`;
    if (finished.result === "succeeded") progress.done(summary);
    else progress.failed(`${command} ${flags.stack} (simulated) failed after ${finished.seconds} s`);
    if (!json) await write(process.stdout, humanReport(finished, command, display.changeLines()));
  } catch (error) {
    progress.done();
    result = {
      stack: flags.stack,
      result: "failed",
      changes: { create: 0, update: 0, replace: 0, delete: 0, same: 0 },
      outputs: {},
      warnings: [],
      seconds: Math.round((Date.now() - started) / 100) / 10,
      error: errorText(error),
    };
  } finally {
    interrupts.stop();
  }
  if (result.error) await write(process.stderr, `\n${result.error.trimEnd()}\n`);
  if (json) {
    const { stack, changes, outputs, warnings, findings, seconds, error } = result;
    const line = {
      stack,
      result: result.result,
      changes,
      outputs,
      warnings,
      findings,
      seconds,
      ...(error ? { error } : {}),
    };
    await write(process.stdout, `${JSON.stringify(line)}\n`);
  }
  return result.result === "succeeded" ? 0 : 1;
}

function humanReport(result: RunResult, command: Command, changeLines: string[]): string {
  const lines: string[] = [];
  if (command === "preview" && changeLines.length > 0) lines.push("", "Changes", ...changeLines);
  const advice = (result.findings ?? []).filter(({ level }) => level === "advisory");
  if (advice.length > 0)
    lines.push("", "Rules", ...advice.map(({ rule, message, urn }) => `${describeDiagnostic(message, urn)} (${rule})`));
  else if (result.findings?.length === 0) lines.push("", "Rules", "Nothing found.");
  if (result.warnings.length > 0) lines.push("", "Warnings", ...result.warnings);
  if (result.result === "succeeded") {
    const outputs = outputsTable(result.outputs);
    if (outputs.length > 0 && command !== "destroy") lines.push("", "Outputs (simulated)", ...outputs);
    lines.push("", "Where to look next", ...nextSteps(result, command));
  }
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}

const about: Record<Command, string> = {
  up: "make the stack as its settings say",
  preview: "show what `up` would change",
  refresh: "read back what the simulated account holds",
  destroy: "remove everything the stack made",
};

const program = new Commander("sim").description(
  "Runs this Pulumi program on the real engine with a simulated cloud. Everything it writes is below out/.",
);
for (const command of commands) {
  program
    .command(command)
    .description(about[command])
    .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
    .option(
      "--set <path=value>",
      "a setting to change for this run, such as foundation.network.nat=perZone",
      collect,
      [],
    )
    .option("--config <file>", "a stack file, or a bare map of sections, in place of Pulumi.<name>.yaml")
    .option("--policy [pack]", "hold the stack to rules: those of policy/, or another pack (up and preview)")
    .option("--policy-config <file>", "configuration of the rules, as JSON")
    .option("--json", "one JSON object as the last line of stdout; progress goes to stderr")
    .option("--fail <type[:name]>", "make every operation on a type, or on one resource of it, fail", collect, [])
    .option("--fail-once <type[:name]>", "the same for the first operation only", collect, [])
    .option(
      "--take-back <type[:name]>",
      "answer updates as done and take them back, as SageMaker does with an endpoint after a bad canary",
      collect,
      [],
    )
    .option("--continue-on-error", "go on after an error with all that does not need what failed (up and destroy)")
    .option("--kill-after <n>", "kill the engine and this process after n operations of the cloud", positiveInteger)
    .option("--latency <milliseconds>", "time that each operation of the cloud takes", positiveInteger, 0)
    .option("--out <dir>", "folder below which everything is written", defaultOutDir)
    .option("--project <dir>", "another Pulumi project in TypeScript, to try on the simulated cloud", projectDir)
    .action(async (flags: Flags) => process.exit(await run(command, flags)));
}
program
  .command("serve")
  .description("serve the simulated providers to any other program: prints PULUMI_DEBUG_PROVIDERS and waits for Ctrl-C")
  .option("--packages <names>", "only these, such as aws,random")
  .option("--state <file>", "file that keeps the account", "out/serve/cloud.json")
  .action(async (flags: { packages?: string; state: string }) => process.exit(await serve(flags)));

program.parseAsync().catch((error) => {
  process.stderr.write(`${errorText(error)}\n`);
  process.exit(1);
});
