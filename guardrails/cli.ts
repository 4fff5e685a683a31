/** `npm run guardrails -- --stack prod`: a permissions boundary and a service control policy for the account of a stack, as files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Command } from "commander";
import { parseSettings } from "../components/settings/parse";
import { SettingsProblems } from "../components/settings/problems";
import { statementsOf } from "../policy/statements";
import { simulatedPlan } from "../report/simulatedPlan";
import { startProgress } from "../simulator/progress";
import { defaultOutDir, projectDir } from "../simulator/project";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { UsageError } from "../simulator/usageError";
import { boundaryOf } from "./boundary";
import { serviceControl } from "./serviceControl";

async function write(stack: string): Promise<void> {
  const project = readProject(projectDir);
  const { foundation, governance } = parseSettings(
    sectionsOf(readStackConfig(project, stack, undefined, []), project.name),
    { stackName: stack },
  );
  if (foundation.kind !== "aws")
    throw new UsageError(`Pulumi.${stack}.yaml is of no stack on AWS: there is no account to guard.`);
  const progress = startProgress();
  // The program prints what it has to say to where progress goes.
  console.log = console.info = console.error;
  const { plan } = await simulatedPlan({ stack, overrides: [], progress });
  progress.done();
  const own = plan.resources.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy");
  const documents = {
    boundary: boundaryOf(own.flatMap(({ inputs }) => statementsOf(inputs))),
    "service-control": serviceControl({
      ...{ regions: [foundation.region], project: project.name },
      deniedFamilies: governance?.deniedInstanceFamilies ?? [],
      ...(governance?.permissionsBoundaryArn === undefined ? {} : { boundaryArn: governance.permissionsBoundaryArn }),
    }),
  };
  const folder = join(defaultOutDir, stack, "guardrails");
  mkdirSync(folder, { recursive: true });
  for (const [name, document] of Object.entries(documents)) {
    const file = join(folder, `${name}.json`);
    // Without spaces: AWS counts them for a service control policy.
    writeFileSync(file, `${JSON.stringify(document)}\n`);
    process.stdout.write(`${relative(process.cwd(), file)}: ${JSON.stringify(document).length} characters\n`);
  }
}

new Command("guardrails")
  .description(
    "A permissions boundary and a service control policy for the account of a stack, from what the stack is.",
  )
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .action(async ({ stack }: { stack: string }) => {
    try {
      await write(stack);
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof SettingsProblems)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  })
  .parseAsync();
