import type * as pulumi from "@pulumi/pulumi";
import { layout } from "../contracts/trainingLoop";
import { stackName, stackTags } from "../foundation/awsProvider";
import { asFolder } from "../lib/asFolder";
import type { Dependency } from "../lib/dependencies";
import { endpointName } from "../lib/endpointName";
import { DataQuality } from "../serving/sagemaker/dataQuality";
import { alarmTopicArns, runbooksOf, type Topics } from "./alarmTopics";
import type { CloudContext } from "./surroundings";

/** What checks lean on. */
export interface DataQualityGround {
  /** Topics of owners, by receiver. */
  topics: Topics;
  /** Depend on these to come after endpoints. */
  served: Dependency[];
}

/** Days that the log of violations is kept. */
const logRetentionDays = 90;

/** A check by Model Monitor for each model that asks for one. */
export function installDataQuality(
  name: string,
  { settings, foundation }: CloudContext,
  { topics, served }: DataQualityGround,
  opts: pulumi.ComponentResourceOptions,
): Dependency[] {
  const { aws } = foundation;
  if (aws === undefined || settings.foundation.kind !== "aws") return [];
  const tags = stackTags(settings.foundation);
  return Object.entries(settings.models ?? {}).flatMap(([model, { drift, serve, owner }]) => {
    if (drift?.dataQuality === undefined || serve.sagemaker?.kind !== "realtime") return [];
    const { baseline, ...resources } = drift.dataQuality;
    return new DataQuality(
      `${name}-quality-${model}`,
      {
        account: aws.account,
        model,
        endpointName: endpointName(stackName(), model, serve.sagemaker.kind),
        store: foundation.stores.data,
        baseline: baseline === undefined ? layout.liveBaseline(model) : asFolder(baseline),
        everyHours: drift.everyHours,
        ...resources,
        network: { vpcId: aws.vpcId, subnetIds: aws.privateSubnetIds },
        topicArns: alarmTopicArns(settings.monitoring, topics, owner),
        runbooks: runbooksOf(settings),
        logGroupName: `/mlplatform/${stackName()}/data-quality/${model}`,
        logRetentionDays,
        tags: { ...tags, "mlplatform/model": model },
        ready: served,
      },
      opts,
    );
  });
}
