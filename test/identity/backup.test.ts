import { expect } from "chai";
import { backUp } from "../../components/identity/policies/backup";
import { policyDocument } from "../../components/lib/statements";
import { anyResourceActions } from "../../policy/anyResourceActions";
import { account, keyArn } from "../support/foundation";
import { allowed, type Request } from "../support/policyEvaluator";

const tag = { key: "mlplatform/stack", value: "mlplatform-prod" };
const scope = {
  account,
  tag,
  database: "mlplatform-prod",
  vaultArn: "arn:aws:backup:eu-west-1:000000000000:backup-vault:mlplatform-backup-1",
  bucketArns: [],
};
const copyVaultArn = "arn:aws:backup:eu-central-1:111122223333:backup-vault:copy";
const statements = {
  alone: backUp(scope),
  copied: backUp({ ...scope, copyVaultArn }),
  "copied within the account": backUp({ ...scope, copyVaultArn: copyVaultArn.replace("111122223333", "000000000000") }),
  "with buckets": backUp({ ...scope, bucketArns: ["arn:aws:s3:::artifacts", "arn:aws:s3:::data"] }),
};
type Case = [may: boolean, action: string, resource: string, context?: Request["context"]];

const here = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:000000000000:${resource}`;
const there = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:000000000000:${resource}`;
const snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-1";
const own = { "aws:ResourceTag/mlplatform/stack": "mlplatform-prod" };
const others = { "aws:ResourceTag/mlplatform/stack": "mlplatform-dev" };
const ofBackup = { "aws:ResourceTag/aws:backup:source-resource": "vol-1" };
const byEc2 = { "kms:ViaService": "ec2.eu-west-1.amazonaws.com" };
const toCopy = { "backup:CopyTargets": [copyVaultArn] };
const cases: Record<keyof typeof statements, Case[]> = {
  alone: [
    [true, "tag:GetResources", "*"],
    [true, "rds:CreateDBSnapshot", here("rds", "db:mlplatform-prod")],
    [true, "rds:CreateDBSnapshot", here("rds", "snapshot:awsbackup:job-1")],
    [true, "rds:DeleteDBSnapshot", here("rds", "snapshot:awsbackup:job-1")],
    [true, "ec2:CreateSnapshot", here("ec2", "volume/vol-1"), own],
    [true, "ec2:CreateSnapshot", snapshot],
    [true, "ec2:DeleteSnapshot", snapshot, ofBackup],
    [true, "elasticfilesystem:Backup", here("elasticfilesystem", "file-system/fs-1"), own],
    [true, "backup:TagResource", here("backup", "recovery-point:1")],
    [true, "kms:CreateGrant", keyArn, { ...own, "kms:GrantIsForAWSResource": "true" }],
    [true, "kms:GenerateDataKeyWithoutPlaintext", keyArn, { ...own, ...byEc2 }],
    [false, "rds:CreateDBSnapshot", here("rds", "db:mlplatform-dev")],
    [false, "rds:DeleteDBSnapshot", here("rds", "snapshot:mlplatform-database-final-1")],
    [false, "rds:ModifyDBInstance", here("rds", "db:mlplatform-prod")],
    [false, "rds:CopyDBSnapshot", here("rds", "snapshot:awsbackup:job-1")],
    [false, "ec2:CreateSnapshot", here("ec2", "volume/vol-1"), others],
    [false, "ec2:CreateSnapshot", here("ec2", "volume/vol-1")],
    [false, "ec2:DeleteSnapshot", snapshot],
    [false, "ec2:DeleteVolume", here("ec2", "volume/vol-1"), own],
    [false, "ec2:ModifySnapshotAttribute", snapshot, ofBackup],
    [false, "elasticfilesystem:Backup", here("elasticfilesystem", "file-system/fs-1"), others],
    [false, "kms:Decrypt", keyArn, own],
    [false, "kms:Decrypt", keyArn, { ...others, ...byEc2 }],
    [false, "kms:CreateGrant", keyArn, own],
    [false, "backup:CopyFromBackupVault", here("backup", "recovery-point:1"), toCopy],
    [false, "backup:DeleteRecoveryPoint", here("backup", "recovery-point:1")],
    [false, "s3:GetObject", "arn:aws:s3:::artifacts/1"],
  ],
  copied: [
    [true, "backup:CopyIntoBackupVault", copyVaultArn],
    [true, "backup:CopyFromBackupVault", here("backup", "recovery-point:1"), toCopy],
    [true, "rds:CopyDBSnapshot", here("rds", "snapshot:awsbackup:job-1")],
    [true, "rds:ModifyDBSnapshotAttribute", here("rds", "snapshot:awsbackup:job-1")],
    [true, "ec2:ModifySnapshotAttribute", snapshot, ofBackup],
    [false, "backup:CopyIntoBackupVault", copyVaultArn.replace("copy", "other")],
    [
      false,
      "backup:CopyFromBackupVault",
      here("backup", "recovery-point:1"),
      { "backup:CopyTargets": [scope.vaultArn] },
    ],
    [false, "rds:CopyDBSnapshot", here("rds", "snapshot:mlplatform-database-final-1")],
    [false, "rds:ModifyDBSnapshotAttribute", here("rds", "snapshot:mlplatform-database-final-1")],
    [false, "kms:DescribeKey", there("kms", "key/1")],
    [false, "ec2:ModifySnapshotAttribute", snapshot],
  ],
  "copied within the account": [
    [true, "ec2:CopySnapshot", "arn:aws:ec2:eu-central-1::snapshot/snap-2"],
    [true, "ec2:CreateTags", "arn:aws:ec2:eu-central-1::snapshot/snap-2"],
    [true, "ec2:DeleteSnapshot", "arn:aws:ec2:eu-central-1::snapshot/snap-2", ofBackup],
    [true, "rds:AddTagsToResource", there("rds", "snapshot:awsbackup:copyjob-1")],
    [true, "rds:DeleteDBSnapshot", there("rds", "snapshot:awsbackup:copyjob-1")],
    [true, "backup:TagResource", there("backup", "recovery-point:1")],
    [true, "kms:DescribeKey", there("kms", "key/1")],
    [true, "kms:CreateGrant", there("kms", "key/1"), { "kms:GrantIsForAWSResource": "true" }],
    [
      true,
      "kms:GenerateDataKeyWithoutPlaintext",
      there("kms", "key/1"),
      { "kms:ViaService": "ec2.eu-central-1.amazonaws.com" },
    ],
    [false, "kms:Decrypt", there("kms", "key/1")],
    [false, "ec2:DeleteSnapshot", "arn:aws:ec2:eu-central-1::snapshot/snap-2"],
    [false, "rds:DeleteDBSnapshot", there("rds", "snapshot:mlplatform-database-final-1")],
    [false, "ec2:ModifySnapshotAttribute", snapshot, ofBackup],
    [false, "rds:ModifyDBSnapshotAttribute", here("rds", "snapshot:awsbackup:job-1")],
  ],
  "with buckets": [
    [true, "s3:GetObjectVersion", "arn:aws:s3:::artifacts/1/model.pkl"],
    [true, "s3:PutInventoryConfiguration", "arn:aws:s3:::data"],
    [true, "s3:ListAllMyBuckets", "*"],
    [true, "events:PutRule", here("events", "rule/AwsBackupManagedRule1")],
    [false, "s3:GetObjectVersion", "arn:aws:s3:::somebody-else/1"],
    [false, "s3:PutObject", "arn:aws:s3:::artifacts/1"],
    [false, "s3:DeleteObject", "arn:aws:s3:::artifacts/1"],
    [false, "events:PutRule", here("events", "rule/mlplatform-churn")],
  ],
};

describe("permissions of AWS Backup, decided as IAM decides", () => {
  for (const [name, asked] of Object.entries(cases)) {
    for (const [may, action, resource, context] of asked) {
      it(`${may ? "let" : "do not let"} it, ${name}, ${action} on ${resource} as ${JSON.stringify(context ?? {})}`, () => {
        expect(
          allowed(statements[name as keyof typeof statements], { action, resource, ...(context ? { context } : {}) }),
        ).to.equal(may);
      });
    }
  }

  it("say * for listed actions only, repeat no Sid and fit into a policy", () => {
    const all = backUp({ ...scope, copyVaultArn, bucketArns: ["arn:aws:s3:::artifacts", "arn:aws:s3:::data"] });
    for (const { Action, Resource } of all) {
      if (Resource.includes("*")) expect(Action.filter((each) => !anyResourceActions.has(each))).to.deep.equal([]);
    }
    expect(new Set(all.map(({ Sid }) => Sid)).size).to.equal(all.length);
    expect(policyDocument(all).length).to.be.below(10_240);
  });
});
