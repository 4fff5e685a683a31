/** Permissions around the tables over the data bucket: of what finds them, and of whoever queries them. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement } from "../../lib/statements";
import { queryResultsFolder } from "./batch";
import { folder, list, readBelow, type StoreArns } from "./stores";
import { allow, arn } from "./terms";

/** What a crawler looks at, and what it may call what it finds. */
export interface CrawlScope {
  store: StoreArns;
  databaseName: string;
  /** Folder of the bucket, with a slash at its end. */
  folder: string;
  /** Beginning of the names of its tables; the tables of others are not its to change. */
  tablePrefix: string;
}

/**
 * What a crawler needs: to read one folder, and to write tables of one beginning into one database.
 * @see https://docs.aws.amazon.com/glue/latest/dg/crawler-prereqs.html
 */
export function crawl(account: AwsAccount, scope: CrawlScope): PolicyStatement[] {
  const { store, databaseName, tablePrefix } = scope;
  const logs = arn(account, "logs", "log-group:/aws-glue/crawlers*"); // With a key, Glue adds role and configuration.
  const database = [arn(account, "glue", "catalog"), arn(account, "glue", `database/${databaseName}`)];
  const tables = [...database, arn(account, "glue", `table/${databaseName}/${tablePrefix}*`)];
  return [
    ...readBelow(store, scope.folder),
    allow("SeeDatabase", ["glue:GetDatabase"], database),
    allow(
      "WriteTables",
      [
        ...["BatchCreatePartition", "BatchGetPartition", "BatchUpdatePartition", "CreatePartition", "CreateTable"],
        ...["GetPartition", "GetPartitions", "GetTable", "GetTables", "UpdatePartition", "UpdateTable"],
      ].map((action) => `glue:${action}`),
      tables,
    ),
    allow(
      "WriteLogs",
      ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
      [logs],
    ),
  ];
}

/** Tables that somebody may query, and where. */
export interface QueryScope {
  store: StoreArns;
  databaseName: string;
  workgroupName: string;
  /** Folders of the bucket that the tables lie in, each with a slash at its end. */
  folders: readonly string[];
}

/**
 * What a person or a pod needs to query: one workgroup, whose limit no query gets around, and the folders that the tables lie in.
 * @see https://docs.aws.amazon.com/athena/latest/ug/workgroups-iam-policy.html
 */
export function queryCatalog(account: AwsAccount, scope: QueryScope): PolicyStatement[] {
  return [
    ask(account, scope.workgroupName),
    seeTables(account, [scope.databaseName]),
    ...keepAnswers(scope.store, scope.folders),
  ];
}

/** As above, of tables that lie elsewhere: who may see and read those is said beside it. */
export function useWorkgroup(account: AwsAccount, workgroupName: string, store: StoreArns): PolicyStatement[] {
  return [ask(account, workgroupName), ...keepAnswers(store, [])];
}

const ask = (account: AwsAccount, workgroupName: string) =>
  allow(
    "Query",
    [
      ...["BatchGetQueryExecution", "GetQueryExecution", "GetQueryResults", "GetQueryResultsStream", "GetWorkGroup"],
      ...["ListQueryExecutions", "StartQueryExecution", "StopQueryExecution"],
    ].map((action) => `athena:${action}`),
    [arn(account, "athena", `workgroup/${workgroupName}`)],
  );

/** See the columns and partitions of tables, as a query does. */
export function seeTables(account: AwsAccount, databaseNames: readonly string[], Sid = "SeeTables"): PolicyStatement {
  return allow(
    Sid,
    ["BatchGetPartition", "GetDatabase", "GetDatabases", "GetPartition", "GetPartitions", "GetTable", "GetTables"].map(
      (action) => `glue:${action}`,
    ),
    [
      arn(account, "glue", "catalog"),
      ...databaseNames.flatMap((name) => [
        arn(account, "glue", `database/${name}`),
        arn(account, "glue", `table/${name}/*`),
      ]),
    ],
  );
}

/** Read folders of the stack's bucket, and what queries have answered; write that alone. */
function keepAnswers(store: StoreArns, read: readonly string[]): PolicyStatement[] {
  const folders = [...read, queryResultsFolder].map(folder);
  return [
    list("QueryList", store.bucketArn, folders),
    allow("QueryFindBucket", ["s3:GetBucketLocation"], [store.bucketArn]),
    allow(
      "QueryRead",
      ["s3:GetObject"],
      folders.map((each) => `${store.bucketArn}/${each}*`),
    ),
    allow(
      "KeepAnswers",
      ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      [`${store.bucketArn}/${queryResultsFolder}*`],
    ),
    ...(store.keyArn === undefined
      ? []
      : [allow("QueryCrypt", ["kms:Decrypt", "kms:GenerateDataKey"], [store.keyArn])]),
  ];
}
