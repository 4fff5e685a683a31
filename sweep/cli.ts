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
import { fullName } from "./owner";
import { refuseRunning } from "./running";
import { refuseUnknown, wasDestroyed } from "./state";
import { leftovers, remove } from "./sweep";

interface Flags {
  stack: string;
  region?: string;
  yes?: boolean;
  data?: boolean;
  destroyed?: boolean;
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

async function sweep({ stack, region: given, yes = false, data = false, destroyed: said = false, json }: Flags) {
  const region = given ?? regionOf(stack);
  const name = { project: readProject(projectDir).name, stack };
  const progress = startProgress();
  const tell = (text: string) => progress.update(`${stack}: ${text}`);
  tell("whether it was destroyed");
  const destroyed = await wasDestroyed(stack);
  const aws = awsCli(region);
  if (yes) {
    refuseUnknown(stack, { destroyed, said });
    tell("whether anything of it runs");
    await refuseRunning(aws, fullName(name));
  }
  tell("asking what carries its tag");
  const found = await leftovers(aws, name, stackFiles(), { data, tell });
  const failures = yes ? await remove(aws, found, tell) : [];
  progress.done();
  const prices = readPrices(region);
  const outcome = { deleted: yes, destroyed, failures };
  const text = json
    ? JSON.stringify(summary(stack, found, prices, outcome), null, 2)
    : listing(stack, found, prices, outcome).join("\n");
  process.stdout.write(`${text}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

new Command("sweep")
  .description(
    "What outlived a stack that was destroyed, with its price a month. Needs the AWS CLI; deletes nothing without --yes.",
  )
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .option("--region <region>", "where it was, for a stack without a file")
  .option("--yes", "delete what is listed, save for what holds data and what a person decides")
  .option("--data", "with --yes: delete file systems, volumes, snapshots and images too")
  .option("--destroyed", "with --yes: you know that the stack was destroyed, where no state says so")
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
