import { monthlyUsd, type PriceList } from "../report/cost/prices";
import type { Aws } from "./aws";
import { isGone } from "./gone";
import type { Deletion, Leftover } from "./leftover";
import { fullName, type StackName } from "./owner";
import { repositories } from "./repositories";
import { carrying, tagged } from "./tagged";
import { untagged } from "./untagged";

/** Kinds in the order in which they can go: what uses others first. */
const order = ["load balancer", "target group", "network interface", "security group"];
const rank = ({ kind }: Leftover) => (order.includes(kind) ? order.indexOf(kind) : order.length);

/** What holds data, as it is where data is not to be deleted. */
function kept(leftover: Leftover): Leftover {
  const { deletions, holdsData, ...rest } = leftover;
  if (holdsData === undefined || deletions === undefined) return leftover;
  return { ...rest, holdsData, stays: "it holds data: only YES=1 DATA=1 deletes it" };
}

/**
 * Everything of a stack that is still in its region.
 * @param files stacks that the folder has files of
 * @param data whether what holds data may be deleted too
 */
export async function leftovers(
  aws: Aws,
  name: StackName,
  files: readonly string[],
  { data = false, tell = () => {} }: { data?: boolean; tell?: (text: string) => void } = {},
): Promise<Leftover[]> {
  const full = fullName(name);
  const { TagValues: values } = (await aws("resourcegroupstaggingapi", "get-tag-values", {
    Key: "mlplatform/stack",
  })) as { TagValues: string[] };
  const others = [...new Set([...values, ...files.map((stack) => fullName({ ...name, stack }))])].filter(
    (other) => other !== full,
  );
  const withTag = await carrying(aws, full);
  const groups = withTag.filter(({ type }) => type === "logs:log-group").map(({ id }) => id.replace(/:\*$/, ""));
  const all = [
    ...(await tagged(aws, withTag, tell)),
    ...(await untagged(aws, full, others, groups)),
    ...(await repositories(aws, name)),
  ];
  const once = new Map(all.map((each) => [`${each.kind} ${each.id}`, each]));
  const found = [...once.values()].map((each) => (data ? each : kept(each)));
  return found.sort((a, b) => rank(a) - rank(b));
}

/** What it costs a month; undefined where its price is not known. */
export function usdOf({ price, amount = 0, free }: Leftover, { prices }: PriceList): number | undefined {
  if (free) return 0;
  if (price === undefined) return undefined;
  const known = prices[price];
  return known === undefined ? undefined : amount * monthlyUsd(known);
}

/** What could not be deleted, and why. */
export interface Failure {
  leftover: Leftover;
  why: string;
}

/** What a deletion waits for, at most. */
const waits = { everyMs: 5_000, times: 60 };

/** Deletes one thing, or what has to go before it. What is not there any more needs no deletion. */
async function carryOut(aws: Aws, { service, operation, parameters, after }: Deletion, wait: typeof waits) {
  try {
    for (let left = wait.times; after !== undefined; left--) {
      const answer = (await aws(after.service, after.operation, after.parameters)) as Record<string, unknown[]>;
      if ((answer[after.list] ?? []).length === 0) break;
      if (left === 0) throw new Error(`${after.operation} still has ${after.list}: run it again some minutes later`);
      await new Promise((resolve) => setTimeout(resolve, wait.everyMs));
    }
    await aws(service, operation, parameters);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Deletes what may be deleted, one after the other: what a thing refuses is told, and the next is tried. */
export async function remove(
  aws: Aws,
  all: readonly Leftover[],
  tell: (text: string) => void = () => {},
  wait = waits,
): Promise<Failure[]> {
  const due = all.filter(({ deletions }) => deletions !== undefined);
  const failures: Failure[] = [];
  for (const [at, leftover] of due.entries()) {
    tell(`deleting ${at + 1} of ${due.length}: ${leftover.kind} ${leftover.id}`);
    try {
      for (const deletion of leftover.deletions!) await carryOut(aws, deletion, wait);
    } catch (error) {
      failures.push({ leftover, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return failures;
}
