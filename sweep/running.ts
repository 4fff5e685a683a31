import { UsageError } from "../simulator/usageError";
import type { Aws } from "./aws";
import { unlessGone } from "./gone";

const ended = ["stopped", "stopping", "deleting"];

/** What shows that a stack runs, whatever Pulumi's state says: its cluster, machines and databases. */
async function running(aws: Aws, full: string): Promise<string[]> {
  const cluster = await unlessGone(aws("eks", "describe-cluster", { name: full }));
  const { Reservations: reservations } = (await aws("ec2", "describe-instances", {
    Filters: [
      { Name: "tag:mlplatform/stack", Values: [full] },
      { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
    ],
  })) as { Reservations: { Instances: { InstanceId: string }[] }[] };
  const { DBInstances: databases } = (await aws("rds", "describe-db-instances")) as {
    DBInstances: {
      DBInstanceIdentifier: string;
      DBInstanceStatus: string;
      TagList?: { Key: string; Value: string }[];
    }[];
  };
  const own = databases.filter(
    ({ DBInstanceStatus, TagList = [] }) =>
      !ended.includes(DBInstanceStatus) &&
      TagList.some(({ Key, Value }) => Key === "mlplatform/stack" && Value === full),
  );
  return [
    ...(cluster === undefined ? [] : [`cluster ${full}`]),
    ...reservations.flatMap(({ Instances }) => Instances.map(({ InstanceId }) => `machine ${InstanceId}`)),
    ...own.map(({ DBInstanceIdentifier }) => `database ${DBInstanceIdentifier}`),
  ];
}

/** Refuses to delete beside what runs. @throws UsageError naming all of it */
export async function refuseRunning(aws: Aws, full: string): Promise<void> {
  const found = await running(aws, full);
  if (found.length === 0) return;
  throw new UsageError(
    `Nothing was deleted. Of ${full} these are there: ${found.join(", ")}. If the stack runs, it has no leftovers: destroy it first, logged in where its state is. If they were forgotten, delete them by hand. A database that was kept on purpose is no hindrance once it is stopped, or no longer has the tag mlplatform/stack.`,
  );
}
