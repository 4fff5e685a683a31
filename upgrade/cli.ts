/** `npm run upgrade -- --plan --stack prod`: the steps from the release that runs to this program, in order. It only reads. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { parseSettings } from "../components/settings/parse";
import { SettingsProblems } from "../components/settings/problems";
import { pinnedVersions } from "../docs/pinnedVersions";
import { version } from "../package.json";
import { projectDir } from "../simulator/project";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { UsageError } from "../simulator/usageError";
import { pulumiCli } from "../sweep/state";
import { readRelease, releaseVersions } from "./releases";
import { runningOf } from "./running";
import { upgradeSteps } from "./steps";
import { stepsText } from "./stepsText";

interface Flags {
  plan?: true;
  stack: string;
  from?: string;
  state?: string;
}

function exportedFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(
      `--state ${file} holds no exported state: ${(error as Error).message}\nWrite one: npx pulumi stack export > ${file}`,
    );
  }
}

/** What `pulumi stack export` prints, or a file with it. */
async function exported(stack: string, file: string | undefined): Promise<unknown> {
  if (file !== undefined) return exportedFile(file);
  try {
    return JSON.parse(await pulumiCli("stack", "export", "--non-interactive", "--stack", stack));
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new UsageError(
      `The state of ${stack} cannot be read: ${(stderr || message).trim()}\nLog in where it is (npx pulumi login), or name a file with what \`pulumi stack export\` printed: --state FILE.`,
    );
  }
}

async function plan({ plan: asked, stack, from: given, state }: Flags): Promise<string> {
  if (asked === undefined)
    throw new UsageError("--plan is needed: this command says what to do, and does nothing of it.");
  const project = readProject(projectDir);
  const config = readStackConfig(project, stack, undefined, []);
  const settings = parseSettings(sectionsOf(config, project.name), { stackName: stack });
  const running = runningOf(await exported(stack, state));
  const from = given ?? running.version;
  if (from === version)
    throw new UsageError(
      `${stack} runs ${from}, and so is this checkout called in package.json: check out the release that the stack is to have.`,
    );
  if (from === undefined || !releaseVersions().includes(from))
    throw new UsageError(
      `Which release ${stack} runs is not known${from === undefined ? "" : `: nothing is kept of ${from}`}. Name it with --from: ${releaseVersions().join(", ")}.`,
    );
  const to = { version, pins: pinnedVersions() };
  return stepsText(upgradeSteps({ stack, settings, from: readRelease(from), to, running }), {
    stack,
    from,
    to: version,
  });
}

new Command("upgrade")
  .description("Says the steps of an upgrade for a stack, in order. Nothing is changed.")
  .option("--plan", "say the steps")
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--from <version>", "the release that runs; as the images of the state say where it is not given")
  .option("--state <file>", "what `pulumi stack export` printed, in place of asking Pulumi")
  .action(async (flags: Flags) => {
    try {
      process.stdout.write(await plan(flags));
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof SettingsProblems)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  })
  .parseAsync();
