import type { Path, RuleProblem } from "../problems";
import type { Settings } from "../settings";

const path: Path = ["foundation", "database"];
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;
const shortestWindowMinutes = 30;

/** Limits that RDS puts on storage, backups and windows. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html */
export function databaseRules({ foundation }: Partial<Settings>): RuleProblem[] {
  if (foundation?.kind !== "aws") return [];
  const { database, dataProtection } = foundation;
  const problems = windowProblems(database);
  const leastGrowth = Math.ceil((database.storageGiB * 11) / 10);
  if (database.maxStorageGiB < leastGrowth) {
    problems.push({
      path: [...path, "maxStorageGiB"],
      value: database.maxStorageGiB,
      allowed: `at least storageGiB, ${database.storageGiB}, and a tenth of it more, which RDS asks of a limit of growth`,
      remedy: `write maxStorageGiB: ${leastGrowth}`,
      restsOn: [[...path, "storageGiB"]],
    });
  }
  if (dataProtection && database.backupRetentionDays === 0) {
    problems.push({
      path: [...path, "backupRetentionDays"],
      value: 0,
      allowed: "at least 1 while foundation.dataProtection is true",
      remedy: "write backupRetentionDays: 7",
      restsOn: [["foundation", "dataProtection"]],
    });
  }
  return problems;
}

/** A stretch of time: minutes after Monday 00:00 UTC, and how many. */
interface Window {
  start: number;
  minutes: number;
}

function windowProblems(database: {
  backupWindow?: string | undefined;
  maintenanceWindow?: string | undefined;
}): RuleProblem[] {
  const backup = windowOf(database.backupWindow, dayMinutes);
  const maintenance = windowOf(database.maintenanceWindow, weekMinutes);
  const problems: RuleProblem[] = [];
  for (const [key, window, example] of [
    ["backupWindow", backup, "02:00-03:00"],
    ["maintenanceWindow", maintenance, "sun:03:00-sun:04:00"],
  ] as const) {
    if (window === undefined || window.minutes >= shortestWindowMinutes) continue;
    problems.push({
      path: [...path, key],
      value: database[key],
      allowed: `at least ${shortestWindowMinutes} minutes; this is ${window.minutes}`,
      remedy: `for example ${key}: ${example}`,
    });
  }
  if (problems.length > 0 || backup === undefined || maintenance === undefined) return problems;
  if (days.some((_, day) => meet({ ...backup, start: backup.start + day * dayMinutes }, maintenance))) {
    problems.push({
      path: [...path, "maintenanceWindow"],
      value: database.maintenanceWindow,
      allowed: `a time apart from backupWindow, ${database.backupWindow} every day`,
      remedy: "move one of the two, or leave one out and let AWS pick it",
      restsOn: [[...path, "backupWindow"]],
    });
  }
  return problems;
}

function windowOf(text: string | undefined, period: number): Window | undefined {
  if (text === undefined) return undefined;
  const [start = 0, end = 0] = text.split("-").map((moment) => {
    const parts = moment.split(":");
    const [hours = 0, minutes = 0] = parts.slice(-2).map(Number);
    return Math.max(0, days.indexOf(parts.length === 3 ? (parts[0] ?? "") : "mon")) * dayMinutes + hours * 60 + minutes;
  });
  return { start, minutes: (end - start + period) % period };
}

/** Whether two windows share a minute of a week without end. */
function meet(a: Window, b: Window): boolean {
  const after = (first: Window, second: Window) =>
    (second.start - first.start + 2 * weekMinutes) % weekMinutes < first.minutes;
  return after(a, b) || after(b, a);
}
