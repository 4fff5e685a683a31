/** `npm run release -- 0.2.0 [REF]`: keeps what a release was, for the tests of those after it. CONTRIBUTING says what comes before. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { SchemaNode } from "../components/settings/schemaTree";
import { OtherVersion } from "../simulator/otherVersion";
import { startProgress } from "../simulator/progress";
import { projectDir } from "../simulator/project";
import { readProject } from "../simulator/stackConfig";
import { StackHome } from "../simulator/stackHome";
import { UsageError } from "../simulator/usageError";
import { notesSha256, type ReleasedStack, releasedStacks, simulatedOverrides, writeRelease } from "./releases";
import { settingPaths } from "./settingPaths";

const printPins =
  'const { pinnedVersions } = require("./docs/pinnedVersions"); process.stdout.write(JSON.stringify(pinnedVersions()));';

/** Gets no charts of publishers, which are not everywhere: each stays one resource. */
function makeStack(stack: string, outDir: string): string {
  const options = { command: "up", stack, outDir, recordsAtEnd: true, overrides: simulatedOverrides(stack, outDir) };
  return `require("./simulator/run").runStack(${JSON.stringify(options)}).then(({ error }) => { if (error) throw new Error(error); });`;
}

/** The sections of a stack file, from the schema that editors read. */
function sections({ properties }: SchemaNode): SchemaNode {
  const written = Object.entries(properties?.config?.properties ?? {});
  return { properties: Object.fromEntries(written.map(([key, node]) => [key.replace("mlplatform:", ""), node])) };
}

/** @throws UsageError where the commit is of another version, or its stacks cannot be made */
async function record(version: string, ref: string): Promise<void> {
  const progress = startProgress();
  await OtherVersion.at(ref, async (released) => {
    const read = (file: string) => readFileSync(join(released.tree, file), "utf8");
    const { version: written } = JSON.parse(read("package.json"));
    if (written !== version)
      throw new UsageError(
        `${ref}: package.json says ${written}, not ${version}. Set it, commit, and name that commit.`,
      );
    const notes = notesSha256(read("CHANGELOG.md"), version);
    if (notes === undefined)
      throw new UsageError(
        `${ref}: CHANGELOG.md has no heading "## ${version} (DATE)". Write it, commit, and name that commit.`,
      );
    const commit = execFileSync("git", ["rev-parse", ref], { cwd: projectDir, encoding: "utf8" }).trim();
    const pins = JSON.parse(released.run(["--eval", printPins], "reading what it pins"));
    const stacks: Record<string, ReleasedStack> = {};
    for (const stack of releasedStacks) {
      progress.update(`${stack} of ${version}, on the simulated cloud`);
      released.run(["--eval", makeStack(stack, released.outDir)], `the simulated update of ${stack}`);
      const home = new StackHome(readProject(projectDir), stack, released.outDir);
      const [state, account] = [home.stateFile, home.cloudFile].map((file) => JSON.parse(readFileSync(file, "utf8")));
      stacks[stack] = { stackFile: read(`Pulumi.${stack}.yaml`), state, account };
    }
    writeRelease(
      { version, commit, notesSha256: notes, pins },
      settingPaths(sections(JSON.parse(read("docs/settings.schema.json")))),
      stacks,
    );
  });
  progress.done(`upgrade/releases/${version}`);
}

new Command("release")
  .description("Keeps the state, the simulated account, the stack files, the settings and the pins of a release.")
  .argument("<version>", "as package.json of the commit has it")
  .argument("[ref]", "its commit or tag", "HEAD")
  .action(async (version: string, ref: string) => {
    try {
      await record(version, ref);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  })
  .parseAsync();
