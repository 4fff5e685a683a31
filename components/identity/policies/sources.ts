/** Permissions on data that lie elsewhere, which the platform reads and never changes. */
import type { AwsAccount } from "../../contracts/account";
import type { DataSource } from "../../contracts/dataSource";
import type { PolicyStatement } from "../../lib/statements";
import { seeTables } from "./catalog";
import { allow } from "./terms";

/**
 * Read objects of these sources and the columns of their tables, and list them; nothing beside their folders. A bucket of another account
 * has to allow it too.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html
 */
export function readSources(account: AwsAccount, sources: readonly DataSource[]): PolicyStatement[] {
  if (sources.length === 0) return [];
  const arnOf = ({ bucket }: DataSource) => `arn:${account.partition}:s3:::${bucket}`;
  const unique = <T>(values: T[]) => [...new Set(values)];
  const keyArns = unique(sources.flatMap(({ keyArn }) => keyArn ?? []));
  const databases = unique(sources.flatMap(({ database }) => database ?? []));
  return [
    ...sources.map((source, at) =>
      allow(
        `SourceList${at}`,
        ["s3:ListBucket"],
        [arnOf(source)],
        // With the slash: without it names of whatever begins alike in a stranger's bucket would be listed.
        source.folder === undefined ? undefined : { StringLike: { "s3:prefix": [`${source.folder}*`] } },
      ),
    ),
    allow("SourceFindBucket", ["s3:GetBucketLocation"], unique(sources.map(arnOf))),
    allow("SourceRead", ["s3:GetObject"], unique(sources.map((source) => `${arnOf(source)}/${source.folder ?? ""}*`))),
    ...(keyArns.length === 0 ? [] : [allow("SourceDecrypt", ["kms:Decrypt"], keyArns)]),
    ...(databases.length === 0 ? [] : [seeTables(account, databases, "SourceTables")]),
  ];
}
