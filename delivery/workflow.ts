import { githubWorkflow } from "./github";
import { gitlabPipeline } from "./gitlab";
import { deliveredProject } from "./stacks";

/** The file that a git host reads, and what is to stand in it. @param project folder of Pulumi.yaml */
export function workflowOf(project: string, stack: string): { file: string; text: string } {
  const delivered = deliveredProject(project, stack);
  // The last stack names all before it, so that the command is the same whichever of them it was run for.
  const command = `npm run delivery -- --stack ${delivered.stacks.at(-1)!.stack}`;
  return delivered.source.provider === "github"
    ? { file: ".github/workflows/delivery.yml", text: githubWorkflow(delivered, command) }
    : { file: ".gitlab-ci.yml", text: gitlabPipeline(delivered, command) };
}
