/** `make sweep STACK=dev`: what outlived the stack, with its price; `--yes` deletes it. */
import { readdirSync } from "node:fs";
import { Command } from "commander";
import { readPrices } from "../report/cost/prices";
import { startProgress } from "../simulator/progress";
import { projectDir } from "../simulator/project";
import { readProject, readStackConfig, sectionsOf } from "../simulator/stackConfig";
import { UsageError } from "../simulator/usageError";
import { awsCli } from "./aws";
import { listing, summary } from "./listing";
import { refuseStanding } from "./state";
import { leftovers, remove } from "./sweep";

interface Flags {
  stack: string;
  region?: string;
  yes?: boolean;
  json?: boolean;
}

const stackFiles = () => readdirSync(projectDir).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

function regionOf(stack: string): string {
  const project = readProject(projectDir);
  const { foundation } = sectionsOf(readStackConfig(project, stack, undefined, []), project.name) as {
    foundation?: { kind?: string; region?: string };
  };
  if (foundation?.kind !== "aws" || foundation.region === undefined)
    throw new UsageError(
      `Pulumi.${stack}.yaml is of no stack on AWS: what outlives one on a cluster of your own is in that cluster.`,
    );
  return foundation.region;
}

async function sweep({ stack, region: given, yes, json }: Flags): Promise<void> {
  const region = given ?? regionOf(stack);
  const progress = startProgress();
  progress.update(`${stack}: whether it was destroyed`);
  await refuseStanding(stack);
  const aws = awsCli(region);
  const tell = (text: string) => progress.update(`${stack}: ${text}`);
  tell("asking what carries its tag");
  const found = await leftovers(aws, { project: readProject(projectDir).name, stack }, stackFiles(), tell);
  const failures = yes ? await remove(aws, found, tell) : [];
  progress.done();
  const prices = readPrices(region);
  if (json)
    process.stdout.write(
      `${JSON.stringify(summary(stack, found, prices, { deleted: yes === true, failures }), null, 2)}\n`,
    );
  else process.stdout.write(`${listing(stack, found, prices, { deleted: yes === true, failures }).join("\n")}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

new Command("sweep")
  .description(
    "What outlived a stack that was destroyed, with its price a month. Needs the AWS CLI; deletes nothing without --yes.",
  )
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--region <region>", "where it was, for a stack without a file")
  .option("--yes", "delete what is listed, but for what holds data and a person has to decide")
  .option("--json", "the list as data")
  .action(async (flags: Flags) => {
    try {
      await sweep(flags);
    } catch (error) {
      process.stderr.write(`${error instanceof UsageError ? error.message : (error as Error).message}\n`);
      process.exitCode = 1;
    }
  })
  .parseAsync();
