import type { Aws } from "./aws";
import type { Leftover } from "./leftover";
import { type Group, logGroups } from "./logGroups";
import { type NetworkInterface, networkInterface, type SecurityGroup, securityGroup } from "./network";
import { isOwn } from "./owner";

/** Groups that all jobs and notebook instances of an account share; each has streams in them that begin with its name. */
const sharedGroups = ["TrainingJobs", "ProcessingJobs", "TransformJobs", "NotebookInstances"].map(
  (kind) => `/aws/sagemaker/${kind}`,
);

/** Logs of SageMaker's jobs and notebook instances, in groups that are shared. */
async function sharedLogs(aws: Aws, full: string, others: readonly string[]): Promise<Leftover[]> {
  const { logGroups: groups } = (await aws("logs", "describe-log-groups", {
    logGroupNamePrefix: "/aws/sagemaker/",
  })) as { logGroups: Group[] };
  const found: Leftover[] = [];
  for (const logGroupName of sharedGroups.filter((name) => groups.some((each) => each.logGroupName === name))) {
    const asked = { logGroupName, logStreamNamePrefix: `${full}-` };
    const { logStreams } = (await aws("logs", "describe-log-streams", asked)) as {
      logStreams: { logStreamName: string }[];
    };
    const own = logStreams.filter(({ logStreamName }) => isOwn(logStreamName.split("/")[0]!, full, others));
    for (const { logStreamName } of own)
      found.push({
        ...{ kind: "log in a shared group", id: `${logGroupName} ${logStreamName}` },
        deletions: [{ service: "logs", operation: "delete-log-stream", parameters: { logGroupName, logStreamName } }],
      });
  }
  return found;
}

/** What the cluster of the stack leaves in the VPC, by the tags that EKS and its network plugin give. */
async function ofCluster(aws: Aws, full: string): Promise<Leftover[]> {
  const by = (key: string) => ({ Filters: [{ Name: `tag:${key}`, Values: [full] }] });
  const { NetworkInterfaces: interfaces } = (await aws(
    "ec2",
    "describe-network-interfaces",
    by("cluster.k8s.amazonaws.com/name"),
  )) as { NetworkInterfaces: NetworkInterface[] };
  const { SecurityGroups: groups } = (await aws("ec2", "describe-security-groups", by("aws:eks:cluster-name"))) as {
    SecurityGroups: SecurityGroup[];
  };
  return [...interfaces.map(networkInterface), ...groups.map(securityGroup)];
}

/** What is the stack's by another tag or by its name. @param logGroupsWithTag names of those that carry the stack's tag */
export async function untagged(
  aws: Aws,
  full: string,
  others: readonly string[],
  logGroupsWithTag: readonly string[],
): Promise<Leftover[]> {
  return [
    ...(await ofCluster(aws, full)),
    ...(await logGroups(aws, full, others, logGroupsWithTag)),
    ...(await sharedLogs(aws, full, others)),
  ];
}
