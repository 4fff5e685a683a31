/** `make report STACK=prod`: what a stack costs, before it is made. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Command } from "commander";
import { parseSettings } from "../components/settings/parse";
import { SettingsProblems } from "../components/settings/problems";
import { getChartTools } from "../simulator/chartTools";
import { startProgress } from "../simulator/progress";
import { defaultOutDir, projectDir } from "../simulator/project";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { UsageError } from "../simulator/usageError";
import { html } from "./html";
import { markdown } from "./markdown";
import { previewedPlan } from "./previewedPlan";
import { documentOf, reportOf } from "./report";
import { simulatedPlan } from "./simulatedPlan";

interface Flags {
  stack: string;
  set: string[];
  config?: string;
  preview?: string;
  json?: boolean;
  markdown?: boolean;
}

async function report({ stack, set, config: configFile, preview, json, markdown: asMarkdown }: Flags): Promise<void> {
  // Standard output is the report's: what the program prints goes where progress goes.
  console.log = console.info = console.error;
  const project = readProject(projectDir);
  const config = readStackConfig(project, stack, configFile, set);
  const settings = parseSettings(
    sectionsOf(config, project.name),
    configFile === undefined ? { stackName: stack } : {},
  );
  const progress = startProgress();
  const plan =
    preview === undefined
      ? await simulatedPlan({
          ...{ stack, overrides: set, progress },
          ...(configFile === undefined ? {} : { configFile }),
          getTools: async () => {
            await getChartTools(progress);
          },
        })
      : previewedPlan(stack, readFileSync(preview === "-" ? 0 : preview, "utf8"));
  progress.done();
  const found = reportOf({ stack, plan, settings });
  if (json) return void process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  const shown = documentOf(found);
  if (asMarkdown) return void process.stdout.write(markdown(shown));
  const folder = join(defaultOutDir, stack);
  const file = join(folder, "report.html");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, html(shown));
  process.stdout.write(`${[...shown.summary, "", relative(process.cwd(), file)].join("\n")}\n`);
}

new Command("report")
  .description("What a stack costs, from its plan, before anything is made.")
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--set <path=value>", "a setting to change for this report", (value, all: string[]) => [...all, value], [])
  .option("--config <file>", "a stack file in place of Pulumi.<name>.yaml")
  .option(
    "--preview <file>",
    "what `pulumi preview --json` printed, in place of the simulated cloud; - is standard input",
  )
  .option("--json", "the report as data")
  .option("--markdown", "the report as a comment for a pull request")
  .action(async (flags: Flags) => {
    try {
      await report(flags);
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof SettingsProblems)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  })
  .parseAsync();
