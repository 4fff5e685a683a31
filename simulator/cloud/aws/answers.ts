/** What answers of data sources have in common. */
import { type Existing, Refusal } from "../account";
import type { Cloud } from "../provider";
import type { Properties } from "../values";

/** By whom, and where. */
export interface Asked {
  cloud: Cloud;
  region: string;
  /** ARN of who calls, as STS gives it. */
  caller: string;
}

/** @throws a Refusal where there is nothing to answer */
export type Answer = (args: Properties, asked: Asked) => Properties;

/** @throws where there is none, or several */
export function one(found: Existing[], what: string): Existing {
  if (found.length === 1) return found[0]!;
  throw new Refusal(
    "NotFound",
    found.length === 0 ? `no ${what} matches` : `${found.length} ${what}s match; say more about the one you mean`,
  );
}
