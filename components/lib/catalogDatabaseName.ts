import { shortened } from "./mark";

/** Name of a stack's Glue database: Athena reads only small letters, digits and underscores without quotes. */
export const catalogDatabaseName = (stackName: string) => stackName.replace(/[^a-z0-9]+/gi, "_").toLowerCase();

/**
 * Name of the table of a model's features in PostgreSQL, with the stack in it, since several may have one database.
 * PostgreSQL takes 63 letters, and its index has `_newest` behind it.
 */
export const featuresTableInPostgres = (stackName: string, model: string) =>
  shortened(`${stackName}-${model}`, 56)
    .replace(/[^a-z0-9]+/gi, "_")
    .toLowerCase();

/** Name of the Athena workgroup by which the loop of a model asks for its history. No stack's name has a dot, as the stack's own workgroup is called. */
export const featuresWorkgroupName = (stackName: string, model: string) => `${stackName}.${model}`;

/** Name of the table over the history of a model's features. */
export const featuresTableName = (model: string) => `features_${model.replace(/-/g, "_")}`;
