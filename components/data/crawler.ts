import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import type { ObjectStore } from "../contracts/foundation";
import { glueEncryption } from "../foundation/data/glueEncryption";
import { serviceRole } from "../foundation/serviceRole";
import { crawl } from "../identity/policies/catalog";

/** Which folder is looked through, and when. */
export interface CrawlerArgs {
  account: AwsAccount;
  databaseName: pulumi.Output<string>;
  store: ObjectStore;
  /** Folder of the store, such as `data/`. What lies right below it, such as `data/churn/`, is a table each. */
  folder: string;
  /** Beginning of the names of the tables. */
  tablePrefix: string;
  /** In UTC, as `cron(…)` with six fields. */
  schedule: string;
  /** Objects that are no rows, as Glue's glob patterns below the folder. */
  exclusions: string[];
}

/** Levels of a path that name a table: the bucket, the folder, what lies in it. */
const tableLevel = 3;

/**
 * Finds tables, columns and partitions below one folder, and never takes a table away: what is no longer there is noted in the log.
 * @see https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html
 */
export class Crawler extends pulumi.ComponentResource {
  constructor(name: string, args: CrawlerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:data:Crawler", name, {}, opts);
    const child = { parent: this };
    const { account, store, databaseName, folder, tablePrefix } = args;
    const statements = pulumi
      .all([pulumi.all([store.bucketArn, store.keyArn]), databaseName])
      .apply(([[bucketArn, keyArn], database]) =>
        crawl(account, { store: { bucketArn, keyArn }, databaseName: database, folder, tablePrefix }),
      );
    const role = serviceRole(name, { account, service: "glue.amazonaws.com", statements }, child);
    const encrypted = glueEncryption(name, store.keyArn, child);
    new aws.glue.Crawler(
      name,
      {
        databaseName,
        description: `Tables ${tablePrefix}* below ${folder}`,
        role: role.arn,
        tablePrefix,
        schedule: args.schedule,
        s3Targets: [{ path: pulumi.interpolate`${store.uri}/${folder}`, exclusions: args.exclusions }],
        recrawlPolicy: { recrawlBehavior: "CRAWL_EVERYTHING" },
        schemaChangePolicy: { updateBehavior: "UPDATE_IN_DATABASE", deleteBehavior: "LOG" },
        configuration: JSON.stringify({
          Version: 1,
          Grouping: { TableLevelConfiguration: tableLevel },
          CrawlerOutput: { Partitions: { AddOrUpdateBehavior: "InheritFromTable" } },
        }),
        ...encrypted,
      },
      child,
    );
    this.registerOutputs();
  }
}
