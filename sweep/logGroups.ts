import type { Aws } from "./aws";
import type { Leftover } from "./leftover";
import { isOwn } from "./owner";

const gib = 1024 ** 3;

/** As CloudWatch Logs describes it. */
export interface Group {
  logGroupName: string;
  storedBytes?: number;
}

/** Below these, all is the stack's. No function, project or rule can have a `/` in its name, so that AWS makes none there for others. */
const folders = (full: string) => [
  ...[`/aws/eks/${full}/`, `/aws/rds/instance/${full}/`, `/aws/lambda/${full}/`, `/aws/events/${full}/`],
  ...[`/aws/codebuild/${full}/`, `/mlplatform/${full}/`, `${full}/pods/`],
];

/** Groups of Amazon's managed Airflow, and of the training loop. */
const names = (full: string) => [
  ...["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"].map((part) => `airflow-${full}-${part}`),
  `/aws/vendedlogs/states/${full}-training`,
];

const endpoints = "/aws/sagemaker/Endpoints/";

/** Whether a log group is of this stack, by a name that AWS or the platform gives. @param others as of `isOwn` */
export function isOwnLogGroup(name: string, full: string, others: readonly string[]): boolean {
  if (name.startsWith(endpoints)) return isOwn(name.slice(endpoints.length), full, others);
  return names(full).includes(name) || folders(full).some((folder) => name.startsWith(folder));
}

/** Log groups, most of which AWS makes without a tag. @param withTag names of those that carry the stack's */
export async function logGroups(
  aws: Aws,
  full: string,
  others: readonly string[],
  withTag: readonly string[],
): Promise<Leftover[]> {
  const { logGroups: all } = (await aws("logs", "describe-log-groups")) as { logGroups: Group[] };
  return all
    .filter(({ logGroupName: name }) => withTag.includes(name) || isOwnLogGroup(name, full, others))
    .map(({ logGroupName, storedBytes = 0 }) => ({
      ...{ kind: "log group", id: logGroupName, price: "cloudwatch/logs-kept", amount: storedBytes / gib },
      deletions: [{ service: "logs", operation: "delete-log-group", parameters: { logGroupName } }],
    }));
}
