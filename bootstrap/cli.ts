/** `npm run bootstrap -- --stack prod [--preview] [--yes]`: makes what an account needs before pipelines deliver a stack, and says what to set in the git host. */
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { Command } from "commander";
import { namespace } from "../components/settings/load";
import { parseSettings } from "../components/settings/parse";
import { SettingsProblems } from "../components/settings/problems";
import { findEngine } from "../simulator/engine";
import { EngineCommand, EngineFailed } from "../simulator/engineCommand";
import { startProgress } from "../simulator/progress";
import { projectDir } from "../simulator/project";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { StackHome } from "../simulator/stackHome";
import { UsageError } from "../simulator/usageError";
import { instructions } from "./instructions";
import { backendUrl, bootstrapNames } from "./names";
import { bootstrapProblems } from "./settingsProblems";
import { BootstrapState } from "./state";

interface Flags {
  stack: string;
  preview?: boolean;
  yes?: boolean;
  project: string;
  out: string;
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError("There is nobody to ask: look with --preview, then run it with --yes.");
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question("Make this? Only yes will do: ");
  asking.close();
  return answer.trim() === "yes";
}

async function run({ stack, preview, yes, project: dir, out }: Flags): Promise<void> {
  const project = readProject(dir);
  const config = readStackConfig(project, stack, undefined, []);
  const settings = parseSettings(sectionsOf(config, namespace), { stackName: stack });
  const problems = bootstrapProblems(settings, namespace, stack);
  if (problems.length > 0) throw new SettingsProblems(problems, stack);
  const { region, accountId } = settings.foundation as { region: string; accountId: string };
  const names = bootstrapNames(namespace, stack, accountId);

  const program: PulumiFn = () => (require("./index") as PulumiFn)();
  const engine = new EngineCommand(await findEngine(startProgress()));
  process.once("SIGINT", () => engine.signal("SIGINT"));
  const home = new StackHome(readProject(__dirname), stack, out);
  home.prepare(config);
  const state = new BootstrapState({
    ...{ home, engine, program },
    backend: process.env.PULUMI_BACKEND_URL || backendUrl(names, region),
  });
  const opened = await state.open();
  const onOutput = (text: string) => process.stdout.write(text);
  const { changeSummary } = await opened.preview({ onOutput, color: "never" });
  const changes = Object.entries(changeSummary).some(([op, count]) => op !== "same" && count > 0);
  if (preview === true) return;
  if (changes) {
    if (yes !== true && !(await agreed())) {
      console.log("Nothing was changed.");
      return;
    }
    await opened.up({ onOutput, color: "never" });
  }
  if (await state.settle(opened)) console.log(`The state of this command is in ${names.stateBucket} now.`);
  console.log(instructions(settings, stack));
}

new Command("bootstrap")
  .description(
    "Makes what an account needs before pipelines deliver a stack: a bucket for its state, keys, trust in the git host, roles.",
  )
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--preview", "show what would be made or changed, and do nothing")
  .option("--yes", "do not ask")
  .option("--project <dir>", "folder of Pulumi.yaml", projectDir)
  .option("--out <dir>", "folder of the state until it is in the bucket", join(projectDir, "out", "bootstrap"))
  .action(async (flags: Flags) => {
    try {
      await run(flags);
    } catch (error) {
      if (error instanceof UsageError || error instanceof SettingsProblems) console.error(error.message);
      else if (error instanceof EngineFailed) console.error(error.stderr.trim() || error.stdout.trim());
      else throw error;
      process.exitCode = 1;
    }
  })
  .parseAsync();
