import type { Aws } from "./aws";
import type { Leftover } from "./leftover";
import { isOwn } from "./owner";

const gib = 1024 ** 3;

/** Groups that all jobs of an account share; a job has streams in them that begin with its name. */
const jobGroups = ["TrainingJobs", "ProcessingJobs", "TransformJobs"].map((kind) => `/aws/sagemaker/${kind}`);

interface Group {
  logGroupName: string;
  storedBytes?: number;
}

/** Log groups, most of which AWS makes without a tag: one part of the name is the stack's. */
async function logGroups(aws: Aws, full: string, others: readonly string[]): Promise<Leftover[]> {
  const { logGroups: all } = (await aws("logs", "describe-log-groups")) as { logGroups: Group[] };
  return all
    .filter(({ logGroupName }) => logGroupName.split("/").some((part) => isOwn(part, full, others)))
    .map(({ logGroupName, storedBytes = 0 }) => ({
      ...{ kind: "log group", id: logGroupName, price: "cloudwatch/logs-kept", amount: storedBytes / gib },
      deletions: [{ service: "logs", operation: "delete-log-group", parameters: { logGroupName } }],
    }));
}

/** Logs of SageMaker's jobs, in groups that are shared. */
async function jobLogs(aws: Aws, full: string, others: readonly string[]): Promise<Leftover[]> {
  const { logGroups: groups } = (await aws("logs", "describe-log-groups", {
    logGroupNamePrefix: "/aws/sagemaker/",
  })) as { logGroups: Group[] };
  const found: Leftover[] = [];
  for (const logGroupName of jobGroups.filter((name) => groups.some((each) => each.logGroupName === name))) {
    const asked = { logGroupName, logStreamNamePrefix: `${full}-` };
    const { logStreams } = (await aws("logs", "describe-log-streams", asked)) as {
      logStreams: { logStreamName: string }[];
    };
    const own = logStreams.filter(({ logStreamName }) => isOwn(logStreamName.split("/")[0]!, full, others));
    for (const { logStreamName } of own)
      found.push({
        ...{ kind: "log of a job", id: `${logGroupName} ${logStreamName}` },
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
  )) as { NetworkInterfaces: { NetworkInterfaceId: string; Status: string; Description?: string }[] };
  const { SecurityGroups: groups } = (await aws("ec2", "describe-security-groups", by("aws:eks:cluster-name"))) as {
    SecurityGroups: { GroupId: string; GroupName: string }[];
  };
  return [
    ...interfaces.map(({ NetworkInterfaceId, Status, Description = "" }): Leftover => {
      const common = { kind: "network interface", id: NetworkInterfaceId, about: Description };
      if (Status !== "available") return { ...common, stays: "it is in use" };
      const deletion = { service: "ec2", operation: "delete-network-interface", parameters: { NetworkInterfaceId } };
      return { ...common, deletions: [deletion] };
    }),
    ...groups.map(({ GroupId, GroupName }) => ({
      ...{ kind: "security group", id: GroupId, about: GroupName },
      deletions: [{ service: "ec2", operation: "delete-security-group", parameters: { GroupId } }],
    })),
  ];
}

/** What carries no tag of the stack, and is its own by a name that no other stack gives. */
export async function untagged(aws: Aws, full: string, others: readonly string[]): Promise<Leftover[]> {
  return [
    ...(await ofCluster(aws, full)),
    ...(await logGroups(aws, full, others)),
    ...(await jobLogs(aws, full, others)),
  ];
}
