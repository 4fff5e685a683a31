import { z } from "zod";

/** Names and bounds of one field of a cron expression. */
interface CronField {
  name: string;
  min: number;
  max: number;
  words?: readonly string[];
  /** More marks that EventBridge knows in this field, such as `L` for the last day. */
  marks?: RegExp;
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const eventBridgeFields: readonly CronField[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31, marks: /^(L|LW|([1-9]|[12]\d|3[01])W)$/ },
  { name: "month", min: 1, max: 12, words: months },
  {
    name: "day of week",
    min: 1,
    max: 7,
    words: days,
    marks: /^(L|[1-7]L|[1-7]#[1-5]|(SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/,
  },
  { name: "year", min: 1970, max: 2199 },
];

const kubernetesFields: readonly CronField[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, words: months },
  // Sunday is 0 alone: the API server refuses 7. https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
  { name: "day of week", min: 0, max: 6, words: days },
];

/**
 * Says what is wrong with an EventBridge schedule, or nothing.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function eventBridgeFault(text: string): string | undefined {
  const rate = /^rate\((\d+) (minutes?|hours?|days?)\)$/.exec(text);
  if (rate !== null) {
    const count = Number(rate[1]);
    if (count < 1) return "a rate starts at 1";
    const plural = rate[2]?.endsWith("s") ?? false;
    return plural === (count === 1)
      ? `write rate(${count} ${rate[2]?.replace(/s$/, "")}${count === 1 ? "" : "s"})`
      : undefined;
  }
  const cron = /^cron\((.+)\)$/.exec(text);
  if (cron === null) return "neither cron(…) nor rate(…)";
  const fields = (cron[1] ?? "").trim().split(/\s+/);
  if (fields.length !== 6) return `cron(…) has 6 fields here, not ${fields.length}`;
  if ((fields[2] === "?") === (fields[4] === "?")) return "exactly one of day of month and day of week must be ?";
  const rest = fields.map((field, at) => ((at === 2 || at === 4) && field === "?" ? "*" : field));
  return fieldsFault(rest, eventBridgeFields) ?? dayFault(fields[2] ?? "", fields[3] ?? "");
}

/** Says what is wrong with a five-field cron expression of Kubernetes or Airflow, or nothing. */
export function kubernetesCronFault(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return `a cron expression has 5 fields here, not ${fields.length}`;
  return fieldsFault(fields, kubernetesFields) ?? dayFault(fields[2] ?? "", fields[3] ?? "");
}

/** A five-field cron expression. */
export const kubernetesCron = () =>
  z.string().refine((text) => kubernetesCronFault(text) === undefined, {
    error: (issue) =>
      `five cron fields, minute to day of week, in UTC: ${kubernetesCronFault(String(issue.input)) ?? ""}`,
  });

/** An EventBridge schedule. */
export const schedule = () =>
  z
    .string()
    .refine((text) => eventBridgeFault(text) === undefined, {
      error: (issue) =>
        `cron(minute hour day-of-month month day-of-week year) or rate(n minutes|hours|days), in UTC: ${
          eventBridgeFault(String(issue.input)) ?? ""
        }`,
    })
    .meta({ examples: ["cron(0 3 ? * SUN *)"] });

function fieldsFault(texts: readonly string[], fields: readonly CronField[]): string | undefined {
  for (const [at, field] of fields.entries()) {
    const wrong = (texts[at] ?? "").split(",").find((part) => !partFits(part, field));
    if (wrong !== undefined) return `${field.name} cannot be ${JSON.stringify(wrong)}`;
  }
  return undefined;
}

function partFits(part: string, field: CronField): boolean {
  if (field.marks?.test(part.toUpperCase())) return true;
  const match = /^(\*|[A-Za-z]{3}|\d+)(?:-([A-Za-z]{3}|\d+))?(?:\/(\d+))?$/.exec(part);
  if (match === null) return false;
  const [, from = "", to, step] = match;
  if (from === "*" ? to !== undefined : !pointFits(from, field)) return false;
  if (to !== undefined && !(pointFits(to, field) && point(from, field) <= point(to, field))) return false;
  return step === undefined || (Number(step) >= 1 && Number(step) <= field.max);
}

const pointFits = (text: string, field: CronField) => {
  const value = point(text, field);
  return value >= field.min && value <= field.max;
};

/** Position of a number or word in its field; NaN for an unknown word. */
function point(text: string, field: CronField): number {
  if (/^\d+$/.test(text)) return Number(text);
  const at = field.words?.indexOf(text.toUpperCase()) ?? -1;
  return at < 0 ? Number.NaN : at + field.min;
}

/** A single day that none of the months has: such a schedule is accepted everywhere and never fires. */
function dayFault(day: string, month: string): string | undefined {
  if (!/^\d+$/.test(day) || !/^\d+$/.test(month)) return undefined;
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1] ?? 31;
  return Number(day) > longest ? `month ${month} never has a day ${day}` : undefined;
}
