import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectStore } from "../contracts/foundation";
import { predictionsFolder, queryResultsFolder } from "../identity/policies/batch";
import { workgroup } from "./workgroup";

/** How a model's predictions are written. */
export type PredictionFormat = "parquet" | "jsonLines";

/** Tables over the data bucket, and where they are queried. */
export interface CatalogArgs {
  /** Of the Glue database: small letters, digits and underscores. */
  databaseName: string;
  /** Of the Athena workgroup. */
  workgroupName: string;
  /** Holds the predictions, and what queries answer below `athena/`. */
  store: ObjectStore;
  /** Most that one query may read, in GiB. */
  scanLimitGiB: number;
  /** Models that score in batches: a table of predictions each. */
  predictions: Record<string, PredictionFormat>;
}

const firstDay = "2025-01-01";

/** Columns of what `model-server score` writes: the same for each model, whatever it takes in. */
const parquetColumns = [
  { name: "source", type: "string", comment: "Object that the row came from" },
  { name: "row", type: "bigint", comment: "Its place in the object, from 0" },
  { name: "row_id", type: "string", comment: "Its own id, where the run was told of a column" },
  { name: "prediction", type: "string", comment: "As JSON" },
  { name: "prediction_number", type: "double", comment: "Where it is one number" },
  { name: "inputs", type: "string", comment: "What the model was given, as JSON" },
  { name: "model", type: "string" },
  { name: "model_version", type: "string" },
  { name: "run_id", type: "string", comment: "Scoring run" },
  { name: "scored_at", type: "timestamp" },
];

const hive = "org.apache.hadoop.hive.ql.io";
const storage = {
  parquet: {
    columns: parquetColumns,
    inputFormat: `${hive}.parquet.MapredParquetInputFormat`,
    outputFormat: `${hive}.parquet.MapredParquetOutputFormat`,
    serDeInfo: { serializationLibrary: `${hive}.parquet.serde.ParquetHiveSerDe` },
  },
  // What stands in a line depends on the model, so a line is one column: json_extract takes it apart.
  jsonLines: {
    columns: [{ name: "line", type: "string", comment: "Input of the model and, as SageMakerOutput, its answer" }],
    inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    outputFormat: `${hive}.HiveIgnoreKeyTextOutputFormat`,
    serDeInfo: {
      serializationLibrary: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
      parameters: { "field.delim": "\u0001" },
    },
  },
};

/**
 * The stack's Glue database, a table in it for each model's predictions, and an Athena workgroup. Partitions of predictions follow
 * from the day: a new day needs no crawler.
 * @see https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
 */
export class Catalog extends pulumi.ComponentResource {
  readonly workgroupName: pulumi.Output<string>;
  readonly databaseName: pulumi.Output<string>;

  constructor(name: string, args: CatalogArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:data:Catalog", name, {}, opts);
    const child = { parent: this };
    const { store } = args;
    const database = new aws.glue.CatalogDatabase(
      name,
      { name: args.databaseName, description: "Data, runs and predictions of the platform's models" },
      child,
    );
    for (const [model, format] of Object.entries(args.predictions)) {
      const location = pulumi.interpolate`${store.uri}/${predictionsFolder(model)}`;
      new aws.glue.CatalogTable(
        `${name}-${model}`,
        {
          name: `predictions_${model.replace(/-/g, "_")}`,
          databaseName: database.name,
          description: `Batch predictions of ${model}`,
          tableType: "EXTERNAL_TABLE",
          parameters: {
            EXTERNAL: "TRUE",
            classification: format === "parquet" ? "parquet" : "json",
            "projection.enabled": "true",
            "projection.date.type": "date",
            "projection.date.format": "yyyy-MM-dd",
            "projection.date.range": `${firstDay},NOW`,
            "projection.date.interval": "1",
            "projection.date.interval.unit": "DAYS",
            "storage.location.template": pulumi.interpolate`${location}date=\${date}/`,
          },
          partitionKeys: [{ name: "date", type: "string", comment: "Day of the run, in UTC" }],
          storageDescriptor: { location, ...storage[format] },
        },
        child,
      );
    }
    const { name: workgroupName } = workgroup(
      name,
      {
        ...{ name: args.workgroupName, description: "Queries over the platform's data", store },
        ...{ folder: queryResultsFolder, scanLimitGiB: args.scanLimitGiB },
      },
      child,
    );
    this.workgroupName = workgroupName;
    this.databaseName = database.name;
    this.registerOutputs({ workgroupName: this.workgroupName, databaseName: this.databaseName });
  }
}
