/** What AWS Backup may do for a stack: copy what is the stack's, and look after the copies. */
import type { AwsAccount } from "../../contracts/account";
import type { PolicyStatement, ResourcePolicyStatement } from "../../lib/statements";
import { allow, arn, onAnyResource } from "./terms";

/** What is backed up, and where it goes. */
export interface BackupScope {
  account: AwsAccount;
  /** The tag that this stack's resources carry and no others do. */
  tag: { key: string; value: string };
  /** Identifier of the database server. */
  database: string;
  vaultArn: string;
  /** Vault elsewhere that gets a copy of each. */
  copyVaultArn?: string | undefined;
  /** Buckets that are backed up too. */
  bucketArns: string[];
}

/** Snapshots that AWS Backup made are called so by RDS. */
const ofBackup = "snapshot:awsbackup:*";
/** EC2's carry its tag. */
const madeByBackup = { Null: { "aws:ResourceTag/aws:backup:source-resource": "false" } };

/** Services that use a key for what is backed up. */
const through = ({ region }: AwsAccount) =>
  ["backup", "ec2", "rds", "s3"].map((service) => `${service}.${region}.amazonaws.com`);

/**
 * Amazon's own policy for this reads every bucket and copies every volume of the account; this one asks for the stack's tag.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
 */
export function backUp(scope: BackupScope): PolicyStatement[] {
  const { account, tag, database, vaultArn, copyVaultArn, bucketArns } = scope;
  const own = { StringEquals: { [`aws:ResourceTag/${tag.key}`]: tag.value } };
  const snapshots = [`arn:${account.partition}:ec2:${account.region}::snapshot/*`];
  const keys = [arn(account, "kms", "key/*")];
  return [
    onAnyResource("FindByTag", ["tag:GetResources"]),
    allow(
      "Database",
      ["rds:CreateDBSnapshot", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"],
      [arn(account, "rds", `db:${database}`), arn(account, "rds", ofBackup)],
    ),
    allow("DatabaseSnapshots", ["rds:AddTagsToResource", "rds:DeleteDBSnapshot"], [arn(account, "rds", ofBackup)]),
    allow("Volumes", ["ec2:CreateSnapshot"], [arn(account, "ec2", "volume/*")], own),
    allow("VolumeSnapshots", ["ec2:CreateSnapshot", "ec2:CreateTags"], snapshots),
    allow("EndVolumeSnapshots", ["ec2:DeleteSnapshot"], snapshots, madeByBackup),
    onAnyResource("LookAtVolumes", ["ec2:DescribeSnapshots", "ec2:DescribeTags", "ec2:DescribeVolumes"]),
    allow(
      "Files",
      ["elasticfilesystem:Backup", "elasticfilesystem:DescribeTags"],
      [arn(account, "elasticfilesystem", "file-system/*")],
      own,
    ),
    allow("Keys", ["kms:DescribeKey"], keys, own),
    allow("UseKeys", ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"], keys, {
      StringEquals: { ...own.StringEquals, "kms:ViaService": through(account) },
    }),
    allow("GrantKeys", ["kms:CreateGrant"], keys, { ...own, Bool: { "kms:GrantIsForAWSResource": "true" } }),
    allow("Vault", ["backup:DescribeBackupVault"], [vaultArn]),
    // Since the plan gives backups the stack's tag.
    allow("TagBackups", ["backup:TagResource"], [arn(account, "backup", "recovery-point:*")]),
    ...(copyVaultArn === undefined ? [] : copyTo(scope, copyVaultArn, snapshots)),
    ...(bucketArns.length > 0 ? readBuckets(account, bucketArns) : []),
  ];
}

