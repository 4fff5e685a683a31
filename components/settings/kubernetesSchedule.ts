/** A five-field cron of Kubernetes, or why there is none that means the same. */
export type KubernetesSchedule = { cron: string } | { fault: string; remedy: string };

const minutesOfHour = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];
const hoursOfDay = [1, 2, 3, 4, 6, 8, 12, 24];
const suggestion = "such as cron(0 3 * * ? *)";

/**
 * What Kubernetes makes of a schedule that EventBridge understands (`eventBridgeFault` of schedules.ts finds nothing). Kubernetes knows five fields,
 * days of the week from 0, and no last days, nearest weekdays, n-th days, years or rates that do not divide the next larger unit:
 * those are refused, not rounded.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
export function kubernetesSchedule(text: string): KubernetesSchedule {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(text);
  if (rate !== null) return ofRate(Number(rate[1]), rate[2] ?? "");
  const fields = text
    .replace(/^cron\((.+)\)$/, "$1")
    .trim()
    .split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = "", year = ""] = fields;
  if (year !== "*") {
    return { fault: "a year, which Kubernetes does not know", remedy: `write * as the year, ${suggestion}` };
  }
  if (/[LW]/i.test(day)) {
    return {
      fault: "L or W in the day of month, which Kubernetes does not know",
      remedy: `name the day, from 1 to 28, ${suggestion.replace("* * ? *", "28 * ? *")}; or write with: sagemaker`,
    };
  }
  if (/#/.test(weekday) || /^(L|.*(\d|SUN|MON|TUE|WED|THU|FRI|SAT)L)$/i.test(weekday)) {
    return {
      fault: "L or # in the day of week, which Kubernetes does not know",
      remedy: "name the day of week alone, such as cron(0 3 ? * SUN *); or write with: sagemaker",
    };
  }
  return { cron: [minute, hour, day === "?" ? "*" : day, month, ofWeekday(weekday)].join(" ") };
}

function ofRate(count: number, unit: string): KubernetesSchedule {
  const odd = (allowed: readonly number[]): KubernetesSchedule => {
    const near = allowed.reduce((best, each) => (Math.abs(each - count) < Math.abs(best - count) ? each : best));
    return {
      fault: `every ${count} ${unit}s, which does not divide ${unit === "minute" ? "an hour" : "a day"} evenly`,
      remedy: `write rate(${near} ${unit}${near === 1 ? "" : "s"}), or a cron expression`,
    };
  };
  if (unit === "minute") {
    if (count % 60 === 0) return ofRate(count / 60, "hour");
    return minutesOfHour.includes(count)
      ? { cron: count === 1 ? "* * * * *" : `*/${count} * * * *` }
      : odd(minutesOfHour);
  }
  if (unit === "hour") {
    if (count === 24) return { cron: "0 0 * * *" };
    return hoursOfDay.includes(count) ? { cron: count === 1 ? "0 * * * *" : `0 */${count} * * *` } : odd(hoursOfDay);
  }
  if (count === 1) return { cron: "0 0 * * *" };
  if (count === 7) return { cron: "0 0 * * 0" };
  return {
    fault: `every ${count} days, which Kubernetes counts anew each month`,
    remedy: "write rate(1 day) or rate(7 days), or a cron expression",
  };
}

/** EventBridge counts days of the week from 1, Kubernetes from 0, Sunday both; names mean the same. A step counts from its first. */
function ofWeekday(field: string): string {
  if (field === "?") return "*";
  return field
    .split(",")
    .map((part) => {
      const [days = "", step] = part.split("/");
      const shifted = days.replace(/\d+/g, (day) => String(Number(day) - 1));
      return step === undefined ? shifted : `${shifted}/${step}`;
    })
    .join(",");
}
