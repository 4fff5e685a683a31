import type { PriceList } from "../report/cost/prices";
import type { Leftover } from "./leftover";
import { type Failure, usdOf } from "./sweep";

interface Outcome {
  deleted: boolean;
  /** Whether Pulumi's state says that the stack was destroyed. */
  destroyed: boolean;
  failures: readonly Failure[];
}

interface Line extends Omit<Leftover, "deletions"> {
  /** US dollars a month; absent where the price is not known. */
  usdMonthly?: number;
  state: "left" | "deleted" | "stays" | "failed";
  why?: string;
}

/** What `--json` prints. */
export interface Summary {
  stack: string;
  /** Whether Pulumi's state says that the stack was destroyed; where not, it may run. */
  destroyed: boolean;
  /** Sum of what is known, a month. */
  usdMonthly: number;
  leftovers: Line[];
}

export function summary(stack: string, found: readonly Leftover[], prices: PriceList, outcome: Outcome): Summary {
  const leftovers = found.map(({ deletions, ...leftover }): Line => {
    const usd = usdOf(leftover, prices);
    const failure = outcome.failures.find((each) => each.leftover.id === leftover.id);
    const state = deletions === undefined ? "stays" : failure ? "failed" : outcome.deleted ? "deleted" : "left";
    const rounded = usd === undefined ? {} : { usdMonthly: Math.round(usd * 100) / 100 };
    return { ...leftover, ...rounded, state, ...(failure === undefined ? {} : { why: failure.why }) };
  });
  const sum = leftovers.reduce((all, { usdMonthly = 0 }) => all + usdMonthly, 0);
  return { stack, destroyed: outcome.destroyed, usdMonthly: Math.round(sum * 100) / 100, leftovers };
}

const words = { left: "", deleted: "deleted", stays: "stays: ", failed: "not deleted: " };

/** The same for people. */
export function listing(stack: string, found: readonly Leftover[], prices: PriceList, outcome: Outcome): string[] {
  const { usdMonthly, leftovers } = summary(stack, found, prices, outcome);
  if (leftovers.length === 0) return [`Nothing of ${stack} is left.`];
  const lines = leftovers.map(({ kind, id, about, usdMonthly: usd, state, stays, why }) => {
    const price = usd === undefined ? "price not known" : usd === 0 ? "" : `${usd.toFixed(2)} USD a month`;
    const parts = [about ?? "", price, `${words[state]}${stays ?? why ?? ""}`].filter((part) => part !== "");
    return `  ${[`${kind} ${id}`, ...parts].join("; ")}`;
  });
  const count = (state: Line["state"]) => leftovers.filter((each) => each.state === state).length;
  const left = count("left");
  const data = leftovers.some(({ state, holdsData }) => state === "left" && holdsData);
  const flags = `YES=1${data ? " DATA=1" : ""}${outcome.destroyed ? "" : " DESTROYED=1"}`;
  const unknown = `No state says that ${stack} was destroyed. If its state is elsewhere, it may run, and this is what it runs on.`;
  return [
    ...(outcome.destroyed ? [] : [unknown]),
    `${leftovers.length} things of ${stack} are left, for ${usdMonthly.toFixed(2)} USD a month as far as prices are known:`,
    ...lines,
    ...(left > 0 ? [`${left} of them go with: make sweep STACK=${stack} ${flags}`] : []),
    ...(outcome.deleted ? [`${count("deleted")} deleted, ${count("failed")} not, ${count("stays")} stay.`] : []),
  ];
}
