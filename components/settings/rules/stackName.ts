import { type Problem, valueText } from "../problems";
import type { Settings } from "../settings";

const prefix = "mlplatform-";
/** What RDS allows for an instance, the strictest of those that carry the name. */
const longest = 63 - prefix.length;

/**
 * What is wrong with the name of a stack on AWS: cluster, database, queue and image registry are called `mlplatform-<stack>`.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 */
export function stackNameProblems(
  stackName: string | undefined,
  { foundation }: Partial<Pick<Settings, "foundation">>,
): Problem[] {
  if (stackName === undefined || foundation?.kind !== "aws") return [];
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(stackName) && stackName.length <= longest) return [];
  const fitting = stackName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, longest)
    .replace(/-$/, "");
  return [
    {
      path: "(stack name)",
      value: valueText(stackName),
      allowed: `lower-case letters, digits and single dashes, from a letter on, at most ${longest} characters: cluster and database are called ${prefix}<stack>`,
      remedy: `make the stack under another name: pulumi stack init ${fitting === "" ? "dev" : fitting}`,
    },
  ];
}
