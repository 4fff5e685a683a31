/** Name of a stack's Glue database: Athena reads only small letters, digits and underscores without quotes. */
export const catalogDatabaseName = (stackName: string) => stackName.replace(/[^a-z0-9]+/gi, "_").toLowerCase();

/** Name of the table over the history of a model's features. */
export const featuresTableName = (model: string) => `features_${model.replace(/-/g, "_")}`;
