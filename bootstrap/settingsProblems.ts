import { type Problem, valueText } from "../components/settings/problems";
import type { Settings } from "../components/settings/settings";
import { longestEnvironment } from "./names";

/** Why no roles can be made for a stack whose settings are right otherwise; all reasons at once. */
export function bootstrapProblems({ foundation, delivery }: Settings, project: string, environment: string): Problem[] {
  const problem = (path: string, value: unknown, allowed: string, remedy: string): Problem => ({
    ...{ path, value: valueText(value), allowed, remedy },
  });
  const problems: Problem[] = [];
  if (delivery === undefined) {
    problems.push(
      problem(
        "delivery",
        undefined,
        "the repository whose jobs are to be trusted",
        "write delivery: { source: { provider: github, repository: owner/name } }",
      ),
    );
  }
  if (foundation.kind !== "aws") {
    problems.push(
      problem(
        "foundation.kind",
        foundation.kind,
        "aws: on another cluster there is no account that could trust a git host",
        "run delivery/steps in jobs of your own, with a kubeconfig and a backend of the host's",
      ),
    );
    return problems;
  }
  if (foundation.accountId === undefined) {
    problems.push(
      problem(
        "foundation.accountId",
        undefined,
        "the account's 12 digits in quotes: bucket and roles are called by it, and none is made anywhere else",
        "write foundation.accountId; aws sts get-caller-identity --query Account says it",
      ),
    );
  }
  if (foundation.assumeRoleArn !== undefined) {
    problems.push(
      problem(
        "foundation.assumeRoleArn",
        foundation.assumeRoleArn,
        "nothing: jobs take the roles that are made here, and the state is in the same account",
        "leave it out, and sign in to the account itself",
      ),
    );
  }
  const longest = longestEnvironment(project);
  if (environment.length > longest) {
    problems.push(
      problem(
        "(stack name)",
        environment,
        `at most ${longest} characters: the bucket of the state is called after it`,
        "choose a shorter name",
      ),
    );
  }
  return problems;
}