/** Take a backup out of the vault, and put it into another; snapshots are shared with the account there, and copied by its region. */
function copyTo({ account }: BackupScope, copyVaultArn: string, snapshots: string[]): PolicyStatement[] {
  const [, , , region = "", accountId = ""] = copyVaultArn.split(":");
  const there = { ...account, region };
  const takenFrom = [...snapshots, arn(account, "rds", ofBackup), arn(account, "backup", "recovery-point:*")];
  return [
    allow("IntoTheCopy", ["backup:CopyIntoBackupVault"], [copyVaultArn]),
    allow("FromTheVault", ["backup:CopyFromBackupVault"], takenFrom, {
      "ForAllValues:ArnEquals": { "backup:CopyTargets": copyVaultArn },
    }),
    allow("CopyDatabase", ["rds:CopyDBSnapshot"], [arn(account, "rds", ofBackup), arn(there, "rds", ofBackup)]),
    allow("CopyVolumes", ["ec2:CopySnapshot"], [...snapshots, `arn:${account.partition}:ec2:${region}::snapshot/*`]),
    ...(accountId === account.accountId
      ? keepCopies(there)
      : [
          allow("ShareDatabase", ["rds:ModifyDBSnapshotAttribute"], [arn(account, "rds", ofBackup)]),
          allow("ShareVolumes", ["ec2:ModifySnapshotAttribute"], snapshots, madeByBackup),
        ]),
  ];
}

/** In another region of the same account the copies are this role's to look after, under a key there that need not be the stack's. */
function keepCopies(there: AwsAccount): PolicyStatement[] {
  const snapshots = [`arn:${there.partition}:ec2:${there.region}::snapshot/*`];
  const keys = [arn(there, "kms", "key/*")];
  return [
    allow(
      "CopiesOfDatabase",
      ["rds:AddTagsToResource", "rds:DeleteDBSnapshot", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"],
      [arn(there, "rds", ofBackup)],
    ),
    allow("TagCopiesOfVolumes", ["ec2:CreateTags"], snapshots),
    allow("EndCopiesOfVolumes", ["ec2:DeleteSnapshot"], snapshots, madeByBackup),
    allow("TagCopies", ["backup:TagResource"], [arn(there, "backup", "recovery-point:*")]),
    allow("KeysOfCopies", ["kms:DescribeKey"], keys),
    allow("UseKeysOfCopies", ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"], keys, {
      StringEquals: { "kms:ViaService": through(there) },
    }),
    allow("GrantKeysOfCopies", ["kms:CreateGrant"], keys, { Bool: { "kms:GrantIsForAWSResource": "true" } }),
  ];
}

/**
 * Read buckets, and hear of what changes there: AWS Backup keeps a list of the objects and a rule of EventBridge.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForS3Backup.html
 */
function readBuckets(account: AwsAccount, bucketArns: string[]): PolicyStatement[] {
  return [
    allow(
      "Buckets",
      [
        ...["GetBucketAcl", "GetBucketLocation", "GetBucketNotification", "GetBucketTagging", "GetBucketVersioning"],
        ...["GetInventoryConfiguration", "ListBucket", "ListBucketVersions", "PutBucketNotification"],
        "PutInventoryConfiguration",
      ].map((action) => `s3:${action}`),
      bucketArns,
    ),
    allow(
      "Objects",
      [
        ...["GetObject", "GetObjectAcl", "GetObjectTagging", "GetObjectVersion", "GetObjectVersionAcl"],
        "GetObjectVersionTagging",
      ].map((action) => `s3:${action}`),
      bucketArns.map((bucket) => `${bucket}/*`),
    ),
    allow(
      "HearOfChanges",
      [
        ...["DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "ListTargetsByRule", "PutRule", "PutTargets"],
        "RemoveTargets",
      ].map((action) => `events:${action}`),
      [arn(account, "events", "rule/AwsBackupManagedRule*")],
    ),
    onAnyResource("LookForChanges", ["cloudwatch:GetMetricData", "events:ListRules", "s3:ListAllMyBuckets"]),
  ];
}

/**
 * Lets another account read what the key encrypts, so that copies of snapshots can be made there, under a key of its own.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
 */
export function useKeyForCopies(account: AwsAccount, accountId: string): ResourcePolicyStatement[] {
  const Principal = { AWS: [`arn:${account.partition}:iam::${accountId}:root`] };
  return [
    { ...allow("Copies", ["kms:Decrypt", "kms:DescribeKey", "kms:ReEncryptFrom"], ["*"]), Principal },
    {
      ...allow("GrantCopies", ["kms:CreateGrant"], ["*"], { Bool: { "kms:GrantIsForAWSResource": "true" } }),
      Principal,
    },
  ];
}
