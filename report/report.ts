import type { Settings } from "../components/settings/settings";
import type { Plan } from "../simulator/plan";
import { type Cost, costOf, regionOf } from "./cost/cost";
import { readPrices } from "./cost/prices";
import { costSection, costSummary } from "./cost/section";
import { type ServedTwoWays, servedTwoWays } from "./cost/servedTwoWays";
import type { ReportDocument } from "./document";
import { paragraph } from "./document";
import { type Duration, durationOf } from "./duration/duration";
import { durationSection, durationSummary } from "./duration/section";
import { type Graph, graphOf } from "./picture/graph";
import { PlanIndex } from "./planIndex";
import { type Holder, type RightsChange, rightsChanges, rightsOf } from "./rights/rights";
import { rightsSection } from "./rights/section";
import { byHand } from "./risk/byHand";
import type { Change } from "./risk/lost";
import { type Risk, riskOf } from "./risk/risk";
import { byHandSection, riskSection, riskSummary } from "./risk/section";

/** What a report is made of. */
export interface Subject {
  stack: string;
  plan: Plan;
  settings: Settings;
  /** What the run warned of. */
  warnings: readonly string[];
  /** The plan before, and what the update does with what it made: of another version, or of the stack that exists. */
  before?: { name: string; plan: Plan; changes: readonly Change[] };
}

/** A report as data: what `--json` prints. */
export interface Report {
  stack: string;
  /** What it is compared with. */
  against?: string;
  cost: Cost;
  /** Sums of the plan before. */
  costBefore?: { idleUsd: number; mostUsd: number };
  models: ServedTwoWays[];
  risk: Risk;
  byHand: string[];
  duration: Duration;
  /** Parts of the stack and what they need: what the picture shows. */
  graph: Graph;
  rights: Holder[];
  rightsChanges?: RightsChange[];
}

export function reportOf({ stack, plan, settings, warnings, before }: Subject): Report {
  const index = new PlanIndex(plan);
  const { models = {} } = settings;
  const prices = readPrices(regionOf(index) ?? "none");
  const names = Object.keys(models);
  const rights = rightsOf(index);
  const report: Report = {
    stack,
    cost: costOf(index, prices, names),
    models: servedTwoWays(index, models, prices),
    risk: riskOf(index, settings, before?.changes),
    byHand: byHand(index, settings, warnings),
    duration: durationOf(index),
    graph: graphOf(index),
    rights,
  };
  if (before === undefined) return report;
  const old = new PlanIndex(before.plan);
  const { idleUsd, mostUsd } = costOf(old, readPrices(regionOf(old) ?? "none"), names);
  return {
    ...report,
    against: before.name,
    costBefore: { idleUsd, mostUsd },
    rightsChanges: rightsChanges(rightsOf(old), rights),
  };
}

/** The same for people. @param svg the picture, where there is a place for one */
export function documentOf(report: Report, svg?: string): ReportDocument {
  const { cost, costBefore, models, risk, duration, rights } = report;
  return {
    title: report.against === undefined ? `Stack ${report.stack}` : `Stack ${report.stack}, against ${report.against}`,
    summary: [
      costSummary(cost, costBefore),
      ...riskSummary(risk),
      ...(duration.seconds > 0 ? [durationSummary(duration)] : []),
    ],
    sections: [
      costSection(cost, models),
      riskSection(risk),
      ...(svg === undefined
        ? []
        : [
            {
              ...{ id: "picture", title: "Picture" },
              blocks: [
                paragraph("An arrow goes from a part to what it needs; what follows from other arrows is left out."),
                { kind: "picture" as const, svg, text: "The parts of this stack, by piece." },
              ],
            },
          ]),
      byHandSection(report.byHand),
      ...(duration.seconds > 0 ? [durationSection(duration)] : []),
      rightsSection(rights, report.rightsChanges),
    ],
  };
}
