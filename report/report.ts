import type { Settings } from "../components/settings/settings";
import type { Plan } from "../simulator/plan";
import { type Cost, costOf, regionOf } from "./cost/cost";
import { readPrices } from "./cost/prices";
import { costSection, costSummary } from "./cost/section";
import { type ServedTwoWays, servedTwoWays } from "./cost/servedTwoWays";
import type { ReportDocument } from "./document";
import { PlanIndex } from "./planIndex";

/** What a report is made of. */
export interface Subject {
  stack: string;
  plan: Plan;
  settings: Settings;
}

/** A report as data: what `--json` prints. */
export interface Report {
  stack: string;
  cost: Cost;
  models: ServedTwoWays[];
}

export function reportOf({ stack, plan, settings }: Subject): Report {
  const index = new PlanIndex(plan);
  const { models = {} } = settings;
  const prices = readPrices(regionOf(index) ?? "none");
  return {
    stack,
    cost: costOf(index, prices, Object.keys(models)),
    models: servedTwoWays(index, models, prices),
  };
}

/** The same for people. */
export function documentOf(report: Report): ReportDocument {
  return {
    title: `Stack ${report.stack}`,
    summary: [costSummary(report.cost)],
    sections: [costSection(report.cost, report.models)],
  };
}
