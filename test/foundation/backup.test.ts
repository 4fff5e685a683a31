import { expect } from "chai";
import { installBackup } from "../../components/composition/backup";
import { Backup } from "../../components/foundation/backup";
import { Key } from "../../components/foundation/data/key";
import { backupTimes } from "../../components/lib/backupTimes";
import { backupAlarms } from "../../components/observability/alarms/backup";
import { minimalAws, minimalExisting, onAws } from "../settings/fixtures";
import { appContext } from "../support/appContext";
import { account, building, dropped, kept, keyArn } from "../support/foundation";
import { inputs, outline, statements } from "../support/outline";

const elsewhere = "arn:aws:backup:eu-central-1:111122223333:backup-vault:copy";
const args = {
  account,
  tag: { key: "mlplatform/stack", value: "mlplatform-test" },
  database: "mlplatform-test",
  bucketArns: [],
  keyArn,
  maxLossHours: 24,
  startTime: "05:30",
  retentionDays: 35,
  lock: "none" as const,
  protection: kept,
};
const make = (over: Partial<ConstructorParameters<typeof Backup>[1]> = {}) =>
  building(() => new Backup("backup", { ...args, ...over }));
const rule = (made: Awaited<ReturnType<typeof make>>) =>
  (inputs(made, "backup.Plan backup").rules as Record<string, unknown>[])[0]!;

describe("the times of backups", () => {
  for (const maxLossHours of [4, 6, 8, 12, 24, 48]) {
    it(`leave no gap in which, with the time a backup takes, more than ${maxLossHours} hours could be lost`, () => {
      for (let hour = 0; hour < 24; hour += 1) {
        const startTime = `${String(hour).padStart(2, "0")}:00`;
        const { hours, startMinutes, completeMinutes } = backupTimes({ maxLossHours, startTime });
        expect(hours).to.include(hour);
        const gaps = hours.map((each, at) => (hours[at + 1] ?? hours[0]! + 24) - each);
        expect(Math.max(...gaps) * 60 + completeMinutes).to.equal(maxLossHours * 60);
        // AWS Backup starts within no less than an hour, and wants an hour more to end than to start.
        expect(startMinutes).to.be.within(60, completeMinutes - 60);
      }
    });
  }
});

describe("a vault with its plan", () => {
  it("keeps its backups with protected data, under the stack's key", async () => {
    const made = await make();
    expect(outline(made)).to.deep.equal([
      "Backup backup",
      "  backup.Plan backup",
      "  backup.Selection backup-data",
      "  backup.Selection backup-volumes",
      "  backup.Vault backup (protected, retained)",
      "  iam.Role backup (retained)",
      "  iam.RolePolicy backup (retained)",
    ]);
    expect(inputs(made, "backup.Vault backup")).to.deep.equal({ kmsKeyArn: keyArn, forceDestroy: false });
    expect(rule(made)).to.deep.include({
      schedule: "cron(30 5,17 * * ? *)",
      startWindow: 180,
      completionWindow: 720,
      lifecycle: { deleteAfter: 35 },
      recoveryPointTags: { "mlplatform/stack": "mlplatform-test" },
    });
    expect(rule(made)).not.to.have.property("copyActions");
  });

  it("goes with its backups where data goes with the stack", async () => {
    const made = await make({ protection: dropped });
    expect(outline(made)).to.include.members(["  backup.Vault backup", "  iam.Role backup", "  iam.RolePolicy backup"]);
    expect(inputs(made, "backup.Vault backup").forceDestroy).to.equal(true);
  });

  it("selects what has the stack's tag: data, and of volumes those of claims, not the disks of nodes", async () => {
    const made = await make({ bucketArns: ["arn:aws:s3:::artifacts"] });
    const ours = { key: "aws:ResourceTag/mlplatform/stack", value: "mlplatform-test" };
    const here = (service: string, what: string) => `arn:aws:${service}:eu-west-1:000000000000:${what}*`;
    expect(inputs(made, "backup.Selection backup-data")).to.deep.include({
      resources: [here("rds", "db:"), here("elasticfilesystem", "file-system/"), "arn:aws:s3:::artifacts"],
      conditions: [{ stringEquals: [ours] }],
    });
    expect(inputs(made, "backup.Selection backup-volumes")).to.deep.include({
      resources: [here("ec2", "volume/")],
      conditions: [{ stringEquals: [ours, { key: "aws:ResourceTag/ebs.csi.aws.com/cluster", value: "true" }] }],
    });
  });

  it("copies each backup elsewhere, for as long", async () => {
    const made = await make({ copyVaultArn: elsewhere });
    expect(rule(made).copyActions).to.deep.equal([{ destinationVaultArn: elsewhere, lifecycle: { deleteAfter: 35 } }]);
  });

  for (const [lock, more] of [
    ["governance", {}],
    ["compliance", { changeableForDays: 3 }],
  ] as const) {
    it(`locks its backups for ${lock}, for as long as they are kept`, async () => {
      const made = await make({ lock });
      const { backupVaultName, ...rest } = inputs(made, "backup.VaultLockConfiguration backup");
      expect(backupVaultName).to.equal("backup");
      expect(rest).to.deep.equal({ minRetentionDays: 35, ...more });
      expect(outline(made)).to.include("  backup.VaultLockConfiguration backup (retained)");
    });
  }
});

