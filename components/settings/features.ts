import { z } from "zod";

/** Columns that Feature Store, or the partitions of its files, have already. https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-offline.html */
export const takenColumns = [
  ...["api_invocation_time", "is_deleted", "write_time"],
  ...["year", "month", "day", "hour"],
] as const;

const column = () =>
  z.string().regex(/^[a-z](_*[a-z0-9]){0,63}$/, "small letters, digits and single words joined by _, at most 64");

/** `models.<name>.training.features`: what is known of whom, and since when. */
export const features = z
  .strictObject({
    entity: column()
      .describe("Column that says of whom, as text.")
      .meta({ examples: ["customer_id"] }),
    eventTime: column()
      .default("event_time")
      .describe("Column that says since when, as text such as 2026-01-31T12:00:00Z."),
    columns: z
      .record(column(), z.enum(["Integral", "Fractional", "String"]))
      .describe(
        "From feature to type. Any change makes a new group without history: earlier records stay in the bucket.",
      )
      .meta({ examples: [{ tenure: "Integral", charges: "Fractional" }] }),
  })
  .meta({ title: "features" });

export type FeatureSettings = z.output<typeof features>;
