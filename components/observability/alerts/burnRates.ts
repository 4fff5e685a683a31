/**
 * Objectives over thirty days, watched by how fast the share that may fail is used up: a fast loss wakes somebody within
 * minutes, a slow one waits for the morning, and each alert ends soon after its cause does.
 * @see https://sre.google/workbook/alerting-on-slos/ (multiwindow, multi-burn-rate alerts)
 */
export interface BurnRate {
  /** How many times faster than allowed. */
  factor: number;
  /** Window over which that must be true. */
  long: string;
  /** Window that must show it too, so that the alert ends. */
  short: string;
  severity: "critical" | "warning";
}

/** 2 % of the month's share in an hour, 5 % in six. */
export const fastBurns: BurnRate[] = [
  { factor: 14.4, long: "1h", short: "5m", severity: "critical" },
  { factor: 6, long: "6h", short: "30m", severity: "critical" },
];

/** 10 % of the month's share in a day, and in three. */
export const slowBurns: BurnRate[] = [
  { factor: 3, long: "1d", short: "2h", severity: "warning" },
  { factor: 1, long: "3d", short: "6h", severity: "warning" },
];

/** How often rates are recorded, whatever the time between scrapes: samples of them can be counted as seconds. */
export const recordedEverySeconds = 30;

/** Fewer bad answers than this within the long window are chance, and nobody is told of them. */
export const leastBadAnswers = 5;

/**
 * Share of bad answers from which a rate counts as reached. A generous objective times a high factor would be more than all
 * answers, and never reached: at the latest halfway between the objective and everything it is.
 */
export function threshold(objective: number, factor: number): number {
  return Number(Math.min(objective * factor, (1 + objective) / 2).toPrecision(6));
}

/**
 * @param ratio the recorded share of bad answers within a window
 * @param increase how many bad answers there were within a window, recorded
 * @param objective share of answers that may be bad
 */
export function burning(
  ratio: (window: string) => string,
  increase: (window: string) => string,
  objective: number,
  { factor, long, short }: BurnRate,
): string {
  const over = (window: string) => `${ratio(window)} > ${threshold(objective, factor)}`;
  return `${over(long)} and ${over(short)} and ${increase(long)} >= ${leastBadAnswers}`;
}
