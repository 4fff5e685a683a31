import { z } from "zod";
import { featuresTableInPostgres, featuresTableName } from "../lib/catalogDatabaseName";
import { featureGroupName } from "../lib/featureGroupName";

/** Columns that Feature Store, or the partitions of its files, have already. https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-offline.html */
export const takenColumns = [
  ...["api_invocation_time", "is_deleted", "write_time"],
  ...["year", "month", "day", "hour"],
] as const;

const column = () =>
  z.string().regex(/^[a-z](_*[a-z0-9]){0,63}$/, "small letters, digits and single words joined by _, at most 64");

/** Columns that code of the platform adds to what it reads: see TAKEN in workloads/mlplatform/src/mlplatform/feature_store/group.py. */
export const addedColumns = ["record_number", "feature_time"] as const;

/** Columns that each table of PostgreSQL has. https://www.postgresql.org/docs/17/ddl-system-columns.html */
export const systemColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"] as const;

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
        "From feature to type. On aws any change makes a new group without history: earlier records stay in the bucket. In PostgreSQL a feature may come or go; one of another type is refused and needs another name.",
      )
      .meta({ examples: [{ tenure: "Integral", charges: "Fractional" }] }),
    loop: z
      .enum(["none", "publish", "read"])
      .default("none")
      .describe(
        "What `prepare` does: `publish` adds what its tables know of each entity and the store does not know yet; `read` puts beside each " +
          "label what was known at its time. With `none` your own code does either. Needs `prepare` with a container.",
      ),
    lookup: z
      .boolean()
      .default(false)
      .describe(
        "Answer requests that only name the entity: the model server looks its features up. Needs `featureStore: onlineAndOffline` on aws, and `featureDatabase` elsewhere.",
      ),
  })
  .meta({ title: "features" });

export type FeatureSettings = z.output<typeof features>;

/**
 * What code is told of a group, as JSON.
 * @param onAws whether the group is in SageMaker's store, not in PostgreSQL
 */
export function describedFeatures(
  stackName: string,
  model: string,
  { entity, eventTime, columns }: Pick<FeatureSettings, "entity" | "eventTime" | "columns">,
  onAws: boolean,
): string {
  const name = featureGroupName(stackName, model);
  const table = onAws ? featuresTableName(model) : featuresTableInPostgres(stackName, model);
  return JSON.stringify({ name, table, entity, eventTime, columns });
}
