import type * as pulumi from "@pulumi/pulumi";
import { stackName } from "../foundation/awsProvider";
import { CloudAlarms } from "../foundation/cloudAlarms";
import { FailedRuns } from "../foundation/failedRuns";
import { failedRunsLogs } from "../foundation/logGroups";
import type { Dependency } from "../lib/dependencies";
import { databaseAlarms } from "../observability/alarms/database";
import { stateMachineAlarm } from "../observability/alarms/stateMachine";
import { alarmTopicArns, type Topics } from "./alarmTopics";
import type { CloudContext } from "./surroundings";

/** A state machine of the stack, as whoever made it tells of it. */
export interface WatchedMachine {
  /** Logical name of its component. */
  name: string;
  /** What it is called within the stack, such as `churn-batch`. */
  key: string;
  /** What it does, such as `Batch scoring with churn`. */
  what: string;
  arn: pulumi.Input<string>;
  owner?: string;
  /** Whether it tells of a failed run itself, with the reason: then its alarm is seen and not sent, since one cause gives one page. */
  tellsFailures: boolean;
}

const failedRunsDays = 30;

/** Alarms of CloudWatch on what AWS runs for the stack; endpoints of SageMaker bring their own. */
export function watchCloud(
  name: string,
  { foundation, settings }: CloudContext,
  { machines, topics }: { machines: WatchedMachine[]; topics: Topics },
  opts: pulumi.ComponentResourceOptions,
): Dependency[] {
  const { monitoring } = settings;
  if (foundation.aws === undefined || settings.foundation.kind !== "aws" || monitoring === undefined) return [];
  const { runbooks } = monitoring;
  const database =
    Object.keys(foundation.databases).length > 0
      ? [
          new CloudAlarms(
            `${name}-monitoring-database`,
            {
              prefix: `${stackName()}-database`,
              alarms: databaseAlarms(settings.foundation.database),
              dimensions: { DBInstanceIdentifier: stackName() },
              topicArns: alarmTopicArns(monitoring, topics),
              runbooks,
            },
            opts,
          ),
        ]
      : [];
  const ofMachines = machines.map(
    (machine) =>
      new CloudAlarms(
        `${machine.name}-alarms`,
        {
          prefix: `${stackName()}-${machine.key}`,
          alarms: [stateMachineAlarm(machine.what)],
          dimensions: { StateMachineArn: machine.arn },
          topicArns: machine.tellsFailures ? [] : alarmTopicArns(monitoring, topics, machine.owner),
          runbooks,
        },
        opts,
      ),
  );
  const { keyArn } = foundation.stores.data;
  const failedRuns =
    machines.length > 0 && monitoring.cloudWatch
      ? [
          new FailedRuns(
            `${name}-monitoring-failed-runs`,
            {
              logGroupName: failedRunsLogs(stackName()),
              account: foundation.aws.account,
              machinePrefix: `${stackName()}-`,
              ...(keyArn === undefined ? {} : { keyArn }),
              retentionDays: failedRunsDays,
            },
            opts,
          ),
        ]
      : [];
  return [...database, ...ofMachines, ...failedRuns];
}
