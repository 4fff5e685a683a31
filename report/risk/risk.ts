import { askForQuota, shortOf } from "../../components/governance/quotaNotice";
import type { Settings } from "../../components/settings/settings";
import type { Finding } from "../../policy/evaluate";
import type { PlanIndex } from "../planIndex";
import { type Change, type Lost, lostBy } from "./lost";
import { reachable } from "./reachable";
import { broken } from "./rules";
import { singlePoints, unprotected } from "./singlePoints";
import { stops } from "./stops";

export interface Risk {
  /** What the update replaces or deletes; absent where there is nothing to compare with. */
  lost?: Lost[];
  singlePoints: string[];
  reachable: string[];
  quotas: string[];
  unprotected: string[];
  /** What ends or rests by itself. */
  stops: string[];
  /** Rules of the policy pack that it breaks. */
  broken: Finding[];
}

function quotas(settings: Partial<Settings>): string[] {
  const { foundation } = settings;
  if (foundation?.kind !== "aws") return [];
  return shortOf(settings).map(({ quota, first, most, has }) => {
    const needed = `${first > 0 ? `${first} to begin with, ` : ""}${most} ${quota.unit} at most`;
    const ends = first > has ? " Without it `up` does not end well." : "";
    return `${quota.name}: ${needed}; the account has ${has}.${ends} \`${askForQuota(quota, most, foundation.region)}\``;
  });
}

/** @param changes what the update does with an existing stack, or with the version before */
export function riskOf(index: PlanIndex, settings: Partial<Settings>, changes: readonly Change[] | undefined): Risk {
  return {
    ...(changes === undefined ? {} : { lost: lostBy(changes) }),
    singlePoints: singlePoints(index, settings),
    reachable: reachable(index),
    quotas: quotas(settings),
    unprotected: unprotected(index),
    stops: stops(settings),
    broken: broken(index, settings),
  };
}
