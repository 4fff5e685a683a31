import type * as pulumi from "@pulumi/pulumi";
import { hyperparameterVariables } from "../contracts/trainingLoop";
import { stackName, stackTags } from "../foundation/awsProvider";
import { CloudAlarms } from "../foundation/cloudAlarms";
import { qualityNamespace } from "../identity/policies/drift";
import { asFolder } from "../lib/asFolder";
import type { Dependency } from "../lib/dependencies";
import { qualityAlarms } from "../observability/alarms/quality";
import { LiveQuality } from "../serving/liveQuality";
import { lookPrefix } from "../training/names";
import { alarmTopicArns, runbooksOf, type Topics } from "./alarmTopics";
import { loopImage } from "./loopSpec";
import type { CloudContext } from "./surroundings";

/** Days that the log of what was wrong is kept. */
const logRetentionDays = 90;

/** Looks at live answers for each model that asks for them. */
export function installLiveQuality(
  name: string,
  { settings, foundation, missedStartsArn }: CloudContext,
  topics: Topics,
  opts: pulumi.ComponentResourceOptions,
): Dependency[] {
  const { aws, images } = foundation;
  if (aws === undefined || settings.foundation.kind !== "aws") return [];
  const tags = stackTags(settings.foundation);
  const { tag } = settings.foundation.images;
  const stack = stackName();
  return Object.entries(settings.models ?? {}).flatMap(([model, { monitor, training, owner, problemType }]) => {
    if (monitor === undefined || training === undefined) return [];
    const image = loopImage(images, tag, training.image);
    const told = {
      topicArns: alarmTopicArns(settings.monitoring, topics, owner),
      runbooks: runbooksOf(settings),
    };
    const windows = training.onDecay?.windows;
    const alarms =
      monitor.modelQuality === undefined
        ? []
        : [
            new CloudAlarms(
              `${name}-quality-${model}`,
              {
                prefix: `${stack}-${model}`,
                alarms: qualityAlarms({
                  ...{ model, namespace: qualityNamespace, everyHours: monitor.everyHours },
                  ...(windows === undefined ? {} : { windows }),
                }),
                dimensions: { Stack: stack, Model: model },
                ...told,
              },
              opts,
            ),
          ];
    const looks = new LiveQuality(
      `${name}-answers-${model}`,
      {
        ...told,
        account: aws.account,
        model,
        store: foundation.stores.data,
        labels: asFolder(monitor.labels ?? `labels/${model}`),
        image: "uri" in image ? image.uri : `${image.repositoryUrl}:${image.tag}`,
        hyperparameters: hyperparameterVariables({ ...training, problemType }),
        checks: monitor,
        jobPrefix: lookPrefix(stack, model),
        network: { vpcId: aws.vpcId, subnetIds: aws.privateSubnetIds },
        tags: { ...tags, "mlplatform/model": model },
        ...(missedStartsArn === undefined ? {} : { missedStartsArn }),
        logGroupName: `/mlplatform/${stack}/live-quality/${model}`,
        logRetentionDays,
        alarmName: `${stack}-${model}-live-quality`,
      },
      opts,
    );
    return [looks, ...alarms];
  });
}
