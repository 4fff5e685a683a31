import { monthlyUsd, type PriceList } from "../report/cost/prices";
import type { Aws } from "./aws";
import type { Leftover } from "./leftover";
import { fullName, type StackName } from "./owner";
import { repositories } from "./repositories";
import { tagged } from "./tagged";
import { untagged } from "./untagged";

/** Kinds in the order in which they can go: what uses others first. */
const order = ["load balancer", "target group", "network interface", "security group"];
const rank = ({ kind }: Leftover) => (order.includes(kind) ? order.indexOf(kind) : order.length);

/** Everything of a stack that is still in its region. @param files stacks that the folder has files of */
export async function leftovers(
  aws: Aws,
  name: StackName,
  files: readonly string[],
  tell: (text: string) => void = () => {},
): Promise<Leftover[]> {
  const full = fullName(name);
  const { TagValues: values } = (await aws("resourcegroupstaggingapi", "get-tag-values", {
    Key: "mlplatform/stack",
  })) as { TagValues: string[] };
  const others = [...new Set([...values, ...files.map((stack) => fullName({ ...name, stack }))])].filter(
    (other) => other !== full,
  );
  const all = [
    ...(await tagged(aws, full, tell)),
    ...(await untagged(aws, full, others)),
    ...(await repositories(aws, name)),
  ];
  const once = new Map(all.map((each) => [`${each.kind} ${each.id}`, each]));
  return [...once.values()].sort((a, b) => rank(a) - rank(b));
}

/** What it costs a month; undefined where its price is not known. */
export function usdOf({ price, amount = 0 }: Leftover, { prices }: PriceList): number | undefined {
  if (price === undefined) return 0;
  const known = prices[price];
  return known === undefined ? undefined : amount * monthlyUsd(known);
}

/** What could not be deleted, and why. */
export interface Failure {
  leftover: Leftover;
  why: string;
}

const isGone = (message: string) => /NotFound|NoSuch|does not exist|ResourceNotFoundException/.test(message);

/** Deletes what may be deleted, one after the other: what a thing refuses is told, and the next is tried. */
export async function remove(
  aws: Aws,
  all: readonly Leftover[],
  tell: (text: string) => void = () => {},
): Promise<Failure[]> {
  const due = all.filter(({ deletions }) => deletions !== undefined);
  const failures: Failure[] = [];
  for (const [at, leftover] of due.entries()) {
    tell(`deleting ${at + 1} of ${due.length}: ${leftover.kind} ${leftover.id}`);
    try {
      for (const { service, operation, parameters } of leftover.deletions!) await aws(service, operation, parameters);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!isGone(why)) failures.push({ leftover, why });
    }
  }
  return failures;
}
