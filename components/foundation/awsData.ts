import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { Database, ImageRegistry, ObjectStore, StorePurpose } from "../contracts/foundation";
import { queryResultsFolder } from "../identity/policies/batch";
import { offerTo } from "../identity/policies/promotion";
import type { ConsumerAccounts } from "../settings/consumers";
import type { AwsFoundationSettings } from "../settings/foundation";
import { stackName } from "./awsProvider";
import { accessLogFolders } from "./data/accessLogs";
import { AppDatabase } from "./data/appDatabase";
import { Bucket } from "./data/bucket";
import { DatabaseAccess } from "./data/databaseAccess";
import { DatabasePassword } from "./data/databasePassword";
import { Images } from "./data/images";
import { allowPostgres, Postgres } from "./data/postgres";
import type { DataProtection } from "./data/protection";
import type { NetworkFacts } from "./network/facts";

/** What keeps data on AWS. */
export interface AwsDataArgs {
  settings: AwsFoundationSettings;
  account: AwsAccount;
  network: NetworkFacts;
  keyArn: pulumi.Output<string>;
  protection: DataProtection;
  /** Security group of the pods that use the databases; without it there is no database. */
  clientSecurityGroupId?: pulumi.Output<string>;
  databases: string[];
  images: string[];
  /** Days that objects stay, by folder of the data bucket. */
  expireDataDays: Record<string, number>;
  /** Other accounts that read what the data bucket offers them, and pull images. */
  consumers: ConsumerAccounts;
  /** Takes entries of who reads and writes; absent: nobody writes them down. */
  accessLogsBucket?: pulumi.Output<string>;
}

/** Days the database's and the function's own logs stay. */
const logRetentionDays = 30;
/** Days that what queries answered stays: whoever needs it longer asks again, or copies it. */
const queryResultDays = 30;

/** Buckets, image repositories, and where there is a cluster one PostgreSQL server with a database and a user for each app. */
export class AwsData extends pulumi.ComponentResource {
  readonly stores: Record<StorePurpose, ObjectStore>;
  readonly databases: Record<string, Database>;
  readonly images: ImageRegistry;
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: AwsDataArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:AwsData", name, {}, opts);
    const child = { parent: this };
    const { settings, keyArn, protection } = args;
    const { storage } = settings;

    const expiring: Partial<Record<StorePurpose, Record<string, number>>> = {
      logs: { "airflow/": storage.logRetentionDays },
      data: { [queryResultsFolder]: queryResultDays, ...args.expireDataDays },
    };
    const bucket = (purpose: StorePurpose) =>
      new Bucket(
        `${name}-${purpose}`,
        {
          keyArn,
          noncurrentVersionDays: storage.noncurrentVersionDays,
          abortUploadDays: storage.abortUploadDays,
          ...(purpose === "data" && args.consumers.models.length > 0
            ? { allowed: (arn: string) => offerTo(args.account, arn, args.consumers.models) }
            : {}),
          ...(expiring[purpose] === undefined ? {} : { expirePrefixDays: expiring[purpose] }),
          ...(purpose === "artifacts" && storage.infrequentAccessDays !== undefined
            ? { infrequentAccessDays: storage.infrequentAccessDays }
            : {}),
          protection,
        },
        child,
      );
    const stores = { artifacts: bucket("artifacts"), data: bucket("data"), logs: bucket("logs") };
    this.stores = stores;
    if (args.accessLogsBucket !== undefined) {
      for (const [purpose, { bucketName }] of Object.entries(stores)) {
        new aws.s3.BucketLogging(
          `${name}-${purpose}`,
          {
            bucket: bucketName,
            targetBucket: args.accessLogsBucket,
            targetPrefix: `${accessLogFolders.buckets}${purpose}/`,
          },
          child,
        );
      }
    }

    this.images = new Images(
      `${name}-images`,
      {
        names: [...args.images, ...settings.images.repositories],
        account: args.account,
        keyArn,
        untaggedDays: settings.images.untaggedDays,
        keepImages: settings.images.keepImages,
        pulledBy: args.consumers.images,
        protection,
      },
      child,
    );

    const database = this.database(`${name}-database`, args);
    this.databases = database?.databases ?? {};

    this.outputs = {
      ...(database ? { databaseHost: database.host } : {}),
      artifactsBucket: this.stores.artifacts.bucketName,
      dataBucket: this.stores.data.bucketName,
      logsBucket: this.stores.logs.bucketName,
    };
    this.registerOutputs();
  }

  private database(name: string, args: AwsDataArgs) {
    if (args.clientSecurityGroupId === undefined) return undefined;
    const child = { parent: this };
    const { settings, network, keyArn, protection } = args;
    const postgres = new Postgres(
      name,
      { ...settings.database, identifier: stackName(), network, logRetentionDays, keyArn, protection },
      child,
    );
    const letIn = allowPostgres(`${name}-from-cluster`, postgres.securityGroupId, args.clientSecurityGroupId, child);
    return { host: postgres.host, databases: this.appDatabases(name, args, postgres, letIn) };
  }

  private appDatabases(
    name: string,
    args: AwsDataArgs,
    postgres: Postgres,
    letIn: pulumi.Resource,
  ): Record<string, Database> {
    if (args.databases.length === 0) return {};
    const child = { parent: this };
    const { keyArn, protection } = args;
    const passwords = Object.fromEntries(
      args.databases.map((app) => [
        app,
        new DatabasePassword(`${name}-${app}`, { userName: app, keyArn, protection }, child),
      ]),
    );
    const access = new DatabaseAccess(
      `${name}-access`,
      {
        account: args.account,
        network: args.network,
        postgres,
        passwordSecretArns: Object.values(passwords).map((password) => password.secretArn),
        keyArn,
        logRetentionDays,
      },
      child,
    );
    return Object.fromEntries(
      Object.entries(passwords).map(([app, password]) => [
        app,
        new AppDatabase(
          `${name}-${app}`,
          { databaseName: app, access, password, host: postgres.host, reachable: letIn, protection },
          child,
        ),
      ]),
    );
  }
}
