import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { stackTag } from "../components/foundation/awsProvider";
import { type Problem, SettingsProblems } from "../components/settings/problems";

/**
 * Looks whether roles of these names are somebody else's: what jobs may do would then be as that somebody has written it.
 * @param owner tag of the roles that this stack's bootstrap has made
 * @throws SettingsProblems that names each such role
 */
export async function refuseOthers(roles: readonly string[], owner: string, opts: pulumi.InvokeOptions): Promise<void> {
  const found = await Promise.all(
    roles.map(async (name): Promise<Problem[]> => {
      const { names } = await aws.iam.getRoles({ nameRegex: `^${name}$` }, opts);
      if (!names.includes(name)) return [];
      const { tags } = await aws.iam.getRole({ name }, opts);
      if (tags[stackTag] === owner) return [];
      return [
        {
          path: "(role)",
          value: name,
          allowed: "a name that is free, or a role that this command has made before",
          remedy: `take the role away, once nobody uses it: aws iam delete-role --role-name ${name}`,
        },
      ];
    }),
  );
  const problems = found.flat();
  if (problems.length > 0) throw new SettingsProblems(problems);
}