describe("alarms of backups", () => {
  const install = (config: object) =>
    building(() => {
      const context = appContext(config);
      const { data } = context.foundation.stores;
      Object.assign(data, { keyArn });
      installBackup("backup", context, { team: { arn: "topic" } }, {});
    });
  const receivers = { team: { kind: "email", addresses: ["ml@example.com"] } };

  it("tell the stack's topic of a job that failed, and of none for as long as may be lost", async () => {
    const made = await install(onAws({}, { monitoring: { receivers }, backup: { maxLossHours: 8 } }));
    const late = inputs(made, "cloudwatch.MetricAlarm backup-alarms-late");
    expect(late).to.deep.include({
      metricName: "NumberOfBackupJobsCompleted",
      dimensions: { BackupVaultName: "backup", ResourceType: "RDS" },
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      period: 3600,
      evaluationPeriods: 8,
      treatMissingData: "breaching",
      alarmActions: ["topic"],
    });
    const failed = inputs(made, "cloudwatch.MetricAlarm backup-alarms-failed");
    expect(failed).to.deep.include({ treatMissingData: "notBreaching", alarmActions: ["topic"] });
    expect((failed.metricQueries as { expression?: string }[]).at(-1)!.expression).to.match(/^FILL\(m0, 0\) \+/);
  });

  it("look no further back than CloudWatch does: seven days of periods of an hour", () => {
    for (const { periodSeconds, periods } of backupAlarms({ maxLossHours: 48, objects: true }))
      expect(periodSeconds * periods).to.be.at.most(7 * 24 * 3600);
  });

  it("are not there without the section", async () => {
    expect(await install(minimalAws())).to.deep.equal([]);
    expect(await install(minimalExisting())).to.deep.equal([]);
  });
});

describe("a key of what is copied to another account", () => {
  it("lets that account read and grant, and not encrypt", async () => {
    const key = { description: "Data", account, forLogs: false, protection: kept };
    const made = await building(() => new Key("data", { ...key, copiesTo: "111122223333" }));
    const [, ...theirs] = statements(made, "kms.Key data");
    expect(theirs.map(({ Principal }) => Principal)).to.deep.equal(
      [1, 2].map(() => ({ AWS: ["arn:aws:iam::111122223333:root"] })),
    );
    expect(theirs.flatMap(({ Action }) => Action)).to.deep.equal(
      ["Decrypt", "DescribeKey", "ReEncryptFrom", "CreateGrant"].map((action) => `kms:${action}`),
    );
    expect(theirs[1]!.Condition).to.deep.equal({ Bool: { "kms:GrantIsForAWSResource": "true" } });
  });
});
