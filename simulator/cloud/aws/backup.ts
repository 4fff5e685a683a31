/** AWS Backup. Limits: https://docs.aws.amazon.com/aws-backup/latest/devguide/aws-backup-limits.html */
import { between, describeTypes, howMany, type Limit, like, longest } from "./describe";
import * as type from "./tokens";

/** https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html */
const windows: Limit = {
  path: "rules[]",
  wrong: ({ startWindow = 480, completionWindow = 10080 }) => {
    if (startWindow < 60) return `has a start window of ${startWindow} minutes; at least 60 are needed`;
    return completionWindow < startWindow + 60
      ? `must have 60 minutes more to complete than to start, not ${completionWindow} and ${startWindow}`
      : undefined;
  },
};

describeTypes(
  {
    type: type.backupVault,
    id: (x) => x.inputs.name,
    arn: "backup:{region}:{account}:backup-vault:{name}",
    name: { longest: 50, allowed: /^[a-zA-Z0-9_-]{2,}$/, allowedMeans: "letters, digits, - and _" },
    forces: ["kmsKeyArn"],
    refs: { kmsKeyArn: type.keyReference },
    defaults: { forceDestroy: false },
    computed: { kmsKeyArn: () => "", recoveryPoints: () => 0 },
  },
  {
    type: "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    id: (x) => x.inputs.backupVaultName,
    forces: ["backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"],
    refs: { backupVaultName: { to: [type.backupVault], holds: false } },
    limits: [between("changeableForDays", 3, 36500, "days"), between("minRetentionDays", 1, 36500, "days")],
    claims: (x) => [`lock of ${x.inputs.backupVaultName}`],
    computed: { backupVaultArn: (x) => x.referred("backupVaultName")?.outputs.arn },
  },
  {
    type: type.backupPlan,
    id: (x) => `51300000-0000-0000-0000-${x.digits("id", 12)}`,
    arn: "backup:{region}:{account}:backup-plan:{id}",
    name: {
      longest: 50,
      allowed: /^[a-zA-Z0-9._-]+$/,
      allowedMeans: "letters, digits, ., - and _",
      uniqueIn: "nowhere",
    },
    refs: { "rules[].targetVaultName": { to: [type.backupVault] } },
    limits: [
      windows,
      longest("rules[].ruleName", 50),
      like("rules[].schedule", /^(cron|rate)\(.+\)$/, "cron(…) or rate(…)"),
      between("rules[].lifecycle.deleteAfter", 1, 36500, "days"),
    ],
    computed: { version: (x) => x.digits("version", 48) },
    volatile: ["version"],
  },
  {
    type: "aws:backup/selection:Selection",
    id: (x) => `51300000-0000-0000-0001-${x.digits("id", 12)}`,
    name: {
      longest: 50,
      allowed: /^[a-zA-Z0-9._-]+$/,
      allowedMeans: "letters, digits, ., - and _",
      uniqueIn: "nowhere",
    },
    forces: ["conditions", "iamRoleArn", "notResources", "planId", "resources", "selectionTags"],
    refs: { planId: type.backupPlan, iamRoleArn: type.roleReference },
    limits: [howMany("resources", 0, 500)],
    computed: { notResources: () => [], conditions: () => [] },
  },
);
