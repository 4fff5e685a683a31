/** What keeps data, and what watches: buckets, the database, queues, logs, alarms, names. */
import { type Kind, named, numbered } from "./kind";

const buckets: Kind = {
  service: "s3",
  types: [
    ...["bucket", "bucketLifecycleConfiguration", "bucketLogging", "bucketNotification", "bucketObjectv2"],
    ...["bucketOwnershipControls", "bucketPolicy", "bucketPublicAccessBlock"],
    ...["bucketServerSideEncryptionConfiguration", "bucketVersioning"],
  ].map((type) => `s3/${type}`),
  reads: [
    ...["GetAccelerateConfiguration", "GetBucketAcl", "GetBucketCORS", "GetBucketLocation", "GetBucketLogging"],
    ...["GetBucketNotification", "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy"],
    ...["GetBucketPublicAccessBlock", "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning"],
    ...["GetBucketWebsite", "GetEncryptionConfiguration", "GetLifecycleConfiguration", "GetReplicationConfiguration"],
    ...["ListBucket", "ListTagsForResource"],
  ],
  writes: [
    ...["CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "ListBucketVersions", "PutBucketLogging"],
    ...["PutBucketNotification", "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock"],
    ...["PutBucketTagging", "PutBucketVersioning", "PutEncryptionConfiguration", "PutLifecycleConfiguration"],
    ...["TagResource", "UntagResource"],
  ],
  resources: ({ account, project }) => [`arn:${account.partition}:s3:::${project}-*`],
};

/** Files that the program puts into a bucket; a bucket that is not protected is emptied before it goes. */
const objects: Kind = {
  service: "s3",
  types: [],
  reads: ["GetObject", "GetObjectTagging"],
  writes: ["DeleteObject", "DeleteObjectVersion", "PutObject", "PutObjectTagging"],
  resources: ({ account, project }) => [`arn:${account.partition}:s3:::${project}-*/*`],
};

const database: Kind = {
  service: "rds",
  types: ["rds/instance", "rds/parameterGroup", "rds/subnetGroup"],
  reads: [
    ...["DescribeDBInstances", "DescribeDBParameterGroups", "DescribeDBParameters", "DescribeDBSubnetGroups"],
    "ListTagsForResource",
  ],
  lists: ["DescribeDBEngineVersions", "DescribeOrderableDBInstanceOptions"],
  writes: [
    ...["AddTagsToResource", "CreateDBInstance", "CreateDBParameterGroup", "CreateDBSnapshot"],
    ...["CreateDBSubnetGroup", "DeleteDBInstance", "DeleteDBParameterGroup", "DeleteDBSubnetGroup"],
    ...["ModifyDBInstance", "ModifyDBParameterGroup", "ModifyDBSubnetGroup", "RebootDBInstance"],
    ...["RemoveTagsFromResource", "ResetDBParameterGroup", "RestoreDBInstanceFromDBSnapshot"],
    "RestoreDBInstanceToPointInTime",
  ],
  resources: named("rds", "db:", "pg:", "subgrp:", "snapshot:"),
};

const secrets: Kind = {
  service: "secretsmanager",
  types: ["secretsmanager/secret", "secretsmanager/secretVersion"],
  reads: ["DescribeSecret", "GetResourcePolicy", "GetSecretValue"],
  writes: [
    ...["CreateSecret", "DeleteSecret", "PutSecretValue", "TagResource", "UntagResource", "UpdateSecret"],
    "UpdateSecretVersionStage",
  ],
  resources: named("secretsmanager", "secret:"),
};

const images: Kind = {
  service: "ecr",
  types: ["ecr/repository", "ecr/repositoryPolicy", "ecr/lifecyclePolicy"],
  reads: ["DescribeImages", "DescribeRepositories", "GetLifecyclePolicy", "GetRepositoryPolicy", "ListTagsForResource"],
  writes: [
    ...["CreateRepository", "DeleteLifecyclePolicy", "DeleteRepository", "DeleteRepositoryPolicy"],
    ...["PutImageScanningConfiguration", "SetRepositoryPolicy"],
    ...["PutImageTagMutability", "PutLifecyclePolicy", "TagResource", "UntagResource"],
  ],
  resources: ({ account, project, stack }) => {
    const environment = stack.slice(project.length + 1);
    return [
      `arn:${account.partition}:ecr:${account.region}:${account.accountId}:repository/${project}/${environment}/*`,
    ];
  },
};

const tables: Kind = {
  service: "dynamodb",
  types: ["dynamodb/table"],
  reads: ["DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive", "ListTagsOfResource"],
  writes: [
    ...["CreateTable", "DeleteTable", "TagResource", "UntagResource", "UpdateContinuousBackups", "UpdateTable"],
    "UpdateTimeToLive",
  ],
  resources: named("dynamodb", "table/"),
};

const queues: Kind = {
  service: "sqs",
  types: ["sqs/queue", "sqs/queuePolicy"],
  reads: ["GetQueueAttributes", "GetQueueUrl", "ListQueueTags"],
  writes: ["CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue"],
  resources: named("sqs", ""),
};

const topics: Kind = {
  service: "sns",
  types: ["sns/topic", "sns/topicPolicy", "sns/topicSubscription"],
  reads: ["GetSubscriptionAttributes", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTagsForResource"],
  writes: [
    ...["CreateTopic", "DeleteTopic", "SetSubscriptionAttributes", "SetTopicAttributes", "Subscribe", "TagResource"],
    ...["Unsubscribe", "UntagResource"],
  ],
  resources: named("sns", ""),
};

const logs: Kind = {
  service: "logs",
  types: ["cloudwatch/logGroup"],
  reads: ["ListTagsForResource"],
  lists: ["DescribeLogGroups"],
  writes: [
    ...["AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy", "DisassociateKmsKey"],
    ...["PutRetentionPolicy", "TagResource", "UntagResource"],
  ],
  resources: ({ account, project }) =>
    ["", "/aws/*/", "/aws/*/*/", `/${project}/`].map(
      (folder) =>
        `arn:${account.partition}:logs:${account.region}:${account.accountId}:log-group:${folder}${project}-*`,
    ),
};

/** Who may write which log, and what a state machine or a flow log says to it: of the account, not of a log group. */
const logDelivery: Kind = {
  service: "logs",
  types: ["cloudwatch/logResourcePolicy"],
  reads: [],
  lists: ["DescribeResourcePolicies", "GetLogDelivery", "ListLogDeliveries"],
  creates: [
    ...["CreateLogDelivery", "DeleteLogDelivery", "DeleteResourcePolicy", "PutResourcePolicy", "UpdateLogDelivery"],
  ],
  resources: () => [],
};

const alarms: Kind = {
  service: "cloudwatch",
  types: ["cloudwatch/metricAlarm"],
  reads: ["DescribeAlarms", "ListTagsForResource"],
  writes: ["DeleteAlarms", "PutMetricAlarm", "TagResource", "UntagResource"],
  resources: named("cloudwatch", "alarm:"),
};

/** Backups themselves are not deleted: who updates a stack shall not be able to take away what it is restored from. */
const backups: Kind = {
  service: "backup",
  types: ["backup/plan", "backup/selection", "backup/vault", "backup/vaultLockConfiguration"],
  reads: [
    ...["DescribeBackupVault", "GetBackupPlan", "GetBackupSelection", "ListRecoveryPointsByBackupVault", "ListTags"],
  ],
  writes: [
    ...["CreateBackupPlan", "CreateBackupSelection", "CreateBackupVault", "DeleteBackupPlan", "DeleteBackupSelection"],
    ...["DeleteBackupVault", "PutBackupVaultLockConfiguration", "TagResource", "UntagResource", "UpdateBackupPlan"],
  ],
  resources: (names) => [...named("backup", "backup-vault:")(names), ...numbered("backup", "backup-plan:")(names)],
};

/** Where a vault keeps what is in it, which AWS asks of who makes one. */
const backupStorage: Kind = {
  service: "backup-storage",
  types: [],
  reads: [],
  creates: ["MountCapsule"],
  resources: () => [],
};

const budgets: Kind = {
  service: "budgets",
  types: ["budgets/budget"],
  reads: ["ListTagsForResource", "ViewBudget"],
  writes: ["ModifyBudget", "TagResource", "UntagResource"],
  resources: ({ account, project }) => [`arn:${account.partition}:budgets::${account.accountId}:budget/${project}-*`],
};

const certificates: Kind = {
  service: "acm",
  types: ["acm/certificate", "acm/certificateValidation"],
  reads: ["DescribeCertificate", "ListTagsForCertificate"],
  writes: ["AddTagsToCertificate", "DeleteCertificate", "RemoveTagsFromCertificate"],
  creates: ["RequestCertificate"],
  resources: numbered("acm", "certificate/"),
};

/** Names are written into the zone that the settings say, and into no other. */
const dns: Kind = {
  service: "route53",
  types: ["route53/record"],
  reads: ["GetHostedZone", "ListResourceRecordSets"],
  writes: ["ChangeResourceRecordSets"],
  resources: ({ account, zoneId }) =>
    zoneId === undefined ? [] : [`arn:${account.partition}:route53:::hostedzone/${zoneId}`],
};

const dnsChanges: Kind = {
  service: "route53",
  types: [],
  reads: ["GetChange"],
  resources: ({ account }) => [`arn:${account.partition}:route53:::change/*`],
};

export const data: readonly Kind[] = [
  ...[buckets, objects, database, secrets, images, tables, queues, topics, logs, logDelivery, alarms, backups],
  ...[backupStorage, budgets],
  ...[certificates, dns, dnsChanges],
];
