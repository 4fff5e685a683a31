/** Hours between two looks that five cron fields can say. */
export const cronHours = [1, 2, 3, 4, 6, 8, 12, 24, 168];

/** When looks are made in the cluster, evenly; undefined for hours that do not fill a day or a week. */
export function lookCron(everyHours: number): string | undefined {
  if (!cronHours.includes(everyHours)) return undefined;
  if (everyHours === 168) return "17 4 * * 1";
  return everyHours === 24 ? "17 4 * * *" : everyHours === 1 ? "17 * * * *" : `17 */${everyHours} * * *`;
}
