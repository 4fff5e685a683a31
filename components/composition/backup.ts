import type * as pulumi from "@pulumi/pulumi";
import { stackName, stackTag } from "../foundation/awsProvider";
import { Backup } from "../foundation/backup";
import { CloudAlarms } from "../foundation/cloudAlarms";
import { dataProtection } from "../foundation/data/protection";
import type { Dependency } from "../lib/dependencies";
import { backupAlarms } from "../observability/alarms/backup";
import { alarmTopicArns, runbooksOf, type Topics } from "./alarmTopics";
import type { CloudContext } from "./surroundings";

/** Backs up what the stack cannot make again, and tells of a backup that failed or is late. */
export function installBackup(
  name: string,
  { settings, foundation }: CloudContext,
  topics: Topics,
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; outputs: Record<string, pulumi.Input<unknown>> } {
  const { backup } = settings;
  const { artifacts, data } = foundation.stores;
  if (backup === undefined || foundation.aws === undefined || data.keyArn === undefined)
    return { ready: [], outputs: {} };
  const { objects, ...asked } = backup;
  const made = new Backup(
    name,
    {
      ...asked,
      account: foundation.aws.account,
      tag: { key: stackTag, value: stackName() },
      database: stackName(),
      bucketArns: objects ? [artifacts.bucketArn, data.bucketArn] : [],
      keyArn: data.keyArn,
      protection: dataProtection(settings.foundation.dataProtection),
    },
    opts,
  );
  const alarms = new CloudAlarms(
    `${name}-alarms`,
    {
      prefix: `${stackName()}-backup`,
      alarms: backupAlarms(backup),
      dimensions: { BackupVaultName: made.vaultName },
      topicArns: alarmTopicArns(settings.monitoring, topics),
      runbooks: runbooksOf(settings),
    },
    opts,
  );
  return { ready: [made, alarms], outputs: { backupVault: made.vaultName } };
}
