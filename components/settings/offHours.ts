import { z } from "zod";

/** Days of a week, as EventBridge and people write them. */
export const weekDays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const time = () => z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time in quotes, such as 07:30");

/** Other names of a zone, such as Asia/Kolkata for Asia/Calcutta. */
const otherName = /^[A-Z]\w*(\/[A-Z][\w+-]*)+$/;

/** Whether EventBridge Scheduler takes it, for which Europe/dublin is none: JavaScript knows zones in any case of letters. */
const isTimeZone = (name: string) => {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return timeZone === name || (timeZone.toLowerCase() !== name.toLowerCase() && otherName.test(name));
  } catch {
    return false;
  }
};

/** `governance.offHours`: when a stack that is not production works. */
export const offHours = z
  .strictObject({
    startAt: time()
      .default("07:00")
      .describe("When the database starts on a work day, in quotes. Nodes start a quarter of an hour later."),
    stopAt: time()
      .default("20:00")
      .describe(
        "When nodes and notebook instances stop, in quotes, at most 23:30. The database stops a quarter of an hour later.",
      ),
    workDays: z
      .array(z.enum(weekDays))
      .min(1)
      .default(["mon", "tue", "wed", "thu", "fri"])
      .describe("Days on which the stack starts. On others it stays off."),
    timeZone: z
      .string()
      .refine(isTimeZone, "a time zone such as Europe/Dublin")
      .default("UTC")
      .describe("Time zone of these times, with its summer time."),
  })
  .meta({ title: "off hours" });

export type OffHoursSettings = z.output<typeof offHours>;

const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** Minutes of a work day in which the stack works. */
export const workMinutes = ({ startAt, stopAt }: OffHoursSettings): number => minuteOf(stopAt) - minuteOf(startAt);

/** A time of the work days as EventBridge Scheduler writes it, some minutes before or after one of theirs. */
export function onWorkDays({ workDays }: OffHoursSettings, text: string, minutesLater = 0): string {
  const minute = minuteOf(text) + minutesLater;
  const days = weekDays.filter((day) => workDays.includes(day)).map((day) => day.toUpperCase());
  return `cron(${minute % 60} ${Math.floor(minute / 60)} ? * ${days.join(",")} *)`;
}
