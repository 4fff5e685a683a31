import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsAccount } from "../contracts/account";
import { backUp } from "../identity/policies/backup";
import { type BackupPlan, backupTimes } from "../lib/backupTimes";
import type { DataProtection } from "./data/protection";
import { serviceRole } from "./serviceRole";

/** What is backed up, how often, and where the backups go. */
export interface BackupArgs extends BackupPlan {
  account: AwsAccount;
  /** The tag that this stack's resources carry and no others do. */
  tag: { key: string; value: string };
  /** Identifier of the database server. */
  database: string;
  /** Buckets that are backed up too. */
  bucketArns: pulumi.Input<string>[];
  /** Encrypts the vault. */
  keyArn: pulumi.Input<string>;
  /** Days that each backup is kept, here and in the copy. */
  retentionDays: number;
  /** Vault elsewhere that gets a copy of each. */
  copyVaultArn?: string;
  lock: "none" | "governance" | "compliance";
  protection: DataProtection;
}

/** Days until a lock for compliance can no longer be taken back; AWS allows no fewer. */
const coolingOffDays = 3;

/**
 * A vault of AWS Backup, and a plan that fills it: with the database, the shared files, the volumes of claims and, where asked, buckets. What they are
 * is said by the stack's tag. Disks of nodes have it too, and are left out: nodes are made anew.
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
 */
export class Backup extends pulumi.ComponentResource {
  readonly vaultName: pulumi.Output<string>;

  constructor(name: string, args: BackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:foundation:Backup", name, {}, opts);
    const child = { parent: this };
    const { account, tag, protection, retentionDays, copyVaultArn } = args;
    const vault = new aws.backup.Vault(
      name,
      { kmsKeyArn: args.keyArn, forceDestroy: !protection.keep },
      { ...child, ...protection.options },
    );
    if (args.lock !== "none") {
      new aws.backup.VaultLockConfiguration(
        name,
        {
          backupVaultName: vault.name,
          minRetentionDays: retentionDays,
          ...(args.lock === "compliance" ? { changeableForDays: coolingOffDays } : {}),
        },
        {
          ...child,
          retainOnDelete: protection.keep,
          // AWS changes no lock, and its provider would take away the new one with the old.
          ignoreChanges: ["minRetentionDays"],
          deleteBeforeReplace: true,
        },
      );
    }
    const { arn: iamRoleArn } = serviceRole(
      name,
      {
        account,
        service: "backup.amazonaws.com",
        statements: pulumi
          .all([vault.arn, pulumi.all(args.bucketArns)])
          .apply(([vaultArn, bucketArns]) =>
            backUp({ account, tag, database: args.database, vaultArn, copyVaultArn, bucketArns }),
          ),
      },
      // By it AWS Backup deletes backups when their time has come, of a vault that stays too.
      { ...child, retainOnDelete: protection.keep },
    );
    const { minute, hours, startMinutes, completeMinutes } = backupTimes(args);
    const lifecycle = { deleteAfter: retentionDays };
    const plan = new aws.backup.Plan(
      name,
      {
        rules: [
          {
            ruleName: "regular",
            targetVaultName: vault.name,
            schedule: `cron(${minute} ${hours.join(",")} * * ? *)`,
            startWindow: startMinutes,
            completionWindow: completeMinutes,
            lifecycle,
            recoveryPointTags: { [tag.key]: tag.value },
            ...(copyVaultArn === undefined ? {} : { copyActions: [{ destinationVaultArn: copyVaultArn, lifecycle }] }),
          },
        ],
      },
      child,
    );
    const ours = { key: `aws:ResourceTag/${tag.key}`, value: tag.value };
    const here = (service: string, kind: string) =>
      `arn:${account.partition}:${service}:${account.region}:${account.accountId}:${kind}*`;
    const select = (what: string, resources: pulumi.Input<string>[], more: { key: string; value: string }[]) =>
      new aws.backup.Selection(
        `${name}-${what}`,
        {
          planId: plan.id,
          iamRoleArn,
          resources,
          conditions: [{ stringEquals: [ours, ...more] }],
        },
        child,
      );
    select("data", [here("rds", "db:"), here("elasticfilesystem", "file-system/"), ...args.bucketArns], []);
    // The driver's own tag, which disks of nodes have not.
    select("volumes", [here("ec2", "volume/")], [{ key: "aws:ResourceTag/ebs.csi.aws.com/cluster", value: "true" }]);
    this.vaultName = vault.name;
    this.registerOutputs({ vaultName: this.vaultName });
  }
}
