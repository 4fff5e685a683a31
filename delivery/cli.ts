/** `npm run delivery -- --stack prod [--check]`: writes the workflow of the git host that the stack file names. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { SettingsProblems } from "../components/settings/problems";
import { projectDir } from "../simulator/project";
import { UsageError } from "../simulator/usageError";
import { workflowOf } from "./workflow";

new Command("delivery")
  .description("Writes the workflow of the git host from the stack files.")
  .requiredOption("--stack <name>", "a stack whose delivery section names the source and the environments")
  .option("--check", "write nothing; fail where the file is not what would be written")
  .option("--project <dir>", "folder of Pulumi.yaml", projectDir)
  .action(({ stack, check, project }: { stack: string; check?: boolean; project: string }) => {
    try {
      const { file, text } = workflowOf(project, stack);
      const path = join(project, file);
      if (existsSync(path) && readFileSync(path, "utf8") === text) {
        console.log(`${file} is as the stack files say.`);
      } else if (check) {
        console.error(`${file} is stale: run npm run delivery -- --stack ${stack}`);
        process.exitCode = 1;
      } else {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
        console.log(`${file} written.`);
      }
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof SettingsProblems)) throw error;
      console.error(error.message);
      process.exitCode = 1;
    }
  })
  .parse();
