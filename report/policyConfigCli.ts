/** `policyConfigCli.ts --stack prod`: what the stack file says to the policy pack, for `--policy-pack-config`. */
import { Command } from "commander";
import { parseSettings } from "../components/settings/parse";
import { SettingsProblems } from "../components/settings/problems";
import { projectDir } from "../simulator/project";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { UsageError } from "../simulator/usageError";
import { policyConfig } from "./risk/policyConfig";

interface Flags {
  stack: string;
  set: string[];
}

new Command("policy-config")
  .description("What a stack's settings say to the policy pack, as JSON.")
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--set <path=value>", "a setting to change for this run", (value, all: string[]) => [...all, value], [])
  .action(({ stack, set }: Flags) => {
    try {
      const project = readProject(projectDir);
      const config = readStackConfig(project, stack, undefined, set);
      const settings = parseSettings(sectionsOf(config, project.name), { stackName: stack });
      process.stdout.write(`${JSON.stringify(policyConfig(settings, stack), null, 2)}\n`);
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof SettingsProblems)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  })
  .parse();
