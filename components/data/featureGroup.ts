import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ObjectStore } from "../contracts/foundation";
import { serviceRole } from "../foundation/serviceRole";
import { featureAnswersFolder, featuresFolder, keepFeatures } from "../identity/policies/features";
import { workgroup } from "./workgroup";

/** Types that Feature Store knows. */
export type FeatureType = "Integral" | "Fractional" | "String";

/** What is known of whom, for one model. */
export interface FeatureGroupArgs {
  account: AwsAccount;
  /** Name in the config: the history is below `features/<model>/`. */
  model: string;
  groupName: string;
  store: ObjectStore;
  /** Column that says of whom, as text. */
  entity: string;
  /** Column that says since when, as text in ISO 8601. */
  eventTime: string;
  columns: Record<string, FeatureType>;
  /** Whether the latest record of each entity is looked up in milliseconds, billed by the request. */
  online: boolean;
  /** Table over the history; absent where there is no catalog to hold it. */
  table?: { databaseName: pulumi.Output<string>; name: string };
  /** Where the model's loop asks for the history; absent where it does not. */
  queries?: { workgroupName: string; scanLimitGiB: number };
}

const columnTypes: Record<FeatureType, string> = { Integral: "bigint", Fractional: "double", String: "string" };
/** What Feature Store adds to each record. https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-offline.html */
const added = [
  { name: "write_time", type: "timestamp", comment: "When the record was written to the history" },
  { name: "api_invocation_time", type: "timestamp", comment: "When it was handed in" },
  { name: "is_deleted", type: "boolean", comment: "Nothing is known any more" },
];
/** Partitions by the time of the event, each with its range and number of digits. */
const partitions = {
  year: { range: "2000,2100", digits: "4" },
  month: { range: "1,12", digits: "2" },
  day: { range: "1,31", digits: "2" },
  hour: { range: "0,23", digits: "2" },
};
const hive = "org.apache.hadoop.hive.ql.io.parquet";

/**
 * A feature group of SageMaker and a table over its history. The table is the stack's own, not one that SageMaker makes: that would
 * stay behind, and be in the way of the next group of this name. SageMaker changes nothing of a group, so that a change makes
 * another of the same name, and the first has to go before.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-create-feature-group.html
 */
export class FeatureGroup extends pulumi.ComponentResource {
  readonly groupName: pulumi.Output<string>;

  constructor(name: string, args: FeatureGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:data:FeatureGroup", name, {}, opts);
    const child = { parent: this };
    const { account, store, model, entity, eventTime } = args;
    const statements = pulumi
      .all([store.bucketArn, store.keyArn])
      .apply(([bucketArn, keyArn]) => keepFeatures({ bucketArn, keyArn }, model));
    const { arn: roleArn } = serviceRole(name, { account, service: "sagemaker.amazonaws.com", statements }, child);
    if (args.queries) {
      workgroup(
        name,
        {
          name: args.queries.workgroupName,
          description: `Queries of the loop of ${model} for what was known of its features`,
          ...{ store, folder: featureAnswersFolder(model), scanLimitGiB: args.queries.scanLimitGiB },
        },
        child,
      );
    }
    const columns: Record<string, FeatureType> = { [entity]: "String", [eventTime]: "String", ...args.columns };
    const key = store.keyArn === undefined ? {} : { kmsKeyId: store.keyArn };
    const group = new aws.sagemaker.FeatureGroup(
      name,
      {
        featureGroupName: args.groupName,
        description: `Features of ${model}`,
        recordIdentifierFeatureName: entity,
        eventTimeFeatureName: eventTime,
        featureDefinitions: Object.entries(columns).map(([featureName, featureType]) => ({ featureName, featureType })),
        roleArn,
        offlineStoreConfig: {
          disableGlueTableCreation: true,
          s3StorageConfig: {
            s3Uri: pulumi.interpolate`${store.uri}/${featuresFolder(model).replace(/\/$/, "")}`,
            ...key,
          },
        },
        ...(args.online
          ? { onlineStoreConfig: { enableOnlineStore: true, ...(store.keyArn ? { securityConfig: key } : {}) } }
          : {}),
      },
      { ...child, deleteBeforeReplace: true },
    );
    if (args.table) this.table(name, args.table, columns, group);
    this.groupName = group.featureGroupName;
    this.registerOutputs({ groupName: this.groupName });
  }

  private table(
    name: string,
    { databaseName, name: tableName }: NonNullable<FeatureGroupArgs["table"]>,
    columns: Record<string, FeatureType>,
    group: aws.sagemaker.FeatureGroup,
  ): void {
    const location = group.offlineStoreConfig.apply((config) => config!.s3StorageConfig.resolvedOutputS3Uri!);
    const keys = Object.keys(partitions);
    const projection = Object.entries(partitions).flatMap(([key, { range, digits }]) => [
      [`projection.${key}.type`, "integer"],
      [`projection.${key}.range`, range],
      [`projection.${key}.digits`, digits],
    ]);
    const template = keys.map((key) => `${key}=\${${key}}`).join("/");
    new aws.glue.CatalogTable(
      name,
      {
        name: tableName,
        databaseName,
        description: `History of features, a row for each record`,
        tableType: "EXTERNAL_TABLE",
        parameters: {
          EXTERNAL: "TRUE",
          classification: "parquet",
          "projection.enabled": "true",
          ...Object.fromEntries(projection),
          "storage.location.template": pulumi.interpolate`${location}/${template}`,
        },
        partitionKeys: keys.map((key) => ({ name: key, type: "string" })),
        storageDescriptor: {
          location,
          columns: [
            ...Object.entries(columns).map(([column, type]) => ({ name: column, type: columnTypes[type] })),
            ...added,
          ],
          inputFormat: `${hive}.MapredParquetInputFormat`,
          outputFormat: `${hive}.MapredParquetOutputFormat`,
          serDeInfo: { serializationLibrary: `${hive}.serde.ParquetHiveSerDe` },
        },
      },
      { parent: this },
    );
  }
}
