/** `make report STACK=prod`: what a stack costs, risks and lets people do, before it is made. */
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
import { against } from "./against";
import { html } from "./html";
import { markdown } from "./markdown";
import { draw } from "./picture/picture";
import { previewedPlan } from "./previewedPlan";
import { documentOf, reportOf } from "./report";
import { type SimulatedRun, simulatedPlan } from "./simulatedPlan";

interface Flags {
  stack: string;
  set: string[];
  config?: string;
  preview?: string;
  against?: string;
  json?: boolean;
  markdown?: boolean;
}

async function report({
  stack,
  set,
  config: configFile,
  preview,
  against: ref,
  json,
  markdown: asMarkdown,
}: Flags): Promise<void> {
  // Standard output is the report's: what the program prints goes where progress goes.
  console.log = console.info = console.error;
  const project = readProject(projectDir);
  const config = readStackConfig(project, stack, configFile, set);
  const settings = parseSettings(
    sectionsOf(config, project.name),
    configFile === undefined ? { stackName: stack } : {},
  );
  const progress = startProgress();
  const run: SimulatedRun = {
    ...{ stack, overrides: set, progress },
    ...(configFile === undefined ? {} : { configFile }),
    getTools: async () => {
      await getChartTools(progress);
    },
  };
  const found =
    preview === undefined
      ? {
          ...(await simulatedPlan(run)),
          ...(ref === undefined ? {} : { before: await against(ref, run) }),
        }
      : previewedPlan(stack, readFileSync(preview === "-" ? 0 : preview, "utf8"));
  progress.done();
  const made = reportOf({ stack, settings, ...found });
  if (json) return void process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  if (asMarkdown) return void process.stdout.write(markdown(documentOf(made)));
  const shown = documentOf(made, await draw(made.graph));
  const folder = join(defaultOutDir, stack);
  const file = join(folder, "report.html");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, html(shown));
  process.stdout.write(`${[...shown.summary, "", relative(process.cwd(), file)].join("\n")}\n`);
}

new Command("report")
  .description("What a stack costs, risks and lets people do, from its plan, before anything is made.")
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--set <path=value>", "a setting to change for this report", (value, all: string[]) => [...all, value], [])
  .option("--config <file>", "a stack file in place of Pulumi.<name>.yaml")
  .option(
    "--preview <file>",
    "what `pulumi preview --json` printed, in place of the simulated cloud; - is standard input",
  )
  .option("--against <ref>", "a commit, branch or tag to compare with; its program is run too")
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
