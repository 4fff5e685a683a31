import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { CreatedClusterSettings } from "../../settings/cluster";
import { type Problem, SettingsProblems } from "../../settings/problems";
import { stackTag } from "../awsProvider";

/** The role behind a session, as IAM and EKS name roles: `assumed-role/NAME/SESSION` says nothing of the role's path. */
const session = /^arn:[\w-]+:sts::(\d{12}):assumed-role\/([^/]+)\//;
const role = /^arn:[\w-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

/** Whether a principal is who calls. Names of roles are unique in an account, whatever their paths. */
export function isCaller(principalArn: string, callerArn: string): boolean {
  const [, account, name] = session.exec(callerArn) ?? [];
  if (account === undefined) return principalArn === callerArn;
  const [, accountOfRole, nameOfRole] = role.exec(principalArn) ?? [];
  return accountOfRole === account && nameOfRole === name;
}

/**
 * EKS lets in whoever creates a cluster, by an access entry of its own, and refuses a second entry for the same principal.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
 * @throws SettingsProblems for each of the admins and viewers who has that entry, or is about to get it.
 */
export async function refuseCreator(
  { admins, viewers }: Pick<CreatedClusterSettings, "admins" | "viewers">,
  clusterName: string,
  opts: pulumi.InvokeOptions,
): Promise<void> {
  const listed = [
    ...admins.map((arn, at) => ({ arn, path: `foundation.cluster.admins[${at}]`, is: "an admin of it already" })),
    ...viewers.map((arn, at) => ({ arn, path: `foundation.cluster.viewers[${at}]`, is: "an admin of it" })),
  ];
  if (listed.length === 0) return;
  const [{ arn: caller }, { names }] = await Promise.all([
    aws.getCallerIdentity({}, opts),
    aws.eks.getClusters({}, opts),
  ]);
  const stands = names.includes(clusterName);
  const letIn = async (arn: string) =>
    stands ? hasForeignEntry(clusterName, arn, opts) : Promise.resolve(isCaller(arn, caller));
  const found = await Promise.all(listed.map(async (each) => ({ ...each, letIn: await letIn(each.arn) })));
  const problems = found
    .filter((each) => each.letIn)
    .map(
      ({ arn, path, is }): Problem => ({
        path,
        value: arn,
        allowed: "anybody but who creates the cluster: EKS lets that one in by itself, and takes one entry for each",
        remedy: `Remove it here: it is ${is}.`,
      }),
    );
  if (problems.length > 0) throw new SettingsProblems(problems);
}

/** Whether a standing cluster has an entry for somebody that is not this program's. */
async function hasForeignEntry(clusterName: string, principalArn: string, opts: pulumi.InvokeOptions) {
  try {
    const { tags } = await aws.eks.getAccessEntry({ clusterName, principalArn }, opts);
    return tags[stackTag] === undefined;
  } catch {
    return false; // There is none, or it cannot be seen: then EKS itself will say what is wrong.
  }
}
