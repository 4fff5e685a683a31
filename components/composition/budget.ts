import type * as pulumi from "@pulumi/pulumi";
import { stackName, stackTag } from "../foundation/awsProvider";
import { Budget } from "../governance/budget";
import { BudgetStop } from "../governance/budgetStop";
import type { Dependency } from "../lib/dependencies";
import { endingModels, notebookGroups, stopsOf } from "../settings/needs";
import { alarmTopicArns, budgetTopicArns, type Topics } from "./alarmTopics";
import type { WatchedMachine } from "./cloudWatch";
import { endpointOf } from "./sagemakerModel";
import type { CloudContext } from "./surroundings";

/** What a budget may stop, beside what settings and foundation say. */
export interface BudgetGround {
  topics: Topics;
  /** Studio's domain, where there is one. */
  domainId?: pulumi.Input<string>;
  /** Table of training, where anything is trained on AWS. */
  table?: { name: pulumi.Output<string>; arn: pulumi.Output<string> };
  /** Depend on these: what is stopped is there. */
  after: Dependency[];
}

/** Makes the budget that is asked for, and what acts on it. */
export function installBudget(
  name: string,
  context: CloudContext,
  ground: BudgetGround,
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; machines: WatchedMachine[] } {
  const { settings } = context;
  const asked = settings.governance?.budget;
  if (asked === undefined) return { ready: [], machines: [] };
  const { stop, ...warned } = asked;
  const budget = new Budget(
    `${name}-budget`,
    {
      ...warned,
      topicArns: budgetTopicArns(settings, ground.topics),
      tag: { key: stackTag, value: stackName() },
    },
    opts,
  );
  const { aws, stores } = context.foundation;
  // Without a topic a stop is refused when the settings are read.
  const [topicArn] = alarmTopicArns(settings.monitoring, ground.topics);
  if (stop === undefined || aws === undefined || topicArn === undefined) return { ready: [budget], machines: [] };
  const stops = stopsOf(settings);
  const notebooks = stops.includes("notebooks");
  const groups = notebookGroups(settings);
  const { studio } = settings.training ?? {};
  const key = "budget-stop";
  const acting = new BudgetStop(
    `${name}-${key}`,
    {
      account: aws.account,
      stack: stackName(),
      machineName: `${stackName()}-${key}`,
      budgetName: budget.name,
      limitUsd: (asked.monthlyUsd * stop.atPercent) / 100,
      topicArn,
      endpoints: stops.includes("experiments")
        ? endingModels(settings).map(([model, block]) => endpointOf(model, block))
        : [],
      notebooks: notebooks ? Object.keys(studio?.notebooks ?? {}).map((each) => `${stackName()}-${each}`) : [],
      ...(notebooks && ground.domainId !== undefined ? { domainId: ground.domainId } : {}),
      scalingGroups: notebooks ? (aws.scalingGroups ?? []).filter((group) => groups.includes(group.key)) : [],
      groupsComeBack: settings.governance?.offHours !== undefined,
      ...(stops.includes("training") && ground.table !== undefined
        ? { table: { ...ground.table, keyArn: stores.data.keyArn } }
        : {}),
      missedStartsArn: context.missedStartsArn,
      after: ground.after,
    },
    opts,
  );
  const what = "Stopping what the budget has no more money for";
  return {
    ready: [budget, acting],
    machines: [{ name: `${name}-${key}`, key, what, arn: acting.machineArn, tellsFailures: false }],
  };
}
