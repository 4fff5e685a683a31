import type * as pulumi from "@pulumi/pulumi";
import { stackName } from "../foundation/awsProvider";
import { OffHours } from "../governance/offHours";
import type { Dependency } from "../lib/dependencies";
import { alarmTopicArns, type Topics } from "./alarmTopics";
import type { CloudContext } from "./surroundings";

/** Lets the stack be off when nobody works, where it is asked to. */
export function installOffHours(
  name: string,
  { settings, foundation, missedStartsArn }: CloudContext,
  { topics, after }: { topics: Topics; after: Dependency[] },
  opts: pulumi.ComponentResourceOptions,
): Dependency[] {
  const hours = settings.governance?.offHours;
  const { aws } = foundation;
  // Without a topic they are refused when the settings are read.
  const [topicArn] = alarmTopicArns(settings.monitoring, topics);
  if (hours === undefined || aws === undefined || topicArn === undefined) return [];
  const made = new OffHours(
    `${name}-off-hours`,
    {
      ...{ account: aws.account, stack: stackName(), hours, topicArn, after },
      scalingGroups: aws.scalingGroups ?? [],
      // There is a server wherever there is a cluster.
      ...(foundation.cluster ? { database: stackName() } : {}),
      notebooks: Object.keys(settings.training?.studio.notebooks ?? {}).map((notebook) => `${stackName()}-${notebook}`),
      ...(missedStartsArn === undefined ? {} : { missedStartsArn }),
    },
    opts,
  );
  return [made];
}
