import { Command } from "commander";
import { sweepStack } from "./stack";
import type { Phase } from "./sweep";

interface Flags {
  stack: string;
  config?: string;
  set: string[];
  change: string[];
}

const collect = (value: string, before: string[]) => [...before, value];
const words = { create: "made", update: "changed", delete: "deleted" } as const;

/** One line for a phase, and one for each type in it. */
function lines({ kind, types, runs }: Phase): string {
  return [`${types.length} types failed once when they were ${words[kind]}; ${runs} runs to the end`, ...types]
    .map((line, at) => (at === 0 ? line : `  ${line}`))
    .join("\n");
}

new Command("faults")
  .description(
    "On the simulated cloud: each type of resource of a stack fails once when it is made, changed and deleted.",
  )
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--config <file>", "a stack file in place of Pulumi.<name>.yaml")
  .option("--set <path=value>", "a setting that holds from the start", collect, ["foundation.dataProtection=false"])
  .option("--change <path=value>", "a setting that changes in place (default: a tag, on AWS)", collect, [])
  .action(async ({ stack, config, set, change }: Flags) => {
    await sweepStack({
      ...{ stack, overrides: set, changes: change.length > 0 ? change : ["foundation.tags.faults=swept"] },
      ...(config === undefined ? {} : { configFile: config }),
      onRun: (runs, types) => process.stderr.write(`run ${runs}: ${types} types have failed\n`),
      onPhase: (phase) => process.stdout.write(`${lines(phase)}\n`),
    });
    process.stdout.write("Nothing was lost, made twice or left over, and a preview after each showed no change.\n");
  })
  .parseAsync()
  .catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
