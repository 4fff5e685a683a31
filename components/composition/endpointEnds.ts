import type * as pulumi from "@pulumi/pulumi";
import { stackName } from "../foundation/awsProvider";
import type { Dependency } from "../lib/dependencies";
import { Ends } from "../serving/sagemaker/ends";
import { endingModels } from "../settings/needs";
import { alarmTopicArns, type Topics } from "./alarmTopics";
import type { WatchedMachine } from "./cloudWatch";
import { endpointOf, logRetentionDays } from "./sagemakerModel";
import type { CloudContext } from "./surroundings";

/** What the machine that ends endpoints is called within the stack. */
const key = "endpoint-ends";

/** Ends the endpoints that have an end, where there are any. */
export function installEndpointEnds(
  name: string,
  { settings, foundation, missedStartsArn }: CloudContext,
  { topics, served }: { topics: Topics; served: Dependency[] },
  opts: pulumi.ComponentResourceOptions,
): { ready: Dependency[]; machines: WatchedMachine[] } {
  const { aws } = foundation;
  const ending = endingModels(settings);
  if (aws === undefined || ending.length === 0) return { ready: [], machines: [] };
  const ends = new Ends(
    `${name}-${key}`,
    {
      account: aws.account,
      machineName: `${stackName()}-${key}`,
      // Without a topic they are refused when the settings are read.
      endpoints: ending.flatMap(([model, block, ttlHours]) =>
        alarmTopicArns(settings.monitoring, topics, block.owner).map((topicArn) => ({
          ...{ model, ttlHours, topicArn },
          endpointName: endpointOf(model, block),
        })),
      ),
      keyArn: foundation.stores.data.keyArn,
      logRetentionDays,
      ...(missedStartsArn === undefined ? {} : { missedStartsArn }),
      after: served,
    },
    opts,
  );
  const what = "Ending endpoints whose time is over";
  return {
    ready: [ends],
    machines: [{ name: `${name}-${key}`, key, what, arn: ends.machineArn, tellsFailures: false }],
  };
}
