import { stackName } from "../foundation/awsProvider";
import { MissedStarts } from "../foundation/missedStarts";
import { arn } from "../identity/policies/terms";
import { endingModels } from "../settings/needs";
import { alarmTopicArns, runbooksOf, type Topics } from "./alarmTopics";
import { heedsDecisions, loopsOf } from "./loopSpec";
import type { CloudContext } from "./surroundings";

/** One queue for all schedules of a stack, where EventBridge Scheduler starts anything, and for decisions that could not be passed on. */
export function installMissedStarts(
  name: string,
  { settings, foundation }: CloudContext,
  topics: Topics,
  opts: ConstructorParameters<typeof MissedStarts>[2],
): MissedStarts | undefined {
  const loops = loopsOf(settings);
  const decided = loops.some(([, , training]) => heedsDecisions(training));
  const models = Object.values(settings.models ?? {});
  const scheduled =
    settings.governance?.offHours !== undefined ||
    settings.governance?.budget?.stop !== undefined ||
    endingModels(settings).length > 0 ||
    decided ||
    loops.some(([, , { schedule }]) => schedule !== undefined) ||
    models.some(({ batch }) => batch?.with === "sagemaker" && batch.schedule !== undefined) ||
    models.some(({ monitor, training }) => monitor !== undefined && training !== undefined);
  if (foundation.aws === undefined || !scheduled) return undefined;
  return new MissedStarts(
    `${name}-missed`,
    {
      ...{ stack: stackName(), topicArns: alarmTopicArns(settings.monitoring, topics), runbooks: runbooksOf(settings) },
      ...(decided ? { rules: arn(foundation.aws.account, "events", `rule/${name}-training-approval-*`) } : {}),
    },
    opts,
  );
}
