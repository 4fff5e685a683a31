import { at, type PlanIndex, text } from "../planIndex";

const scheduleType = "aws:scheduler/schedule:Schedule";
const weekMinutes = 7 * 24 * 60;

/** A time of some days of the week, as `components/settings/offHours.ts` writes it: minutes of the day, and how many days. */
function timeOf(expression: unknown): { minute: number; days: number } | undefined {
  const [, minute, hour, days] = /^cron\((\d+) (\d+) \? \* ([A-Z,]+) \*\)$/.exec(text(expression)) ?? [];
  return days === undefined ? undefined : { minute: Number(hour) * 60 + Number(minute), days: days.split(",").length };
}

/** The share of a month that something is on: of what the schedules `…-off-hours-<what>-start` and `-stop` are for; else all of it. */
export function onShare(index: PlanIndex, what: string): { share: number; note?: string } {
  const named = (action: string) =>
    index.all(scheduleType).find(({ name }) => name.endsWith(`-off-hours-${what}-${action}`));
  const [start, stop] = ["start", "stop"].map((action) => timeOf(at(named(action)?.inputs, "scheduleExpression")));
  if (start === undefined || stop === undefined) return { share: 1 };
  return { share: ((stop.minute - start.minute) * start.days) / weekMinutes, note: "off outside of work hours" };
}
